#pragma once
/// Requests that are tried again: alike ones are one line that counts. Values only.

#include <cstddef>
#include <string>
#include <vector>

#include "base/printable.h"
#include "base/retry.h"

namespace n2c {

/// One thread at a time.
class RetryLines {
 public:
  /// Returns whether it is the first of its kind. `is_told`: then the caller tells it.
  bool add(const RetryNotice& notice, bool is_told);

  /// A line for each kind, the newest last, two at most, as wide as `width` columns at most:
  /// "ghcr.io: 503, 17 times; trying again in 4.0 s (try 4 of 8)".
  std::vector<Printable> now(std::size_t width) const;

  /// A line for each kind of which not all was written: "ghcr.io: 503; tried again 17 times".
  /// `now()` has no line for it any more.
  std::vector<Printable> take_counts();

 private:
  struct Kind {
    RetryNotice first, last;
    std::size_t count = 1, told = 0;
    bool is_shown = true;
  };
  std::vector<Kind> kinds_;  // the newest last
};

}  // namespace n2c
