#pragma once
/// A command that is stopped on request says how far it came.

#include <string_view>
#include <utility>

#include "base/error.h"
#include "console/console_progress.h"

namespace n2c {

/// What is of use to the next try, and what is said where nothing is: "nothing was written".
struct Kept {
  ConsoleProgress::Kept what;
  std::string_view nothing;
};

/// The error of a command that was stopped, in place of `error`; any other stays as it is. Takes
/// the redrawn lines away.
Error with_how_far(const Error& error, ConsoleProgress& progress, const Kept& kept);

/// Runs `work`, whose errors pass through with_how_far().
template <class Work>
decltype(auto) saying_how_far(ConsoleProgress& progress, const Kept& kept, Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (const Error& error) {
    throw with_how_far(error, progress, kept);
  }
}

}  // namespace n2c
