#include "registry/server/net/chunk_decoder.h"

#include <algorithm>
#include <string_view>

namespace n2c::registry {

namespace {

/// A chunk is smaller.
constexpr std::uint64_t largest_chunk = std::uint64_t{1} << 60;

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  const char lower = static_cast<char>(c | 0x20);
  if (lower >= 'a' && lower <= 'f') return static_cast<unsigned>(lower - 'a') + 10;
  return {};
}

bool is_text(char c) { return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7f'); }

bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

ChunkDecoder::Step ChunkDecoder::decode(ByteView from, ByteSpan into) {
  Step step;
  while (step.used < from.size() && !done() && !refusal_) {
    if (state_ != State::data) {
      take(static_cast<char>(from[step.used++]));
      continue;
    }
    const std::size_t room = into.size() - step.given;
    if (room == 0) break;
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>({left_, from.size() - step.used, room}));
    std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(step.used), count,
                into.begin() + static_cast<std::ptrdiff_t>(step.given));
    step.used += count;
    step.given += count;
    passed(count);
  }
  return step;
}

void ChunkDecoder::passed(std::uint64_t count) {
  left_ -= count;
  if (left_ == 0) state_ = State::data_end;
}

void ChunkDecoder::take(char c) {
  switch (state_) {
    case State::size_start:
    case State::size: take_digit(c); break;
    case State::blank:
    case State::extension: take_extension(c); break;
    case State::size_cr: expect(c == '\n', left_ == 0 ? State::trailer_start : State::data); break;
    case State::data_end: expect(c == '\r', State::data_cr); break;
    case State::data_cr: expect(c == '\n', State::size_start); break;
    case State::trailer_start:
    case State::trailer_name:
    case State::trailer_value:
    case State::trailer_cr: take_trailer(c); break;
    case State::last_cr: expect(c == '\n', State::done); break;
    case State::data:
    case State::done:
    case State::refused: break;
  }
}

void ChunkDecoder::take_digit(char c) {
  const bool first = state_ == State::size_start;
  if (first) left_ = 0;
  if (const auto digit = hex_digit(c)) {
    // Before another digit, since what overflows would be a small size.
    if (left_ >= largest_chunk / 16) return refuse("a chunk's size is too large", 400);
    left_ = left_ * 16 + *digit;
    state_ = State::size;
    // Zeros before the size count as extra bytes too, so that they end.
    if (left_ == 0) take_spare("a chunk's size is too long", 400);
    return;
  }
  if (c == '\r') return expect(!first, State::size_cr);
  expect(!first && (c == ';' || is_blank(c)), c == ';' ? State::extension : State::blank);
}

void ChunkDecoder::take_extension(char c) {
  if (state_ == State::extension && c == '\r') return expect(true, State::size_cr);
  take_spare("the chunk extensions are too long", 400);
  if (refusal_) return;
  if (state_ == State::extension) return expect(is_text(c), State::extension);
  expect(c == ';' || is_blank(c), c == ';' ? State::extension : State::blank);
}

void ChunkDecoder::take_trailer(char c) {
  if (state_ == State::trailer_start && c == '\r') {
    state_ = State::last_cr;
    return;
  }
  take_spare("the trailers are too large", 431);
  if (refusal_) return;
  constexpr std::string_view no_name = "\"(),/:;<=>?@[\\]{} \t";
  const bool names = is_text(c) && static_cast<unsigned char>(c) < 0x80 && !no_name.contains(c);
  if (state_ == State::trailer_start) return expect(names, State::trailer_name);
  if (state_ == State::trailer_name) {
    return expect(names || c == ':', c == ':' ? State::trailer_value : State::trailer_name);
  }
  if (state_ == State::trailer_cr) return expect(c == '\n', State::trailer_start);
  expect(c == '\r' || is_text(c), c == '\r' ? State::trailer_cr : State::trailer_value);
}

void ChunkDecoder::take_spare(const char* what, int status) {
  if (spare_ == 0) return refuse(what, status);
  --spare_;
}

void ChunkDecoder::expect(bool fits, State next) {
  if (!fits) return refuse("the body's chunks are ill-formed", 400);
  state_ = next;
}

void ChunkDecoder::refuse(const char* why, int status) {
  if (refusal_) return;
  state_ = State::refused;
  refusal_ = ApiError{
      status == 431 ? ApiErrorCode::size_invalid : ApiErrorCode::unsupported, why, {}, status};
}

}  // namespace n2c::registry
