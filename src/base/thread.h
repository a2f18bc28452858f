#pragma once
/// Threads, which the system may refuse to make.

#include <system_error>
#include <thread>
#include <utility>

#include "base/system.h"

namespace n2c {

/// A thread that does `work`, which may take a std::stop_token. Throws Error{local} "start a
/// thread: Resource temporarily unavailable" with the limits that this process has.
template <class Work>
std::jthread start_thread(Work&& work) {
  try {
    return std::jthread(std::forward<Work>(work));
  } catch (const std::system_error& refused) {
    throw_no_thread(refused.code().value());
  }
}

}  // namespace n2c
