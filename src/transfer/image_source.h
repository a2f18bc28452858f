#pragma once
/// Where stored images come from: a registry, an OCI layout or archive, a dir: folder.

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/stream.h"
#include "image/image.h"
#include "oci/manifest.h"
#include "oci/reference.h"

namespace n2c {

/// Manifests and blobs of one place. Calls may come from several threads. Everything that is
/// returned is verified against the descriptor asked for; a mismatch is Error{integrity}.
class ImageSource {
 public:
  virtual ~ImageSource() = default;
  /// For people: "docker://ghcr.io/acme/app:1".
  virtual std::string str() const = 0;
  /// What the address names: an image's manifest, or an index. Throws Error{input} or
  /// Error{registry} when there is nothing.
  virtual oci::RawManifest root(std::stop_token stop) = 0;
  /// A manifest that an index names.
  virtual oci::RawManifest manifest(const oci::Descriptor& descriptor, std::stop_token stop) = 0;
  /// Whether the manifest or blob is there. Nothing where only a request would tell.
  virtual std::optional<bool> holds(const oci::Descriptor&) const { return {}; }
  /// A blob's bytes from the start.
  virtual std::unique_ptr<Reader> open_blob(const oci::Descriptor& blob, std::stop_token stop) = 0;
  /// The repository, where the source is one. Another repository of the same registry can mount
  /// from it.
  virtual std::optional<oci::Repository> repository() const { return {}; }
};

/// A blob of a source as bytes that can be opened again.
class SourceBlob final : public ByteSource {
 public:
  SourceBlob(std::shared_ptr<ImageSource> source, oci::Descriptor blob, std::stop_token stop)
      : source_(std::move(source)), blob_(std::move(blob)), stop_(std::move(stop)) {}
  std::unique_ptr<Reader> open(std::uint64_t offset = 0) const override {
    auto reader = source_->open_blob(blob_, stop_);
    if (offset != 0) skip(*reader, offset);
    return reader;
  }

 private:
  std::shared_ptr<ImageSource> source_;
  oci::Descriptor blob_;
  std::stop_token stop_;
};

/// One manifest of a source as a source of its own: its root is that manifest, which was read
/// already. What else it names is the source's. Thread-safe where the source is.
std::shared_ptr<ImageSource> source_of_one(std::shared_ptr<ImageSource> from,
                                           oci::RawManifest manifest);

/// The manifest of bytes that are checked against the descriptor which named them. Throws
/// Error{integrity}.
oci::RawManifest checked_manifest(const oci::Descriptor& expected, std::string json,
                                  std::string_view where);

/// A config as a whole, verified. Throws Error{input} past the metadata limit.
std::string read_config(ImageSource& source, const oci::Descriptor& config, std::stop_token stop);

/// The root, when it is an image's manifest; else the manifest that the index names for `wanted`,
/// or for this machine where nothing is wanted. Throws Error{input} when the image is for another
/// platform than the wanted one, or the index has none for it; then the hint lists the platforms.
oci::RawManifest manifest_for(ImageSource& source, const std::optional<oci::Platform>& wanted,
                              std::stop_token stop);

/// The image in the form that push_to_store() and the archive writers take: config, and layers with
/// their diff_ids. Throws Error{input} when manifest and config disagree.
Image image_of(const std::shared_ptr<ImageSource>& source, const oci::RawManifest& stored,
               std::stop_token stop);

}  // namespace n2c
