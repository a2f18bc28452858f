#include "registry/server/net/body_reader.h"

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace n2c::registry {

namespace {

using std::chrono::steady_clock;

/// At most this much of an unread body is read and dropped to keep the connection.
constexpr std::uint64_t worth_reading_away = 64 << 10;

}  // namespace

BodyReader::BodyReader(Inbox& inbox, const RequestHead& head, const ServerOptions& options)
    : inbox_(inbox),
      options_(options),
      left_(head.length.value_or(0)),
      expects_continue_(head.expects_continue) {
  if (head.is_chunked) chunks_.emplace(options.max_header_bytes);
}

std::size_t BodyReader::read(ByteSpan into) {
  if (finished() || into.empty()) return 0;
  if (cut_after_ && count_ >= *cut_after_) throw ConnectionOver{};
  if (cut_after_) into = into.first(std::min<std::uint64_t>(into.size(), *cut_after_ - count_));
  send_continue();
  const std::size_t count = chunks_ ? read_chunked(into) : read_plain(into);
  count_ += count;
  return count;
}

bool BodyReader::read_away() {
  if (finished()) return true;
  if (timed_out_ || broken_) return false;
  if (expects_continue_ || chunks_ || left_ > worth_reading_away) return false;
  std::vector<std::byte> block(static_cast<std::size_t>(left_));
  while (read(block) != 0) {
  }
  return true;
}

/// It does so even when some of the body is here already, so that replies do not depend on timing.
void BodyReader::send_continue() {
  if (!expects_continue_) return;
  expects_continue_ = false;
  ByteView text = bytes_of("HTTP/1.1 100 Continue\r\n\r\n");
  while (!text.empty()) {
    const auto deadline = steady_clock::now() + options_.idle_time;
    const Transfer sent = inbox_.socket().write(text, deadline);
    if (sent.end != Transfer::End::none) throw ConnectionOver{};
    text = text.subspan(sent.count);
  }
}

template <class Wait>
std::size_t BodyReader::wait_for_bytes(Wait wait) {
  const auto before = inbox_.socket().waited();
  const Transfer got = wait(steady_clock::now() + options_.idle_time);
  waited_ += inbox_.socket().waited() - before;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(waited_).count();
  const bool crawls = waited_ > options_.idle_time &&
                      count_ < static_cast<std::uint64_t>(seconds) * options_.min_rate;
  timed_out_ = got.end == Transfer::End::timed_out || crawls;
  if (timed_out_) throw Error(ErrorKind::network, "the client sends too slowly");
  if (got.end != Transfer::End::none) {
    broken_ = true;
    throw Error(ErrorKind::network, "the client left in the middle of a body");
  }
  return got.count;
}

std::size_t BodyReader::receive(ByteSpan into) {
  return wait_for_bytes([&](auto deadline) { return inbox_.receive(into, deadline); });
}

std::size_t BodyReader::read_plain(ByteSpan into) {
  into = into.first(std::min<std::uint64_t>(into.size(), left_));
  std::size_t count = std::min(into.size(), inbox_.unread().size());
  if (count != 0) {
    std::copy_n(inbox_.unread().begin(), count, into.begin());
    inbox_.consume(count);
  } else {
    count = receive(into);
  }
  left_ -= count;
  return count;
}

std::size_t BodyReader::read_chunked(ByteSpan into) {
  while (!chunks_->done()) {
    const auto step = chunks_->decode(inbox_.unread(), into);
    inbox_.consume(step.used);
    if (step.given != 0) return step.given;
    if (const auto& refusal = chunks_->refusal()) {
      broken_ = true;
      throw Error(ErrorKind::network, refusal->message);
    }
    if (chunks_->done()) break;
    if (const std::uint64_t plain = chunks_->plain()) {  // not by way of the small buffer
      const auto most = std::min<std::uint64_t>(plain, into.size());
      const std::size_t count = receive(into.first(static_cast<std::size_t>(most)));
      chunks_->passed(count);
      return count;
    }
    wait_for_bytes([&](auto deadline) { return inbox_.refill(deadline); });
  }
  return 0;
}

}  // namespace n2c::registry
