#include "registry/server/api/blobs.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/prefixed_reader.h"
#include "base/text.h"
#include "registry/server/api/byte_range.h"

namespace n2c::registry {

namespace {

Reply blob_unknown(const std::string& digest) {
  return reply_to({ApiErrorCode::blob_unknown, "the repository has no such blob", {digest}});
}

/// `from` up to `count` bytes.
class FirstBytes final : public Reader {
 public:
  FirstBytes(std::unique_ptr<Reader> from, std::uint64_t count)
      : from_(std::move(from)), left_(count) {}

  std::size_t read(ByteSpan into) override {
    if (into.size() > left_) into = into.first(static_cast<std::size_t>(left_));
    if (into.empty()) return 0;
    const std::size_t count = from_->read(into);
    left_ -= count;
    return count;
  }

 private:
  std::unique_ptr<Reader> from_;
  std::uint64_t left_;
};

/// The same bytes, the first of which are made by now.
std::unique_ptr<Reader> begun(std::unique_ptr<Reader> from) {
  std::string first(64 << 10, '\0');
  first.resize(from->read(std::as_writable_bytes(std::span(first))));
  return std::make_unique<PrefixedReader>(std::move(first), std::move(from));
}

/// A range that begins this far into a blob that is made while it is read waits for its turn: what
/// lies before it is made for nothing.
constexpr std::uint64_t far = 4 << 20;

std::variant<ByteRange, WholeBlob, Unsatisfiable> range_asked_for(const Request& request,
                                                                  const std::string& etag,
                                                                  std::uint64_t size) {
  const auto range = request.headers.find("Range");
  if (!range || request.method != Method::get) return WholeBlob{};
  const auto condition = request.headers.find("If-Range");
  if (condition && *condition != etag) return WholeBlob{};
  return parse_range(*range, size);
}

Reply range_refused(const std::string& digest, std::uint64_t size) {
  Reply reply =
      reply_to({ApiErrorCode::size_invalid, "the range lies outside the blob", {digest}, 416});
  reply.headers.add("Content-Range", cat("bytes */", size));
  return reply;
}

Reply read_blob(Call& call, const oci::Digest& digest) {
  const auto size = call.store.stat(call.route.repository, digest);
  if (!size) return blob_unknown(digest.str());
  const std::string etag = cat('"', digest.str(), '"');
  const auto asked = range_asked_for(call.request, etag, *size);
  if (std::holds_alternative<Unsatisfiable>(asked)) return range_refused(digest.str(), *size);
  const auto* part = std::get_if<ByteRange>(&asked);
  const std::uint64_t count = part != nullptr ? part->count() : *size;
  Reply reply{.status = part != nullptr ? 206 : 200,
              .headers = {{"Content-Type", "application/octet-stream"},
                          {"Content-Length", cat(count)},
                          {"Docker-Content-Digest", digest.str()},
                          {"ETag", etag},
                          {"Accept-Ranges", "bytes"},
                          {"Cache-Control", "max-age=31536000, immutable"}}};
  if (part != nullptr) {
    reply.headers.add("Content-Range", cat("bytes ", part->first, '-', part->last, '/', *size));
  }
  if (call.method() == Method::head) return reply;
  const std::uint64_t first = part != nullptr ? part->first : 0;
  std::optional<Turnstile::Turn> turn;
  const bool is_slow = first >= far && call.store.makes_blobs(call.route.repository);
  if (is_slow && !turn.emplace(call.heavy_work.enter())) return busy_reply();
  auto bytes = call.store.open(call.route.repository, digest, first);
  if (!bytes) return blob_unknown(digest.str());  // removed since the stat
  if (is_slow) bytes = begun(std::move(bytes));
  reply.body = std::make_unique<FirstBytes>(std::move(bytes), count);
  return reply;
}

Reply remove_blob(Call& call, const oci::Digest& digest) {
  if (!call.writable->remove_blob(call.route.repository, digest)) return blob_unknown(digest.str());
  return {.status = 202};
}

}  // namespace

Reply serve_blob(Call& call) {
  const auto digest = oci::Digest::parse(call.route.reference);
  if (!digest) return reply_to({ApiErrorCode::digest_invalid, digest.error()});
  if (call.reads()) return read_blob(call, *digest);
  if (call.method() == Method::del && call.writable != nullptr) return remove_blob(call, *digest);
  return method_refused(call.writable != nullptr ? "GET, HEAD, DELETE" : "GET, HEAD");
}

}  // namespace n2c::registry
