#include "remote/attachment.h"

#include <utility>
#include <variant>

#include "base/text.h"
#include "go/encoding_json.h"
#include "remote/artifact.h"
#include "remote/referrers.h"
#include "remote/registry_store.h"
#include "transfer/copy.h"
#include "transfer/quiet_progress.h"

namespace n2c {

namespace {

constexpr const char* title_key = "org.opencontainers.image.title";

bool is_attached(registry::RegistryClient& client, const oci::Digest& subject,
                 const oci::Digest& artifact, const std::stop_token& stop) {
  return names(list_referrers(client, subject, stop), artifact) &&
         client.head_manifest(artifact.str(), stop);
}

/// Returns whether the registry says that it lists it.
bool put_artifact(registry::RegistryClient& client, const oci::RawManifest& manifest,
                  const std::stop_token& stop) {
  const auto put = client.put_manifest(manifest.descriptor.digest.str(),
                                       manifest.descriptor.media_type, manifest.json, stop);
  if (const auto* refused = std::get_if<registry::FormatRefused>(&put)) {
    throw Error(ErrorKind::registry, refused->why, "the registry takes no artifacts");
  }
  if (std::holds_alternative<registry::BlobsMissing>(put)) {
    throw Error(ErrorKind::registry, "the registry lacks a blob of it, or the image itself");
  }
  return std::get<registry::ManifestStored>(put).took_subject;
}

/// Where the registry's own list does not name it.
void list_as_referrer(registry::RegistryClient& client, const oci::Digest& subject,
                      const oci::RawManifest& manifest, const std::stop_token& stop) {
  const auto now = client.list_referrers(subject, stop);
  if (now && names(*now, manifest.descriptor.digest)) return;
  add_to_referrers_tag(client, subject, as_referrer(manifest), stop);
}

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
  oci::Manifest manifest{
      .config = empty_config(), .layers = {attachment.blob}, .annotations = attachment.annotations};
  go::Json about;
  about.set("mediaType", subject.media_type).set("digest", subject.digest.str());
  about.set("size", go::Json(subject.size));
  go::Json more;
  more.set("artifactType", attachment.type).set("subject", std::move(about));
  manifest.more = more.compact();
  return oci::RawManifest::of(manifest.media_type, manifest.to_json());
}

Attached attach(registry::RegistryClient& client, const oci::Descriptor& subject,
                const Attachment& attachment, const std::stop_token& stop) {
  const oci::RawManifest manifest = attachment_manifest(subject, attachment);
  return with_context(cat("attaching ", printable(attachment.type), " to ", subject.digest.str()),
                      [&] {
                        if (is_attached(client, subject.digest, manifest.descriptor.digest, stop)) {
                          return Attached{.manifest = manifest.descriptor, .was_there = true};
                        }
                        put_empty_config(client, stop);
                        put_blob(client, attachment.blob, *attachment.bytes, stop);
                        const bool took_subject = put_artifact(client, manifest, stop);
                        if (!took_subject) list_as_referrer(client, subject.digest, manifest, stop);
                        return Attached{.manifest = manifest.descriptor};
                      });
}

bool copy_artifact(registry::RegistryClient& client, const StoredArtifact& artifact,
                   Progress& progress, const std::stop_token& stop) {
  RegistryStore store(client, artifact.mount_from);
  QuietProgress quiet(progress);
  // A digest that it must have keeps it from being translated into Docker's format.
  copy_to_store(source_of_one(artifact.source, artifact.manifest), store,
                {.must_be = artifact.manifest.descriptor.digest}, quiet, stop);
  return store.took_subject();
}

Attached attach_stored(registry::RegistryClient& client, const oci::Digest& subject,
                       const StoredArtifact& artifact, Progress& progress,
                       const std::stop_token& stop) {
  const oci::RawManifest& manifest = artifact.manifest;
  if (is_attached(client, subject, manifest.descriptor.digest, stop)) {
    return {.manifest = manifest.descriptor, .was_there = true};
  }
  const bool took_subject = copy_artifact(client, artifact, progress, stop);
  if (!took_subject) list_as_referrer(client, subject, manifest, stop);
  return {.manifest = manifest.descriptor};
}

}  // namespace n2c
