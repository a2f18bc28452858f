#pragma once
/// How long an engine may take to say what it is. Nothing else that it is asked has a limit of its
/// own here: what it unpacks may take long.

#include <chrono>
#include <stop_token>

#include "base/deadline.h"
#include "base/error.h"
#include "base/text.h"

namespace n2c {

/// An ssh may ask for a passphrase meanwhile, and a socket may start the engine.
inline constexpr std::chrono::seconds first_reply_patience{120};

/// What `ask(stop)` returns. Throws Error{network} when it has not returned in that time.
template <class Ask>
auto first_reply(const std::stop_token& stop, std::chrono::milliseconds patience, Ask ask) {
  const Deadline limit(stop, patience);
  try {
    return ask(limit.token());
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::cancelled || stop.stop_requested()) throw;
    throw Error(ErrorKind::network, cat("no reply in ", brief_duration(patience)),
                "the engine is there and says nothing: start it anew");
  }
}

}  // namespace n2c
