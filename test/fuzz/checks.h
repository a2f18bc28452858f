#pragma once
/// What holds of every Error and every reader, whatever a fuzzer made.

#include <algorithm>
#include <string>

#include "base/error.h"
#include "base/stream.h"
#include "oci/digest.h"
#include "test/fuzz/input.h"

namespace n2c::fuzz {

/// A text that people read has nothing that a terminal obeys.
inline void require_printable(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    require((byte >= ' ' || c == '\n') && byte != 0x7f, "what people read can be printed");
  }
}

/// An error is of the input or of who sent it, never n2c's own mistake.
inline void require_fair(const Error& error) {
  require(error.kind() != ErrorKind::internal, "an error is not n2c's own mistake");
  require(!error.message().empty(), "an error says what is wrong");
  require_printable(error.message());
  require_printable(error.hint());
}

/// Runs `body`, which may end in a fair Error. Whether it ended without one.
template <class Body>
bool ends_fairly(Body&& body) {
  try {
    std::forward<Body>(body)();
    return true;
  } catch (const Error& error) {
    require_fair(error);
    return false;
  }
}

/// Bytes given in pieces whose sizes are `sizes`, over and over.
class PieceReader final : public Reader {
 public:
  PieceReader(std::string_view bytes, std::string_view sizes) : bytes_(bytes), sizes_(sizes) {}
  std::size_t read(ByteSpan into) override {
    std::size_t most = into.size();
    if (!sizes_.empty()) {
      most = std::min<std::size_t>(
          most, std::max<unsigned>(1, static_cast<unsigned char>(sizes_[next_++ % sizes_.size()])));
    }
    const std::string_view piece = bytes_.substr(0, most);
    std::ranges::copy(bytes_of(piece), into.begin());
    bytes_.remove_prefix(piece.size());
    return piece.size();
  }

 private:
  std::string_view bytes_, sizes_;
  std::size_t next_ = 0;
};

}  // namespace n2c::fuzz
