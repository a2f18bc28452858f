#include "cli/line/examples.h"

#include <algorithm>
#include <array>

namespace n2c::cli {

namespace {

struct Examples {
  std::string_view command;
  std::array<std::string_view, 3> lines;
};

constexpr std::array all_examples = std::to_array<Examples>({
    {"attach",
     {"n2c attach ghcr.io/acme/app:1 report.json --type application/vnd.acme.report+json"}},
    {"cache", {"n2c cache", "n2c cache clear"}},
    {"completion",
     {"source <(n2c completion bash)", "n2c completion fish | source",
      "n2c completion zsh >~/.zsh/completions/_n2c"}},
    {"config", {"n2c config", "n2c config ghcr.io", "N2C_COMPRESSION=zstd n2c config"}},
    {"copy",
     {"n2c copy ghcr.io/acme/app:1 registry.example/app:1",
      "n2c copy docker.io/library/debian:12 oci:debian:12 --platform linux/arm64",
      "n2c copy ./result docker-archive:app.tar:app:1"}},
    {"delete", {"n2c delete registry.example/app:1"}},
    {"diff", {"n2c diff ghcr.io/acme/app:1 ./result", "n2c diff ./old.json ./new.json --json"}},
    {"digest", {"n2c digest ./result", "n2c digest ghcr.io/acme/app:1"}},
    {"image",
     {"n2c image image.json config.json layers.json",
      "n2c image image.json config.json app.json --from-image debian.json --merge-base-config"}},
    {"image-from-dir", {"n2c image-from-dir debian.json ./debian"}},
    {"image-from-dockertools", {"n2c image-from-dockertools conf.json image.json"}},
    {"image-from-manifest", {"n2c image-from-manifest base.json manifest.json blobs.json"}},
    {"index",
     {"n2c index ./result-amd64 ./result-arm64 ghcr.io/acme/app:1",
      "n2c index linux/arm/v7=./arm.json ./amd64.json oci:app:1"}},
    {"inspect",
     {"n2c inspect ./result", "n2c inspect ghcr.io/acme/app:1 --json",
      "n2c inspect ghcr.io/acme/app:1 --format '{{.Digest}}'"}},
    {"layers-from-non-reproducible-storepaths",
     {"n2c layers-from-non-reproducible-storepaths layers.json graph.json --tar-directory ."}},
    {"layers-from-reproducible-storepaths",
     {"n2c layers-from-reproducible-storepaths layers.json graph.json --max-layers 100",
      "n2c layers-from-reproducible-storepaths app.json graph.json base-layers.json"}},
    {"load",
     {"n2c load ./result app:1", "n2c load ./result app:1 --engine podman",
      "docker save app:1 | n2c load docker-archive:- app:2 --engine containerd"}},
    {"login",
     {"n2c login ghcr.io --username acme",
      "n2c login ghcr.io --username acme --password-stdin <token.txt"}},
    {"logout", {"n2c logout ghcr.io"}},
    {"provenance",
     {"n2c provenance ./result --flake-metadata flake.json --closure-graph graph.json",
      "n2c provenance ghcr.io/acme/app:1 --predicate -o predicate.json"}},
    {"pull",
     {"n2c pull docker.io/library/debian:12 ./debian", "n2c pull ghcr.io/acme/app:1 - --manifest"}},
    {"push",
     {"n2c push ./result ghcr.io/acme/app:1", "n2c push ./result ghcr.io/acme/app:1 -t latest -n",
      "n2c push ./result registry.example/app:1 --compression zstd"}},
    {"referrers",
     {"n2c referrers ghcr.io/acme/app:1",
      "n2c referrers ghcr.io/acme/app:1 --type application/vnd.cyclonedx+json --json"}},
    {"sbom",
     {"n2c sbom ./result -o app.cdx.json", "n2c sbom ghcr.io/acme/app:1 --format spdx",
      "n2c sbom ./result --closure-graph graph.json --package-info packages.json"}},
    {"serve",
     {"n2c serve", "n2c serve --root ./images --listen 127.0.0.1:5000",
      "n2c serve --image app:1=./result --port-file port"}},
    {"tag", {"n2c tag ghcr.io/acme/app:1.4.2 1.4 latest"}},
    {"tags", {"n2c tags ghcr.io/acme/app"}},
    {"verify",
     {"n2c verify ./result", "n2c verify ./result ghcr.io/acme/app:1",
      "n2c verify ./result ghcr.io/acme/app:1 --deep"}},
});

}  // namespace

std::span<const std::string_view> examples_of(std::string_view command) {
  const auto found = std::ranges::find(all_examples, command, &Examples::command);
  if (found == all_examples.end()) return {};
  const auto end = std::ranges::find(found->lines, std::string_view());
  return {found->lines.begin(), end};
}

}  // namespace n2c::cli
