#pragma once
/// A log that is told of progress, whose clock moves when it is told to.

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/locked.h"
#include "console/console_progress.h"
#include "test/support/moved_clock.h"

namespace n2c::test {

class MovedLog {
 public:
  using Lines = std::vector<std::string>;

  /// What it has after that time.
  Lines after(std::chrono::nanoseconds how_long) {
    REQUIRE(clock_->wait_for_waits(++waits_));
    clock_->advance(how_long);
    REQUIRE(clock_->wait_for_waits(waits_ + 1));
    return lines();
  }
  Lines lines() {
    return said_.with([](const Lines& said) { return said; });
  }

 private:
  std::shared_ptr<MovedClock> clock_ = std::make_shared<MovedClock>();
  Locked<Lines> said_;
  int waits_ = 0;

 public:
  ConsoleProgress progress{ProgressStyle::plain,
                           ConsoleProgress::Notes::shown,
                           std::chrono::seconds(0),
                           {.clock = clock_, .say = [this](const Printable& line) {
                              said_.with([&](Lines& said) { said.push_back(line.str()); });
                            }}};
};

}  // namespace n2c::test
