#pragma once
/// Attaching a file to an image of a repository: an artifact whose subject the image is (image-spec
/// manifest.md, "Guidelines for Artifact Usage").

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "base/stream.h"
#include "oci/manifest.h"
#include "registry/client/client.h"

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

/// The same with a manifest that was made elsewhere. `open` gives its blobs.
Attached attach_manifest(
    registry::RegistryClient& client, const oci::Digest& subject, const oci::RawManifest& manifest,
    const std::function<std::shared_ptr<const ByteSource>(const oci::Descriptor&)>& open,
    const std::stop_token& stop);

}  // namespace n2c
