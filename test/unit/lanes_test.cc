#include "transfer/lanes.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "base/error.h"

namespace lanes_test {

using namespace n2c;

namespace {

constexpr std::uint64_t heavy = light_blob_bytes + 1;

/// Lets work through once `wanted` have come, and counts how many heavy ones are inside at once.
class Meeting {
 public:
  explicit Meeting(int wanted) : wanted_(wanted) {}
  bool wait() {
    std::unique_lock hold(mutex_);
    ++come_;
    all_.notify_all();
    return all_.wait_for(hold, std::chrono::seconds(20), [&] { return come_ >= wanted_; });
  }

 private:
  const int wanted_;
  std::mutex mutex_;
  std::condition_variable all_;
  int come_ = 0;
};

}  // namespace

TEST_CASE("many small blobs and a few large ones go side by side") {
  const std::vector<std::uint64_t> sizes = [] {
    std::vector<std::uint64_t> one_by_one(3, heavy);
    one_by_one.resize(3 + 10, light_blob_bytes);
    return one_by_one;
  }();
  Meeting meeting(2 + 10);
  std::atomic<int> heavy_ones = 0, most_heavy_ones = 0;
  std::atomic<bool> met = true;
  run_in_lanes(sizes, {.heavy = 2, .light = 10}, {}, [&](std::size_t i, std::stop_token) {
    if (sizes[i] == heavy) most_heavy_ones = std::max<int>(most_heavy_ones, ++heavy_ones);
    if (!meeting.wait()) met = false;
    if (sizes[i] == heavy) --heavy_ones;
  });
  CHECK(met);
  CHECK(most_heavy_ones == 2);
}

TEST_CASE("what fails in one lane ends the other, and is what is thrown") {
  const std::vector<std::uint64_t> sizes{heavy, 1};
  CHECK_THROWS_WITH_AS(
      run_in_lanes(sizes, {}, {},
                   [&](std::size_t i, const std::stop_token& stop) {
                     if (i == 1) throw Error(ErrorKind::registry, "refused");
                     std::mutex mutex;
                     std::unique_lock hold(mutex);
                     std::condition_variable_any never;
                     CHECK_FALSE(never.wait_for(hold, stop, std::chrono::seconds(20),
                                                [] { return false; }));
                     CHECK(stop.stop_requested());
                   }),
      "refused", Error);
}

}  // namespace lanes_test
