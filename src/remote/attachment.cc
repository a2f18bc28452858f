#include "remote/attachment.h"

#include <variant>

#include "base/text.h"
#include "go/encoding_json.h"
#include "remote/artifact.h"
#include "remote/referrers.h"

namespace n2c {

namespace {

constexpr const char* title_key = "org.opencontainers.image.title";

}  // namespace

Attachment make_attachment(std::string type, std::string title,
                           std::shared_ptr<const ByteSource> bytes, oci::Annotations annotations,
                           const std::stop_token& stop) {
  oci::Descriptor blob = oci::measure(bytes->open(), type, stop);
  if (!title.empty()) blob.annotations = {{title_key, title}};
  return {.type = std::move(type),
          .title = std::move(title),
          .bytes = std::move(bytes),
          .blob = std::move(blob),
          .annotations = std::move(annotations)};
}

oci::RawManifest attachment_manifest(const oci::Descriptor& subject, const Attachment& attachment) {
  oci::Manifest manifest{.config = oci::describe(empty_config_type, empty_config_json),
                         .layers = {attachment.blob},
                         .annotations = attachment.annotations};
  go::Json about;
  about.set("mediaType", subject.media_type).set("digest", subject.digest.str());
  about.set("size", go::Json(subject.size));
  go::Json more;
  more.set("artifactType", attachment.type).set("subject", std::move(about));
  manifest.more = more.compact();
  return oci::RawManifest::of(manifest.media_type, manifest.to_json());
}

Attached attach_manifest(
    registry::RegistryClient& client, const oci::Digest& subject, const oci::RawManifest& manifest,
    const std::function<std::shared_ptr<const ByteSource>(const oci::Descriptor&)>& open,
    const std::stop_token& stop) {
  const oci::Digest& digest = manifest.descriptor.digest;
  const auto listed = list_referrers(client, subject, stop);
  if (names(listed, digest) && client.head_manifest(digest.str(), stop)) {
    return {.manifest = manifest.descriptor, .was_there = true};
  }
  const auto parts =
      or_throw(oci::Manifest::from_json(manifest.json), ErrorKind::input, "what is to be attached");
  put_blob(client, parts.config, *open(parts.config), stop);
  for (const oci::Descriptor& blob : parts.layers) put_blob(client, blob, *open(blob), stop);
  const auto put =
      client.put_manifest(digest.str(), manifest.descriptor.media_type, manifest.json, stop);
  if (const auto* refused = std::get_if<registry::FormatRefused>(&put)) {
    throw Error(ErrorKind::registry, refused->why, "the registry takes no artifacts");
  }
  if (std::holds_alternative<registry::BlobsMissing>(put)) {
    throw Error(ErrorKind::registry, "the registry lacks a blob of it, or the image itself");
  }
  if (!std::get<registry::ManifestStored>(put).took_subject) {
    const auto now = client.list_referrers(subject, stop);
    if (!now || !names(*now, digest))
      add_to_referrers_tag(client, subject, as_referrer(manifest), stop);
  }
  return {.manifest = manifest.descriptor};
}

Attached attach(registry::RegistryClient& client, const oci::Descriptor& subject,
                const Attachment& attachment, const std::stop_token& stop) {
  const oci::RawManifest manifest = attachment_manifest(subject, attachment);
  const auto open = [&](const oci::Descriptor& blob) -> std::shared_ptr<const ByteSource> {
    if (blob.digest == attachment.blob.digest) return attachment.bytes;
    return std::make_shared<MemorySource>(std::string(empty_config_json));
  };
  return with_context(
      cat("attaching ", printable(attachment.type), " to ", subject.digest.str()),
      [&] { return attach_manifest(client, subject.digest, manifest, open, stop); });
}

}  // namespace n2c
