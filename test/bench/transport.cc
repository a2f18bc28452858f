/// How fast bodies leave over loopback, one upload and six, and how many small requests a second
/// are answered. The server only reads and replies.

#include <chrono>
#include <cstdio>

#include "base/tasks.h"
#include "test/support/raw_server.h"
#include "test/support/transports.h"

using namespace n2c;
using namespace n2c::test;

namespace {

constexpr std::uint64_t body_bytes = 2ULL << 30;

template <class Work>
double seconds_of(Work&& work) {
  const auto began = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

/// Reads what is announced without keeping it.
void swallow(RawConnection& connection) {
  for (std::string head = connection.read_head(); !head.empty(); head = connection.read_head()) {
    std::uint64_t left = 0;
    if (const auto at = head.find("Content-Length: "); at != std::string::npos) {
      left = std::strtoull(head.c_str() + at + 16, nullptr, 10);
    }
    while (left != 0) {
      const auto got = connection.read(std::min<std::uint64_t>(left, 1 << 20)).size();
      if (got == 0) return;
      left -= got;
    }
    connection.reply(201, "");
  }
}

void upload(std::size_t count) {
  RawServer server(swallow);
  const auto transport = test_transport();
  const EndlessSource source;
  const double elapsed = seconds_of([&] {
    run_side_by_side(count, count, {}, [&](std::size_t, std::stop_token stop) {
      transport->send({.method = http::Method::put,
                       .url = url_of(server.url("/")),
                       .body = {.source = &source, .length = body_bytes / count}},
                      stop);
    });
  });
  std::printf("%zu uploads  %.2f GiB/s\n", count,
              static_cast<double>(body_bytes) / (1 << 30) / elapsed);
}

void ask(std::size_t width) {
  constexpr std::size_t requests = 20'000;
  RawServer server(swallow);
  const auto transport = test_transport();
  const double elapsed = seconds_of([&] {
    run_side_by_side(requests, width, {}, [&](std::size_t, std::stop_token stop) {
      transport->send({.url = url_of(server.url("/"))}, stop);
    });
  });
  std::printf("%zu at once  %.0f requests/s\n", width, requests / elapsed);
}

}  // namespace

int main() {
  upload(1);
  upload(6);
  ask(1);
  ask(32);
}
