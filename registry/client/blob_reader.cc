#include "registry/client/blob_reader.h"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "base/pipe.h"
#include "base/retry.h"
#include "base/text.h"

namespace n2c::registry {

namespace {

constexpr std::size_t pipe_bytes = 1 << 20;
/// A try that brought this much begins the count of failures anew. With less it does not: a
/// registry that drips would be asked for ever.
constexpr std::uint64_t real_progress = 64 << 10;

/// Passes a reply's body into the pipe, without what the reader has already.
class PipeWriter final : public Writer {
 public:
  PipeWriter(Pipe& pipe, std::uint64_t& have, std::uint64_t to_skip)
      : pipe_(pipe), have_(have), to_skip_(to_skip) {}
  void write(ByteView bytes) override {
    const std::uint64_t skipped = std::min<std::uint64_t>(to_skip_, bytes.size());
    to_skip_ -= skipped;
    bytes = bytes.subspan(skipped);
    if (bytes.empty()) return;
    if (!pipe_.write(bytes)) throw Error(ErrorKind::cancelled, "nobody reads the blob any more");
    have_ += bytes.size();
  }

 private:
  Pipe& pipe_;
  std::uint64_t& have_;
  std::uint64_t to_skip_;
};

class BlobReader final : public Reader {
 public:
  BlobReader(std::shared_ptr<Host> host, Scope scope, oci::Digest digest,
             std::optional<std::uint64_t> size, std::stop_token stop)
      : host_(std::move(host)),
        scope_(std::move(scope)),
        digest_(std::move(digest)),
        size_(size),
        pass_on_(std::move(stop), [this] { stop_.request_stop(); }),
        pipe_(pipe_bytes, [this] { wake(); }),
        thread_([this] { fetch(); }) {}

  ~BlobReader() override {
    stop_.request_stop();
    pipe_.close();
  }

  std::size_t read(ByteSpan into) override {
    if (into.empty()) return 0;
    while (true) {
      const Pipe::Taken taken = pipe_.try_read(into);
      if (taken.count > 0) return taken.count;
      if (taken.at_end) break;
      std::unique_lock hold(mutex_);
      refilled_.wait(hold, [this] { return is_refilled_; });
      is_refilled_ = false;
    }
    const std::scoped_lock hold(mutex_);
    if (failure_) std::rethrow_exception(failure_);
    return 0;
  }

 private:
  void wake() {
    const std::scoped_lock hold(mutex_);
    is_refilled_ = true;
    refilled_.notify_all();
  }

  /// The thread's root.
  void fetch() {
    try {
      fetch_all();
    } catch (...) {
      const std::scoped_lock hold(mutex_);
      failure_ = std::current_exception();
    }
    pipe_.finish();
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
      if (!host_->wait_to_retry(++attempt, since, failed->message(), {}, stop_.get_token())) {
        throw *failed;
      }
    }
  }

  /// Returns nothing when the whole blob came. Otherwise returns why not, if another try may help.
  std::optional<Error> fetch_once() {
    const bool resumes = have_ > 0 && !ranges_refused_;
    PipeWriter sink(pipe_, have_, resumes ? 0 : have_);
    HostCall call{.request = {.url = host_->url(cat(scope_.repository, "/blobs/", digest_.str())),
                              .reply_sink = &sink,
                              .sink_status = resumes ? 206 : 200},
                  .scopes = {scope_},
                  .retry = false,
                  .verified = true};
    if (resumes) call.request.headers.set("Range", cat("bytes=", have_, "-"));
    try {
      const HostReply reply = host_->send(call, stop_.get_token());
      return judge(call.request, reply.response, resumes);
    } catch (const Error& error) {
      if (resumes && error.kind() == ErrorKind::registry) {
        ranges_refused_ = true;  // it sends the whole blob whatever is asked
        return error;
      }
      if (error.kind() != ErrorKind::network || error.is_lasting()) throw;
      return error;
    }
  }

  std::optional<Error> judge(const http::Request& request, const http::Response& response,
                             bool resumes) {
    const int wanted = resumes ? 206 : 200;
    if (response.status == wanted) {
      // Where the size is not known, the transport has checked Content-Length.
      if (have_ >= size_.value_or(0)) return std::nullopt;
      return Error(ErrorKind::network, cat("GET ", request.url.redacted(), ": ended after ", have_,
                                           " of ", *size_, " bytes"));
    }
    const Error error = host_->failure(request, response, scope_);
    if (resumes && !is_passing_status(response.status)) {
      ranges_refused_ = true;
      return error;
    }
    if (!is_passing_status(response.status)) throw error;
    return error;
  }

  std::shared_ptr<Host> host_;
  const Scope scope_;
  const oci::Digest digest_;
  const std::optional<std::uint64_t> size_;
  std::stop_source stop_;
  std::stop_callback<std::function<void()>> pass_on_;

  std::mutex mutex_;
  std::condition_variable refilled_;
  bool is_refilled_ = false;    // under mutex_
  std::exception_ptr failure_;  // under mutex_
  Pipe pipe_;
  std::uint64_t have_ = 0;       // the fetching thread's
  bool ranges_refused_ = false;  // the fetching thread's
  std::jthread thread_;          // last: it uses all of the above
};

}  // namespace

std::unique_ptr<Reader> open_blob_reader(std::shared_ptr<Host> host, const Scope& scope,
                                         const oci::Digest& digest,
                                         std::optional<std::uint64_t> size, std::stop_token stop) {
  auto reader = std::make_unique<BlobReader>(std::move(host), scope, digest, size, std::move(stop));
  return oci::verify(std::move(reader), digest, size, "blob " + digest.brief(),
                     "the registry's storage or something on the way alters it");
}

}  // namespace n2c::registry
