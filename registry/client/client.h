#pragma once
/// One repository of one registry, as a pusher and puller sees it
/// (OCI distribution-spec 1.1). The words are in registry/README.md.

#include <atomic>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/locked.h"
#include "base/stream.h"
#include "http/transport.h"
#include "oci/manifest.h"
#include "oci/reference.h"

namespace n2c::registry {

class Host;  // what all repositories of one registry share: tokens, profile, throttle, retries

struct HostCall;
struct HostReply;
struct Scope;
struct TagPage;   // tag_list.h
struct Uploaded;  // upload.h

/// What tokens are for: pull alone, pull and push, or pull, push and delete.
enum class Access { pull, push, remove };

/// What became of a manifest PUT.
struct ManifestStored {
  oci::Digest digest;
  std::vector<std::string> tags{};  ///< that the registry says it set, of several asked for
  /// It says that it lists the manifest as a referrer of its subject (OCI-Subject).
  bool took_subject = false;
};
/// The registry says that it lacks these blobs, or images of an index, though it was to have them.
struct BlobsMissing {
  std::vector<oci::Digest> digests;  ///< empty when the registry named none
};
/// The registry does not take this media type (415, MANIFEST_INVALID, UNSUPPORTED).
struct FormatRefused {
  std::string why;
};
using ManifestPut = std::variant<ManifestStored, BlobsMissing, FormatRefused>;

/// Why a PUT with a condition did not take place.
struct NotPut {
  /// 409: another request was in the way. Else 412: the condition does not hold.
  bool is_conflict = false;
  Error failure;  ///< the request, the status and the registry's words
};

/// A tag as it was read.
struct ReadTag {
  std::optional<oci::RawManifest> manifest{};  ///< nothing: there is no such tag
  /// What makes a PUT one that happens only while the tag is still so: If-Match with the entity
  /// tag, or else the digest, that the registry named; If-None-Match for a tag that is not there
  /// (RFC 9110 §13.1). Empty where it named neither.
  http::Headers unless_changed{};
};

/// Thread-safe. Every call retries by the host's policy, renews tokens, and throws Error that
/// names the request, the status and the registry's own words.
class RegistryClient {
 public:
  RegistryClient(std::shared_ptr<Host> host, oci::Repository repository,
                 Access access = Access::push);
  /// Cancels the sessions that refused mounts left open and no upload used.
  ~RegistryClient();

  const oci::Repository& repository() const { return repository_; }
  /// The one that its registry's retries wait by.
  Clock& clock() const;

  /// Asks by HEAD. Anything but a clear 200 is "no", 403 and 405 too (docs/field-guide.md 2.2). A
  /// fault that does not pass (5xx, 429 …) is neither: it throws.
  bool has_blob(const oci::Descriptor& blob, std::stop_token stop);
  /// Asks for a mount, by POST ?mount=&from=. Returns false for every refusal and every failure but
  /// Error{cancelled}: a mount saves time and no more. A failure is noted. After a failure, or
  /// three refusals and no mount that took place, that repository is not asked again. When the
  /// registry opens a session in its place, an upload() uses that, this blob's if it comes.
  bool mount(const oci::Descriptor& blob, const oci::Repository& from, std::stop_token stop);
  /// Sends the bytes of `source`. With `known` the registry checks them against it; without, digest
  /// and size are found while they are sent. `source` is opened anew for every try. Returns the
  /// descriptor, with the given media type. A known blob that another repository of the registry
  /// has is mounted where the registry does so unasked for a source (POST ?mount= without from),
  /// but for one that this client was told is there, or has uploaded: that is sent.
  Uploaded upload(const ByteSource& source, std::string media_type,
                  std::optional<oci::Descriptor> known, std::atomic<std::uint64_t>& sent,
                  std::stop_token stop);
  /// A blob's bytes, verified while they are read. A cut connection is resumed by Range.
  std::unique_ptr<Reader> open_blob(const oci::Descriptor& blob, std::stop_token stop);
  /// The same where only the digest is known.
  std::unique_ptr<Reader> open_blob(const oci::Digest& digest, std::stop_token stop);

