#include "test/support/personality.h"

#include <array>

namespace n2c::test {

Personality ecr() {
  return {
      .registry = "ECR",
      .login = Login::basic,                // rules_img docs/registry-support.md
      .patch_status = 201,                  // sdk-container-builds#279, tart#273, kitops#821
      .stale_range = true,                  // containers-roadmap#2831
      .no_session_status = true,            // dotnet/sdk#33019 (ECR Public)
      .least_chunk = 1 << 10,               // 5 MB: sdk-container-builds#424
      .mounting = Mounting::opens_session,  // containers-roadmap#2860, #1459
      .mounting_anywhere = Mounting::opens_session,
      .immutable_tags = true,  // containers-roadmap#2380, #2179
  };
}

Personality ghcr() {
  return {
      .registry = "GHCR",
      .login = Login::bearer,
      .upload_redirect = true,              // argsh#135
      .patch_limit = 100 << 10,             // 4 MiB: ocx#237, rust-oci-client#37
      .referrers = ReferrersApi::led_away,  // artifacthub#4785
  };
}

Personality gitlab() {
  return {
      .registry = "GitLab",
      .login = Login::bearer,
      .token_uses = 7,  // they live 5 minutes: moby#33558
      .location = LocationShape::with_state,
      .blobs_elsewhere = true,                       // distribution#2296, oras#923
      .mounting = Mounting::denied,                  // ggcr#220
      .mounting_anywhere = Mounting::opens_session,  // distribution wants from
      .no_whole_post = true,
      .referrers = ReferrersApi::absent,
      .dashed_digests = true,  // oras-go#1396
  };
}

Personality harbor() {
  return {
      .registry = "Harbor",
      .login = Login::bearer,
      .token_uses = 12,                              // harbor#18860, #20687
      .absent_head = 401,                            // harbor#22363
      .mounting = Mounting::opens_session,           // harbor#22863, oras#1924
      .mounting_anywhere = Mounting::opens_session,  // distribution wants from
      .no_whole_post = true,
      .cookies_upset = true,  // dotnet/sdk#33019
  };
}

Personality artifactory() {
  return {
      .registry = "Artifactory",
      .login = Login::basic,
      .empty_close = true,           // containerd#3533, buildkit#1130
      .absent_head = 403,            // ggcr#1691
      .mounting = Mounting::denied,  // rules_img docs/registry-support.md
  };
}

Personality quay() {
  return {
      .registry = "Quay",
      .login = Login::bearer,
      .location = LocationShape::absolute,    // distribution#1088
      .mounting_anywhere = Mounting::denied,  // its start of an upload wants from beside mount
      .busy_manifests = 1,                    // without Retry-After: rules_img
  };
}

Personality acr() {
  return {
      .registry = "ACR",
      .login = Login::bearer,
      .location = LocationShape::with_state,  // distribution-spec#415: the latest one counts
      .bare_range_only = true,                // sdk-container-builds#258
      .blobs_elsewhere = true,                // Azure/acr#217
      .busy_manifests = 2,                    // acr#214
  };
}

Personality gar() {
  return {
      .registry = "GAR",
      .login = Login::bearer,
      .location = LocationShape::absolute,
  };
}

Personality docker_hub() {
  return {
      .registry = "Docker Hub",
      .login = Login::bearer,
      .token_uses = 20,  // buildx#324
      .location = LocationShape::with_state,
      .one_scope = true,                             // hub-feedback#2215
      .mounting_anywhere = Mounting::opens_session,  // distribution wants from
      .no_whole_post = true,
  };
}

Personality zot() {
  return {
      .registry = "zot",
      .login = Login::basic,
      .oci_only = true,  // imgpkg#621, ocm#3419
  };
}

Personality cloudflare() {
  return {
      .registry = "Cloudflare",
      .login = Login::basic,
      .body_limit = 300 << 10,  // 100 MB: docker-gitlab#2819, serverless-registry#67
      .html_errors = true,      // https-portal#100
  };
}

Personality aliyun() {
  return {
      .registry = "Aliyun",
      .login = Login::bearer,
      .range_per_chunk = true,  // regclient#627
  };
}

Personality behind_cdn() {
  return {
      .registry = "a CDN in front",
      .login = Login::bearer,
      .html_errors = true,
      // More than a layer in three chunks takes, or the same one would fail for ever.
      .edge_every = 7,  // 499, 520, 522, 524 and closes without a word
  };
}

Personality base_challenger() {
  return {
      .registry = "challenges at /v2/ alone",
      .login = Login::bearer,
      .challenges_at_base = true,
  };
}

Personality silent_immutable() {
  return {
      .registry = "immutable, without digests",
      .login = Login::basic,
      .immutable_tags = true,
      .no_digests = true,
  };
}

bool reads_query(const Personality& personality, std::string_view target) {
  if (target.contains("mount=")) {
    const bool is_sourceless = !target.contains("from=");
    const Mounting mounting = is_sourceless ? personality.mounting_anywhere : personality.mounting;
    return mounting != Mounting::opens_session;
  }
  return !personality.no_whole_post || !target.contains("digest=");
}

std::optional<int> edge_status(const Personality& personality, std::size_t n) {
  const auto every = static_cast<std::size_t>(personality.edge_every);
  if (every == 0 || n % every != 0) return std::nullopt;
  constexpr std::array statuses{499, 520, 0, 522, 524};
  return statuses[n / every % statuses.size()];
}

std::vector<Personality> all_personalities() {
  return {Personality{},
          ecr(),
          ghcr(),
          gitlab(),
          harbor(),
          artifactory(),
          quay(),
          acr(),
          gar(),
          docker_hub(),
          zot(),
          cloudflare(),
          aliyun(),
          behind_cdn(),
          base_challenger(),
          silent_immutable()};
}

}  // namespace n2c::test
