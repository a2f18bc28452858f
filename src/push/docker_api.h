#pragma once
/// The part of Docker's HTTP API that loading an image needs, request by request. Podman's
/// socket speaks it too.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"
#include "http/transport.h"
#include "oci/reference.h"
#include "push/docker_replies.h"

namespace n2c {

/// What came of a load or pull that the engine answered with 200.
struct StreamedReply {
  std::optional<std::string> failure;  ///< the engine's own words for what went wrong
  std::string last_words;
};

/// One engine. Thread-safe. Every call throws Error{network} when no whole reply came and
/// Error{registry} with the engine's words for a status that is no answer, naming the request.
class DockerApi {
 public:
  /// `transport` reaches the engine whatever the URL's host; `base` is "http://HOST" or https.
  /// What is passed by reference outlives this.
  DockerApi(http::Transport& transport, http::Url base);

  /// Asks what the engine is and settles on an API version for the calls below. Call it first,
  /// once. Throws Error{registry} for an engine that is too old or no engine at all.
  DockerFacts connect(std::stop_token stop);
  /// Whether the engine says if all blobs of an image are there.
  bool tells_completeness() const { return !is_older_api(api_, "1.48"); }

  /// By NAME:TAG or id; nothing when there is no such image.
  std::optional<EngineImage> find_image(std::string_view name_or_id, std::stop_token stop);
  std::vector<ListedImage> list_images(std::stop_token stop);
  /// Sends an archive. A status that is an error is the engine's refusal, and comes back as
  /// `failure` like one inside the stream.
  StreamedReply load(const ByteSource& archive, std::atomic<std::uint64_t>& sent,
                     std::stop_token stop);
  /// Has the engine pull; a refusal comes back as `failure`.
  StreamedReply pull(const std::string& repository, const std::string& tag, std::stop_token stop);
  /// Gives the image another name.
  void tag(std::string_view id, const oci::Reference& name, std::stop_token stop);
  /// Takes a name or an image away; one that is not there is no failure.
  void remove(std::string_view name_or_id, std::stop_token stop);

 private:
  std::string told_version(std::stop_token stop);
  http::Url url(std::string_view path) const;
  http::Response send(const http::Request& request, std::stop_token stop);
  http::Response get(std::string_view path, std::stop_token stop);
  StreamedReply stream(http::Request request, std::stop_token stop);
  [[noreturn]] static void refuse(const http::Request& request, const http::Response& response);

  http::Transport& transport_;
  http::Url base_;
  std::string api_;  // "1.41"; empty until connect()
};

}  // namespace n2c
