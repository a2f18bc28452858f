#pragma once
/// What the requests of one upload carry: the source's bytes from an offset on, or one chunk of
/// them; and the digest that comes out of the sending.

#include <cstdint>
#include <memory>

#include "base/locked.h"
#include "base/stream.h"
#include "http/transport.h"
#include "oci/digest.h"
#include "registry/client/upload_plan.h"

namespace n2c::registry {

/// The bytes of one upload. A chunk is held in memory until it is acknowledged. Everything else is
/// opened anew for each try. Where the digest is not known, the source is read from its start so
/// that all of it is hashed; its bytes are the same each time. One thread at a time.
class UploadBody {
 public:
  /// `digest_known`: nothing has to be hashed.
  UploadBody(const ByteSource& source, bool digest_known);
  ~UploadBody();

  /// The body of that request; it lives as long as this and until the next call.
  http::Body body_of(const UploadPlan::Send& send);
  /// To be called after a request whose bytes left: whether they reached the source's end.
  bool at_end() const;

  struct Sum {
    oci::Digest digest;
    std::uint64_t size;
  };
  /// Digest and size of all bytes. Only after at_end().
  Sum sum() const;

 private:
  class Stream;  // opens the source, and sees its end and digest
  struct Chunk;  // bytes [first, first + size) in memory, and the reader behind them

  http::Body chunk_of(const UploadPlan::Send& send);

  const bool digest_known_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Chunk> chunk_;
};

}  // namespace n2c::registry
