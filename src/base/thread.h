#pragma once
/// Threads, which the system may refuse to make.

#include <exception>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

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

/// Threads that do `work` until there are `count`. Fewer do as well; without any it throws.
template <class Work>
void start_threads(std::vector<std::jthread>& threads, std::size_t count, const Work& work) {
  threads.reserve(count);  // a thread without a place here would be waited for, and it waits
  while (threads.size() < count) {
    try {
      threads.push_back(start_thread(work));
    } catch (const std::exception&) {  // no thread, or no memory for one
      if (threads.empty()) throw;
      return;
    }
  }
}

}  // namespace n2c
