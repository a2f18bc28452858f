#include "registry/server/net/reply_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include "base/error.h"
#include "base/read_ahead.h"
#include "base/text.h"
#include "registry/server/api/api_error.h"

namespace n2c::registry {

namespace {

using std::chrono::steady_clock;

constexpr std::size_t body_block = 256 << 10;

std::string_view reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "";
  }
}

/// RFC 9110 §5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 40> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

bool has_no_body(int status) { return status < 200 || status == 204 || status == 304; }

std::string head_of(const Reply& reply, bool close) {
  std::string head = cat("HTTP/1.1 ", reply.status, ' ', reason(reply.status),
                         "\r\nServer: n2c\r\nDate: ", http_date(), "\r\n");
  for (const auto& [field, value] : reply.headers) {
    std::string line = cat(field, ": ", value);
    // A header is one line, whatever a handler put into it.
    std::ranges::replace_if(line, [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
    head += line + "\r\n";
  }
  if (close) head += "Connection: close\r\n";
  return head + "\r\n";
}

std::uint64_t length_of(const Reply& reply) {
  return parse_number(reply.headers.get("Content-Length")).value_or(0);
}

std::string hex_size(std::size_t size) {
  std::array<char, 20> digits{};
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr};
}

class ReplyWriter {
 public:
  ReplyWriter(Socket& socket, const ServerOptions& limits, const SendOptions& how)
      : socket_(socket), limits_(limits), how_(how), waited_before_(socket.waited()) {}

  Sent send(Reply& reply) {
    sent_.status = reply.status;
    if (const auto* text = std::get_if<std::string>(&reply.body)) {
      sent_.whole = send_text(reply, *text);
    } else {
      MemoryBudget::Share memory(limits_.memory);
      if (!how_.head_only && !memory.grow(body_block)) {
        Reply busy = busy_reply();
        sent_.status = busy.status;
        sent_.whole = send_text(busy, std::get<std::string>(busy.body));
        return sent_;
      }
      auto from = std::move(std::get<std::unique_ptr<Reader>>(reply.body));
      // Tarring and hashing a layer takes as long as sending it, so large ones are made and sent
      // side by side.
      if (length_of(reply) >= limits_.read_ahead_from && !how_.head_only &&
          memory.grow_if_ample(4 * body_block)) {
        from = std::make_unique<ReadAhead>(std::move(from), body_block);
      }
      sent_.whole = send_reader(reply, *from);
    }
    return sent_;
  }

 private:
  bool send_text(Reply& reply, const std::string& text) {
    if (!has_no_body(reply.status) && !reply.headers.find("Content-Length")) {
      reply.headers.add("Content-Length", cat(text.size()));
    }
    const bool bodiless = how_.head_only || has_no_body(reply.status);
    std::string_view body = bodiless ? std::string_view{} : std::string_view(text);
    const bool cut = how_.cut_after && *how_.cut_after <= body.size();
    if (cut) body = body.substr(0, static_cast<std::size_t>(*how_.cut_after));
    sent_.body_bytes = body.size();
    return write(bytes_of(head_of(reply, how_.close) + std::string(body)), false) && !cut;
  }

  /// The first block is read before the header leaves. So a reader that fails at once gives a 500
  /// and not a broken reply.
  bool send_reader(Reply& reply, Reader& from) {
    const bool chunked = !reply.headers.find("Content-Length");
    if (chunked) reply.headers.add("Transfer-Encoding", "chunked");
    if (how_.head_only) return write(bytes_of(head_of(reply, how_.close)), false);
    const auto block = std::make_unique_for_overwrite<std::byte[]>(body_block);
    const ByteSpan into(block.get(), body_block);
    std::size_t count = 0;
    try {
      count = from.read(into);
    } catch (const Error& error) {
      tell(error);
      Reply failed = reply_to({ApiErrorCode::unknown, "the bytes cannot be read"});
      sent_.status = failed.status;
      return send_text(failed, std::get<std::string>(failed.body));
    }
    if (!write(bytes_of(head_of(reply, how_.close)), count != 0)) return false;
    return send_blocks(from, into, count, chunked) &&
           (chunked ? write(bytes_of("0\r\n\r\n"), false)
                    : cat(sent_.body_bytes) == reply.headers.get("Content-Length"));
  }

  bool send_blocks(Reader& from, ByteSpan into, std::size_t count, bool chunked) {
    while (count != 0) {
      if (!send_block(into.first(count), chunked)) return false;
      try {
        count = from.read(into);
      } catch (const Error& error) {
        tell(error);
        return false;  // too late for a status
      }
    }
    return true;
  }

  bool send_block(ByteView bytes, bool chunked) {
    const bool cut = how_.cut_after && sent_.body_bytes + bytes.size() >= *how_.cut_after;
    if (cut) bytes = bytes.first(static_cast<std::size_t>(*how_.cut_after - sent_.body_bytes));
    if (chunked && !write(bytes_of(hex_size(bytes.size()) + "\r\n"), true)) return false;
    sent_.body_bytes += bytes.size();
    return write(bytes, chunked) && (!chunked || write(bytes_of("\r\n"), false)) && !cut;
  }

  /// Sends all of it, as long as the client takes some now and then.
  bool write(ByteView bytes, bool more) {
    while (!bytes.empty()) {
      const auto deadline = steady_clock::now() + limits_.idle_time;
      const Transfer sent = socket_.write(bytes, deadline, more);
      if (sent.end != Transfer::End::none || crawls()) return false;
      bytes = bytes.subspan(sent.count);
    }
    return true;
  }

  void tell(const Error& error) const {
    if (limits_.on_failure) limits_.on_failure(error.message());
  }

  bool crawls() const {
    const auto waited = socket_.waited() - waited_before_;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(waited).count();
    return waited > limits_.idle_time &&
           sent_.body_bytes < static_cast<std::uint64_t>(seconds) * limits_.min_rate;
  }

  Socket& socket_;
  const ServerOptions& limits_;
  const SendOptions& how_;
  std::chrono::nanoseconds waited_before_;
  Sent sent_{};
};

}  // namespace

Sent send_reply(Socket& socket, const ServerOptions& limits, Reply reply, const SendOptions& how) {
  return ReplyWriter(socket, limits, how).send(reply);
}

}  // namespace n2c::registry
