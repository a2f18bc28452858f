#include "registry/client/blob_reader.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>
#include <utility>

#include "base/handover.h"
#include "base/prefixed_reader.h"
#include "base/retry.h"
#include "base/text.h"
#include "base/thread.h"
#include "codec/codec.h"
#include "registry/client/decoded_replies.h"
#include "registry/client/failure.h"
#include "registry/client/retry_waits.h"

namespace n2c::registry {

namespace {

/// A try that brought this much begins the count of failures anew. With less it does not: a
/// registry that drips would be asked for ever.
constexpr std::uint64_t real_progress = 64 << 10;

/// Hands on a reply's body, without what the reader has already.
class RestOfBody final : public Writer {
 public:
  RestOfBody(Handover& bytes, std::uint64_t& have, std::uint64_t to_skip)
      : bytes_(bytes), have_(have), to_skip_(to_skip) {}
  void write(ByteView bytes) override {
    const std::uint64_t skipped = std::min<std::uint64_t>(to_skip_, bytes.size());
    to_skip_ -= skipped;
    bytes = bytes.subspan(skipped);
    if (bytes.empty()) return;
    if (!bytes_.give(bytes)) throw Error(ErrorKind::cancelled, "nobody reads the blob any more");
    have_ += bytes.size();
  }

 private:
  Handover& bytes_;
  std::uint64_t& have_;
  std::uint64_t to_skip_;
};

/// The first byte that a Content-Range names: "bytes 10-19/20" gives 10.
std::optional<std::uint64_t> first_of(std::string_view range) {
  range = trim(range);
  if (!lower_ascii(range.substr(0, 5)).starts_with("bytes")) return std::nullopt;
  range = trim(range.substr(5));
  const auto ends = cut(range, '-');
  return ends ? parse_number(trim(ends->first)) : std::nullopt;
}

class BlobReader final : public Reader {
 public:
  BlobReader(std::shared_ptr<Host> host, Scope scope, oci::Digest digest,
             std::optional<std::uint64_t> size, std::stop_token stop)
      : host_(std::move(host)),
        scope_(std::move(scope)),
        digest_(std::move(digest)),
        size_(size),
        pass_on_(std::move(stop), [this] { stop_.request_stop(); }),
        thread_(start_thread([this] { fetch(); })) {}

  ~BlobReader() override {
    stop_.request_stop();
    bytes_.close();
  }

  std::size_t read(ByteSpan into) override { return into.empty() ? 0 : bytes_.take(into); }

  /// Whether what comes is encoded. To be asked after the first read().
  bool is_encoded_too() const { return encoded_; }

 private:
  /// The thread's root.
  void fetch() {
    try {
      fetch_all();
      bytes_.finish();
    } catch (...) {
      bytes_.finish(std::current_exception());
    }
  }

  void fetch_all() {
    auto since = host_->clock().now();
    int attempt = 0;
    while (true) {
      const std::uint64_t before = have_;
      std::optional<Error> failed = fetch_once();
      if (!failed) return;
      if (have_ - before >= real_progress) {
        attempt = 0;
        since = host_->clock().now();
      }
      host_->wait_to_retry(++attempt, since, *failed, retry_after_, stop_.get_token());
    }
  }

  /// Returns nothing when the whole blob came. Otherwise returns why not, if another try may help.
  std::optional<Error> fetch_once() {
    const bool resumes = have_ > 0 && !ranges_refused_;
    RestOfBody sink(bytes_, have_, resumes ? 0 : have_);
    HostCall call{
        .request =
            http::Request{.url = host_->url(cat(scope_.repository, "/blobs/", digest_.str())),
                          .reply_sink = &sink},
        .scopes = {scope_},
        .retry = false,
        .verified = true};
    call.request.is_for_sink = [this, resumes](const http::Response& head) {
      if (!resumes) return begins(head);
      other_part_ = head.status == 206 && !continues(head);
      return head.status == 206 && !other_part_;
    };
    call.request.headers.set("Accept-Encoding", "identity");
    retry_after_.reset();
    if (resumes) call.request.headers.set("Range", cat("bytes=", have_, "-"));
    try {
      return judge(call.request, host_->send(call, stop_.get_token()), resumes);
    } catch (const Error& error) {
      if (resumes && error.kind() == ErrorKind::registry) {
        ranges_refused_ = true;  // it sends the whole blob whatever is asked
        return error;
      }
      if (error.kind() != ErrorKind::network || error.is_lasting()) throw;
      return error;
    }
  }

