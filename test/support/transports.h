#pragma once
/// Transports, sources and sinks for tests that speak HTTP for real.

#include <algorithm>
#include <functional>
#include <semaphore>
#include <string>

#include "base/locked.h"
#include "base/text.h"
#include "http/transport.h"

namespace n2c::test {

inline http::Url url_of(std::string_view text) {
  return or_throw(http::Url::parse(text), ErrorKind::internal, text);
}

/// No proxies, whatever the environment says.
inline std::unique_ptr<http::Transport> test_transport(http::TransportOptions options = {}) {
  if (options.user_agent.empty()) options.user_agent = "n2c-test";
  if (!options.proxies) {
    options.proxies.emplace([](const char*) { return std::string(); });
  }
  return http::make_curl_transport(std::move(options));
}

/// Text that differs at every place, the same each time: what is shorter is a beginning of what is
/// longer, so that each part is made once.
inline std::string pattern(std::size_t size) {
  struct Made {
    std::string text;
    std::size_t numbers = 0;
  };
  static Locked<Made> longest;
  return longest.with([size](Made& made) {
    for (; made.text.size() < size; ++made.numbers) {
      made.text += cat(made.numbers * 2654435761U % 1'000'003, ' ');
    }
    return made.text.substr(0, size);
  });
}

/// Bytes without end.
class EndlessSource final : public ByteSource {
 public:
  std::unique_ptr<Reader> open(std::uint64_t) const override {
    struct Endless final : Reader {
      std::size_t read(ByteSpan into) override {
        std::ranges::fill(into, std::byte{'x'});
        return into.size();
      }
    };
    return std::make_unique<Endless>();
  }
};

/// Gives nothing before the semaphore is released, then bytes without end.
class WaitingSource final : public ByteSource {
 public:
  explicit WaitingSource(std::binary_semaphore& go) : go_(go) {}
  std::unique_ptr<Reader> open(std::uint64_t) const override {
    struct Waiting final : Reader {
      explicit Waiting(std::binary_semaphore& go) : go_(go) {}
      std::size_t read(ByteSpan into) override {
        if (!std::exchange(begun_, true)) go_.acquire();
        std::ranges::fill(into, std::byte{'x'});
        return into.size();
      }
      std::binary_semaphore& go_;
      bool begun_ = false;
    };
    return std::make_unique<Waiting>(go_);
  }

 private:
  std::binary_semaphore& go_;
};

class FunctionSink final : public Writer {
 public:
  explicit FunctionSink(std::function<void(ByteView)> take) : take_(std::move(take)) {}
  void write(ByteView bytes) override { take_(bytes); }

 private:
  std::function<void(ByteView)> take_;
};

}  // namespace n2c::test
