#pragma once
/// Work done side by side, and the first failure of it.

#include <cstddef>
#include <functional>
#include <stop_token>

namespace n2c {

/// Calls work(index, stop) for every index below `count`, at most `width` at a time, each on
/// a thread of this call's own; returns when all are done. Indexes start in order.
///
/// When one throws, the others are asked to stop by their token, and no new one starts. The first
/// failure is thrown when all have ended. A stop of `outer` is passed on, and ends in
/// Error{cancelled} when work was left undone.
void run_side_by_side(std::size_t count, std::size_t width, std::stop_token outer,
                      const std::function<void(std::size_t, std::stop_token)>& work);

}  // namespace n2c
