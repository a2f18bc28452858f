/// Who is slow, and for how long that is borne. The tests move the clock.

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <semaphore>

#include "http/transport.h"
#include "test/support/moved_clock.h"
#include "test/support/raw_server.h"
#include "test/support/transports.h"

namespace transport_pace_test {

using namespace n2c;
using namespace n2c::http;
using namespace n2c::test;
using namespace std::chrono_literals;

namespace {

/// Gives one byte, after what `first` does.
class SlowSource final : public ByteSource {
 public:
  explicit SlowSource(std::function<void()> first) : first_(std::move(first)) {}
  std::unique_ptr<Reader> open(std::uint64_t) const override {
    struct Slow final : Reader {
      explicit Slow(const std::function<void()>& its_first) : first(its_first) {}
      std::size_t read(ByteSpan into) override {
        if (std::exchange(given, true)) return 0;
        first();
        into[0] = std::byte{'x'};
        return 1;
      }
      const std::function<void()>& first;
      bool given = false;
    };
    return std::make_unique<Slow>(first_);
  }

 private:
  std::function<void()> first_;
};

}  // namespace

TEST_CASE("a reply that comes slowly and fast enough is read to its end") {
  const auto clock = std::make_shared<MovedClock>();
  std::counting_semaphore taken(0);
  RawServer server([&](RawConnection& connection) {
    connection.read_head();
    connection.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n");
    connection.send("HTTP/1.1 200 OK\r\n\r\n");
    for (int i = 0; i < 12; ++i) {
      connection.send(pattern(1000));
      for (int byte = 0; byte < 1000; ++byte) {
        if (!taken.try_acquire_for(10s)) return;
      }
      clock->advance(100ms);
      clock->wait_until_asked(2);
    }
  });
  const auto transport = test_transport({.stall_timeout = 500ms, .min_rate = 1000, .clock = clock});
  std::ptrdiff_t count = 0;
  FunctionSink sink([&](ByteView bytes) {
    count += std::ssize(bytes);
    taken.release(std::ssize(bytes));
  });
  transport->send({.url = url_of(server.url("/")), .reply_sink = &sink}, {});
  CHECK(count == 12'000);
}

TEST_CASE("a reader that takes its time does not make the reply slow") {
  const std::string body(5'000'000, 'x');
  RawServer server([&](RawConnection& connection) {
    connection.read_head();
    connection.reply(200, body);
  });
  const auto clock = std::make_shared<MovedClock>();
  const auto transport =
      test_transport({.stall_timeout = 100ms, .min_rate = 1'000'000, .clock = clock});
  std::size_t count = 0;
  FunctionSink sink([&](ByteView bytes) {
    if (count == 0) {
      clock->wait_until_asked(60);  // until no more is taken from the server
      clock->advance(1s);
      CHECK(clock->wait_until_asked(3));
    }
    count += bytes.size();
  });
  transport->send({.url = url_of(server.url("/")), .reply_sink = &sink}, {});
  CHECK(count == 5'000'000);
}

TEST_CASE("our own slowness is not a stalled network") {
  std::binary_semaphore asked(0);
  RawServer server([&](RawConnection& connection) {
    const std::string head = connection.read_head();
    asked.release();
    connection.reply(200, cat(connection.read_body(head).size()));
  });
  const auto clock = std::make_shared<MovedClock>();
  const auto transport = test_transport({.stall_timeout = 50ms, .clock = clock});
  const SlowSource source([&] {
    CHECK(asked.try_acquire_for(10s));
    clock->advance(300ms);
    CHECK(clock->wait_until_asked(3));
  });
  const Request request{
      .method = Method::put, .url = url_of(server.url("/")), .body = {.source = &source}};
  CHECK(transport->send(request, {}).body == "1");
}

TEST_CASE("patience for the reply is added to the stall time-out") {
  const auto clock = std::make_shared<MovedClock>();
  RawServer server([&](RawConnection& connection) {
    connection.read_head();
    clock->advance(300ms);  // a registry that copies the blob before it answers
    clock->wait_until_asked(3);
    connection.reply(201, "");
  });
  const auto transport = test_transport({.stall_timeout = 50ms, .clock = clock});
  const Request request{
      .method = Method::put, .url = url_of(server.url("/")), .reply_patience = 10s};
  CHECK(transport->send(request, {}).status == 201);
}

}  // namespace transport_pace_test