  /// Whether a reply is the blob from its start. Some proxies encode what nobody asked them to.
  bool begins(const http::Response& head) {
    if (head.status != 200) return false;
    if (is_encoded(head)) {
      // A length that is the blob's own says that the header is not true.
      const auto length = head.headers.find("Content-Length");
      const bool is_plain = size_ && length && parse_number(trim(*length)) == size_;
      encoded_ = !is_plain;
      ranges_refused_ = ranges_refused_ || !is_plain;
    }
    return true;
  }

  /// Whether a 206 is the rest of the blob.
  bool continues(const http::Response& head) const {
    const auto range = head.headers.find("Content-Range");
    return !is_encoded(head) && (!range || first_of(*range) == have_);
  }

  std::optional<Error> judge(const http::Request& request, const HostReply& reply, bool resumes) {
    const http::Response& response = reply.response;
    const int wanted = resumes ? 206 : 200;
    if (std::exchange(other_part_, false)) {
      ranges_refused_ = true;  // the whole blob is asked for
      return Error(ErrorKind::network,
                   cat("the reply is another part than bytes ", have_, " and on"))
          .within(http::request_line(request));
    }
    if (response.status == wanted) {
      // Where the size is not known, the transport has checked Content-Length.
      if (encoded_ || have_ >= size_.value_or(0)) return std::nullopt;
      return Error(ErrorKind::network, cat("ended after ", have_, " of ", *size_, " bytes"))
          .within(http::request_line(request));
    }
    retry_after_ = retry_after(response);
    if (resumes && is_ok(response)) {
      ranges_refused_ = true;
      return Error(ErrorKind::network, "the whole blob came where its rest was asked for")
          .within(http::request_line(request));
    }
    Error error = host_->failure(request, reply, scope_);
    if (resumes && !is_passing_status(response.status)) {
      ranges_refused_ = true;
      return error;
    }
    if (!is_passing_status(response.status)) throw Error(std::move(error));
    return error;
  }

  std::shared_ptr<Host> host_;
  const Scope scope_;
  const oci::Digest digest_;
  const std::optional<std::uint64_t> size_;
  std::stop_source stop_;
  std::stop_callback<std::function<void()>> pass_on_;

  Handover bytes_;
  std::uint64_t have_ = 0;       // the fetching thread's
  bool ranges_refused_ = false;  // the fetching thread's, and while it waits the network's
  bool other_part_ = false;      // the same: a 206 was not what was asked for
  std::optional<std::chrono::milliseconds> retry_after_;  // the fetching thread's
  std::atomic<bool> encoded_ = false;                     // known before the first byte is read
  std::jthread thread_;                                   // last: it uses all of the above
};

/// A blob without the encoding that something on the way gave it.
class PlainBlob final : public Reader {
 public:
  explicit PlainBlob(std::unique_ptr<BlobReader> blob) : blob_(std::move(blob)) {}
  std::size_t read(ByteSpan into) override {
    if (plain_) return plain_->read(into);
    const std::size_t count = blob_->read(into);
    if (begun_ || !blob_->is_encoded_too()) {
      begun_ = begun_ || count > 0;
      return count;
    }
    plain_ = decompress(std::make_unique<PrefixedReader>(std::string(text_of(into.first(count))),
                                                         std::move(blob_)));
    return plain_->read(into);
  }

 private:
  bool begun_ = false;
  std::unique_ptr<BlobReader> blob_;
  std::unique_ptr<Reader> plain_;
};

}  // namespace

std::unique_ptr<Reader> open_blob_reader(std::shared_ptr<Host> host, const Scope& scope,
                                         const oci::Digest& digest,
                                         std::optional<std::uint64_t> size, std::stop_token stop) {
  auto reader = std::make_unique<BlobReader>(std::move(host), scope, digest, size, std::move(stop));
  return oci::verify(std::make_unique<PlainBlob>(std::move(reader)), digest, size,
                     "blob " + digest.brief(),
                     "the registry's storage or something on the way alters it");
}

}  // namespace n2c::registry
