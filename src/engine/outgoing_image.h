#pragma once
/// An image on its way into an engine: its layers in the form that the engine will keep, the
/// archives made of them, and what was sent.

#include <functional>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "cache/digest_cache.h"
#include "codec/codec.h"
#include "engine/docker_replies.h"
#include "engine/held_layers.h"
#include "engine/load.h"
#include "layout/archive_writer.h"
#include "transfer/manifest_blobs.h"

namespace n2c {

/// The image's layers as blobs; plain ones are compressed as asked, and with codec none they stay
/// as they are. A layer whose compressed digest the cache does not know is read once to find it,
/// side by side with others, and again when it is sent. What is learnt is saved. `pool` and the
/// image must outlive the result.
std::vector<Blob> stored_layers(const Image& image, const Compression& compression,
                                CompressionPool& pool, DigestCache cache, std::stop_token stop);

class OutgoingImage {
 public:
  /// Works out the layers' stored forms. The request and the progress outlive this.
  OutgoingImage(const LoadRequest& request, const Compression& compression, Progress& progress,
                std::stop_token stop);

  const LayerChain& layers() const { return layers_; }  ///< diff_ids
  const ManifestBlobs& blobs() const { return blobs_; }
  std::string manifest_digest() const { return blobs_.manifest.digest.str(); }
  std::string config_digest() const;
  std::size_t distinct_layers() const { return distinct_.size(); }
  /// The diff_ids of layers whose stored form is one of `blobs` ("sha256:…").
  std::set<oci::Digest> stored_as(const std::set<std::string>& blobs) const;

  /// Archives without names and without the layers of these diff_ids. Progress counts their bytes.
  ArchiveSource docker_archive(const std::set<oci::Digest>& omitted) const;
  ArchiveSource oci_archive(const std::set<oci::Digest>& omitted) const;

  /// Tells the progress what is about to leave, and that then the engine ("docker") unpacks.
  void begin(const std::set<oci::Digest>& omitted, std::string_view engine) const;

 private:
  const Image& image_;
  Progress& progress_;
  CompressionPool pool_;
  const LayerChain layers_;
  const std::set<oci::Digest> distinct_;
  const std::vector<Blob> forms_;  // of layers_, as they are stored
  const ManifestBlobs blobs_;
};

/// Sends an image without the given layers. Returns nothing when it arrived whole, else what went
/// wrong in the engine's words. It may also throw Error{registry} or Error{network} for that.
using SendAttempt = std::function<std::optional<std::string>(const std::set<oci::Digest>& omitted)>;

/// Tries without the `omitted` layers. When that fails on the engine's side, it says so and sends
/// all. Returns the layers that were left out in the try that succeeded. Throws Error{registry}
/// "the engine refused it: …" when none did.
std::set<oci::Digest> send_thin_or_whole(const std::set<oci::Digest>& omitted, Progress& progress,
                                         const SendAttempt& attempt);

/// Lets the engine pull by `pull`, or sends it archives by `send`, as `method` says.
/// LoadMethod::automatic pulls if `pulls_first`; when that fails on the engine's side, it says so
/// and sends. `pull` returns nothing on success; else it returns why in the engine's words, or
/// throws Error{registry} or Error{network}. With LoadMethod::registry a failed pull is thrown.
void deliver_by(LoadMethod method, bool pulls_first, Progress& progress,
                const std::function<std::optional<std::string>()>& pull,
                const std::function<void()>& send);

/// A name that an image has in an engine while it is loaded: that of a registry which ends with the
/// load. It is taken off when this object ends, whatever ended the load. That takes ten seconds at
/// most; what goes wrong is noted.
class PassingName {
 public:
  /// `remove` takes the name off; it may throw Error.
  using Remove = std::function<void(std::stop_token)>;
  PassingName(std::string name, Progress& progress, Remove remove);
  ~PassingName();
  PassingName(const PassingName&) = delete;
  PassingName& operator=(const PassingName&) = delete;

 private:
  std::string name_;
  Progress& progress_;
  Remove remove_;
};

/// Throws Error{registry} unless the engine has the image: the same id, the same layers, and whole
/// as far as the engine says.
void expect_image(const std::optional<EngineImage>& found, std::string_view id,
                  const LayerChain& layers);
bool is_image(const std::optional<EngineImage>& found, std::string_view id,
              const LayerChain& layers);

}  // namespace n2c
