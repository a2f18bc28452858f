#pragma once
/// Attaching a file to an image of a repository: an artifact whose subject the image is (image-spec
/// manifest.md, "Guidelines for Artifact Usage").

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/stream.h"
#include "oci/manifest.h"
#include "oci/reference.h"
#include "registry/client/client.h"
#include "transfer/image_source.h"
#include "transfer/progress.h"

namespace n2c {

struct Attachment {
  std::string type;                         ///< artifactType, and the blob's media type
  std::string title;                        ///< the file's name; may be empty
  std::shared_ptr<const ByteSource> bytes;  ///< the file
  oci::Descriptor blob;                     ///< of them
  oci::Annotations annotations{};           ///< of the manifest
};
/// Measures the bytes.
Attachment make_attachment(std::string type, std::string title,
                           std::shared_ptr<const ByteSource> bytes, oci::Annotations annotations,
                           const std::stop_token& stop);

/// The empty config, one layer, artifactType and subject. Pure: the same of the same.
oci::RawManifest attachment_manifest(const oci::Descriptor& subject, const Attachment& attachment);

struct Attached {
  oci::Descriptor manifest;
  bool was_there = false;  ///< nothing was sent
};

/// Attaches it. What refers to the subject already is not sent again. A registry that does not say
/// that it keeps the list of referrers gets the tag (referrers.h). Throws Error as RegistryClient
/// does, and Error{registry} where the registry refuses artifacts.
Attached attach(registry::RegistryClient& client, const oci::Descriptor& subject,
                const Attachment& attachment, const std::stop_token& stop);

/// What is stored elsewhere and refers to an image: a manifest, or an index and all that it names.
struct StoredArtifact {
  std::shared_ptr<ImageSource> source;
  oci::RawManifest manifest;
  /// Repositories of the destination's registry to mount its blobs from.
  std::vector<oci::Repository> mount_from{};
};

/// Puts it by its digest, with what it names, as it is. `progress` hears its notes alone: how many
/// artifacts there are is not known. Returns whether the registry says that it lists it as a
/// referrer. Throws Error as copy_to_store() does.
bool copy_artifact(registry::RegistryClient& client, const StoredArtifact& artifact,
                   Progress& progress, const std::stop_token& stop);

/// Attaches that, as it is. `subject` is what its manifest names as such.
Attached attach_stored(registry::RegistryClient& client, const oci::Digest& subject,
                       const StoredArtifact& artifact, Progress& progress,
                       const std::stop_token& stop);

}  // namespace n2c