  /// A manifest. Nothing when the registry has no such tag or digest. When asked for by digest it
  /// is verified.
  std::optional<oci::RawManifest> get_manifest(std::string_view tag_or_digest,
                                               std::stop_token stop);
  /// The same of a tag that is to be changed.
  ReadTag read_tag(std::string_view tag, std::stop_token stop);
  /// The descriptor alone, by HEAD. Nothing where it is refused. Throws for a fault that does not
  /// pass.
  std::optional<oci::Descriptor> head_manifest(std::string_view tag_or_digest,
                                               std::stop_token stop);
  /// One page of the repository's tags: those after `last`, or the first; at most a thousand, in
  /// the registry's order. Nothing when it has no such repository. One try. Throws Error when the
  /// registry refuses.
  std::optional<TagPage> get_tag_page(std::string_view last, std::stop_token stop);
  /// All tags, as list_tags() in tag_list.h.
  std::optional<std::vector<std::string>> list_tags(std::stop_token stop);
  /// What refers to the manifest, as list_referrers() in tag_list.h.
  std::optional<std::vector<oci::Descriptor>> list_referrers(const oci::Digest& subject,
                                                             std::stop_token stop);
  /// Removes a manifest, and so all tags that name it. False when the registry has none. Throws
  /// Error{registry} where it removes nothing.
  bool delete_manifest(const oci::Digest& digest, std::stop_token stop);
  /// Puts a manifest. A tag that may not be overwritten is success where it holds these bytes
  /// already, and one sentence where it holds others (Error{registry}).
  ManifestPut put_manifest(std::string_view tag_or_digest, std::string_view media_type,
                           std::string_view json, std::stop_token stop);
  /// Puts a manifest unless the tag was changed since it was read. A 412 or 409 is not followed by
  /// any other request: who asks has to read again. Most registries know no such condition and put
  /// it; where one plainly does not take it (400, 405, 501), it is put without, as by
  /// put_manifest(), and who asks has to read it back. Any other refusal is as of put_manifest().
  std::expected<ManifestPut, NotPut> put_unless_changed(std::string_view tag,
                                                        const oci::RawManifest& manifest,
                                                        const http::Headers& unless_changed,
                                                        std::stop_token stop);
  /// Puts a manifest by digest and asks for all the tags in the same request (PUT ?tag=&tag=).
  /// Those that the reply does not name are to be put one by one. Nothing where the host is known
  /// to take no tags so, or refuses.
  std::optional<ManifestPut> put_tagged(const oci::Descriptor& manifest, std::string_view json,
                                        std::span<const std::string> tags, std::stop_token stop);

 private:
  Scope scope() const;
  bool mount_by(const HostCall& call, const oci::Digest& digest, std::stop_token stop);
  HostCall manifest_put(const http::Url& url, std::string_view media_type,
                        const http::Body& body) const;
  struct Held {
    oci::Digest digest;
    std::string media_type;
  };
  std::optional<Held> held_under(std::string_view tag, std::stop_token stop);
  ManifestPut refused_put(const HostCall& call, const HostReply& reply, std::string_view tag,
                          const oci::Descriptor& manifest, const std::stop_token& stop);
  bool is_known_now(const oci::Digest& digest);
  std::optional<http::Url> take_session(const std::optional<oci::Descriptor>& blob);
  /// What asking a repository for mounts came to.
  struct MountTally {
    int refused = 0;
    bool took_place = false, failed = false;
    bool is_worth_asking() const { return !failed && (took_place || refused < 3); }
  };

  std::shared_ptr<Host> host_;
  oci::Repository repository_;
  Access access_;
  struct OpenSession {
    oci::Digest digest;
    http::Url url;
  };
  Locked<std::vector<OpenSession>> sessions_;  ///< opened by refused mounts, for whatever blob
  Locked<std::set<oci::Digest>> said_to_be_there_;
  Locked<std::map<std::string, MountTally>> mounts_;  ///< by the repository to mount from
};

}  // namespace n2c::registry
