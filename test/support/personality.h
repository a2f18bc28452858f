#pragma once
/// The habits of registries in the field, as data: each line names who reported it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace n2c::test {

enum class Login { none, basic, bearer };
/// What POST ?mount=&from= comes to.
enum class Mounting { works, opens_session, denied };
/// What the list of referrers comes to: as the spec has it, 404, or 303 to a page that is 404.
enum class ReferrersApi { works, absent, led_away };
/// The shape of an upload session's Location.
enum class LocationShape { path, absolute, with_state };

struct Personality {
  std::string registry = "plain";
  Login login = Login::none;
  int token_uses = 0;  ///< requests that a token is good for; 0: all

  LocationShape location = LocationShape::path;
  int patch_status = 202;          ///< a chunk that was taken
  bool stale_range = false;        ///< replies name the first chunk's Range for ever
  bool range_per_chunk = false;    ///< replies name the last chunk's own range
  bool no_session_status = false;  ///< GET of a session is 404
  bool bare_range_only = false;    ///< Content-Range with "bytes" is 416
  bool empty_close = false;        ///< a PUT with bytes is 404
  bool upload_redirect = false;    ///< POST is led to a percent-encoded path by 307
  std::uint64_t least_chunk = 0;   ///< smaller ones, but for the last, are 400
  std::uint64_t body_limit = 0;    ///< a request's body; 413 past it
  std::uint64_t patch_limit = 0;   ///< the same for PATCH alone
  bool html_errors = false;        ///< 413 comes from a proxy, as a page

  int absent_head = 404;         ///< HEAD of a blob that is not there
  bool blobs_elsewhere = false;  ///< GET and HEAD of blobs are led to storage by 307
  Mounting mounting = Mounting::works;
  bool one_scope = false;  ///< a token is for the first scope asked
  /// What POST ?mount= without from comes to.
  Mounting mounting_anywhere = Mounting::works;
  bool no_whole_post = false;  ///< POST ?digest= with bytes opens a session and drops them

  bool immutable_tags = false;
  bool oci_only = false;   ///< Docker's media types are 415
  int busy_manifests = 0;  ///< manifest PUTs that are answered 429 first
  int edge_every = 0;      ///< each so manieth request fails at what stands before it; 0: none
  bool challenges_at_base = false;  ///< a 401 says how to log in at /v2/ alone
  bool no_digests = false;          ///< no reply has Docker-Content-Digest
  ReferrersApi referrers = ReferrersApi::works;
  bool dashed_digests = false;  ///< the tag sha256-HEX is read as the digest sha256:HEX
  bool cookies_upset = false;   ///< sets a cookie, and refuses to get it back
};

Personality ecr();
Personality ghcr();
Personality gitlab();
Personality harbor();
Personality artifactory();
Personality quay();
Personality acr();
Personality gar();
Personality docker_hub();
Personality zot();
Personality cloudflare();
Personality aliyun();
/// A registry behind a content delivery network.
Personality behind_cdn();
/// One that challenges at /v2/ alone.
Personality base_challenger();
/// One with immutable tags that names no digest.
Personality silent_immutable();

/// Whether the query of a POST that opens an upload counts. Otherwise a session is all it opens.
bool reads_query(const Personality& personality, std::string_view target);

/// What a request meets before the registry, the n-th from 1: a status, 0 where the connection is
/// closed without a word, or nothing.
std::optional<int> edge_status(const Personality& personality, std::size_t n);

std::vector<Personality> all_personalities();

}  // namespace n2c::test
