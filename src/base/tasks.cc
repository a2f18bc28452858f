#include "base/tasks.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/locked.h"
#include "base/thread.h"

namespace n2c {

namespace {

/// Keeps the first failure. A cancellation that merely followed a stop request gives way to a real
/// failure.
class FirstFailure {
 public:
  void keep(std::exception_ptr failure, bool is_cancelled) {
    kept_.with([&](Kept& kept) {
      if (!kept.failure || (kept.is_cancelled && !is_cancelled)) {
        kept = {std::move(failure), is_cancelled};
      }
    });
  }
  void rethrow_if_any() const {
    const auto failure = kept_.with([](const Kept& kept) { return kept.failure; });
    if (failure) std::rethrow_exception(failure);
  }

 private:
  struct Kept {
    std::exception_ptr failure;
    bool is_cancelled = false;
  };
  Locked<Kept> kept_;
};

}  // namespace

void run_side_by_side(std::size_t count, std::size_t width, std::stop_token outer,
                      const std::function<void(std::size_t, std::stop_token)>& work) {
  std::atomic<std::size_t> next = 0;
  std::atomic<std::size_t> finished = 0;
  std::stop_source stop;
  FirstFailure first;
  const std::stop_callback pass_on(outer, [&] { stop.request_stop(); });
  const auto take = [&] {
    while (!stop.stop_requested()) {
      const std::size_t index = next++;
      if (index >= count) return;
      try {
        work(index, stop.get_token());
        ++finished;
      } catch (const Error& error) {
        first.keep(std::current_exception(), error.kind() == ErrorKind::cancelled);
        stop.request_stop();
      } catch (...) {
        first.keep(std::current_exception(), false);
        stop.request_stop();
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    start_threads(threads, std::min(width, count), take);
  }
  first.rethrow_if_any();
  if (finished < count) throw Error(ErrorKind::cancelled, "stopped on request");
}

}  // namespace n2c
