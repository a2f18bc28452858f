#pragma once
/// A fuzzer's bytes taken apart into numbers and texts.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace n2c::fuzz {

class Input {
 public:
  Input(const std::uint8_t* bytes, std::size_t size)
      : rest_(reinterpret_cast<const char*>(bytes), size) {}

  /// Up to the next `separator`, which is dropped, or the end.
  std::string_view text_until(char separator) {
    const std::size_t end = rest_.find(separator);
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
    return text;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// Ends the run as a finding when a property does not hold.
inline void require(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", property);
  std::abort();
}

}  // namespace n2c::fuzz
