#pragma once
/// The part of Docker's HTTP API that loading an image needs, request by request. Podman's
/// socket speaks it too.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"
#include "engine/docker_replies.h"
#include "engine/first_reply.h"
#include "http/transport.h"
#include "oci/reference.h"

namespace n2c {

/// What came of a load or pull that the engine answered with 200.
struct StreamedReply {
  std::optional<std::string> failure;  ///< the engine's own words for what went wrong
  std::string last_words;
};

/// One engine. Thread-safe. Every call throws Error{network} when no whole reply came, and
/// Error{registry} with the request and the engine's words for an unexpected status.
class DockerApi {
 public:
  /// `transport` reaches the engine whatever the URL's host; `base` is "http://HOST" or https.
  /// What is passed by reference outlives this.
  DockerApi(http::Transport& transport, http::Url base);

  /// Asks what the engine is, and chooses the API version for the calls below. Call it first, once.
  /// Throws Error{registry} for an engine that is too old, and for what is not an engine, and
  /// Error{network} for one that has not answered when `patience` is over.
  DockerFacts connect(std::stop_token stop,
                      std::chrono::milliseconds patience = first_reply_patience);
  /// Whether the engine says if all blobs of an image are there.
  bool tells_completeness() const { return !is_older_api(api_, "1.48"); }

  /// Whether the classic store unpacks layers compressed by zstd: Docker 23 was the first.
  bool unpacks_zstd() const { return !is_older_api(api_, "1.42"); }

  /// The image of that NAME:TAG or id. Nothing when there is none.
  std::optional<EngineImage> find_image(std::string_view name_or_id, std::stop_token stop);
  std::vector<ListedImage> list_images(std::stop_token stop);
  /// Sends an archive. A refusal comes back as `failure`, whether the status or the stream says it.
  StreamedReply load(const ByteSource& archive, std::atomic<std::uint64_t>& sent,
                     std::stop_token stop);
  /// Has the engine pull. A refusal comes back as `failure`.
  StreamedReply pull(const std::string& repository, const std::string& tag, std::stop_token stop);
  /// Gives the image another name.
  void tag(std::string_view id, const oci::Reference& name, std::stop_token stop);
  /// Removes a name or an image. It is not an error when there is none.
  void remove(std::string_view name_or_id, std::stop_token stop);

 private:
  std::string told_version(std::stop_token stop);
  http::Url url(std::string_view path) const;
  http::Response send(const http::Request& request, std::stop_token stop);
  http::Response get(std::string_view path, std::stop_token stop);
  StreamedReply stream(http::Request request, std::stop_token stop);
  DockerFacts ask_facts(const std::stop_token& stop);
  [[noreturn]] static void refuse(const http::Request& request, const http::Response& response);

  http::Transport& transport_;
  http::Url base_;
  std::string api_;  // "1.41"; empty until connect()
};

}  // namespace n2c
