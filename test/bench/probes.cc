/// How long a push asks about 500 layers that are all there, when every request is answered
/// after 50 ms: the questions go side by side. Prints it beside the time of one request alone.

#include <chrono>
#include <cstdio>

#include "base/text.h"
#include "registry/server/api/api.h"
#include "registry/server/net/server.h"
#include "registry/server/store/memory_store.h"
#include "remote/registry_push.h"
#include "test/support/silent_progress.h"

using namespace n2c;
using namespace std::chrono_literals;

namespace {

Image image_of(std::size_t layers) {
  Image image{.config_json = "{}", .platform = {}, .layers = {}};
  for (std::size_t i = 0; i < layers; ++i) {
    const std::string bytes = cat("layer ", i);
    const auto digest = oci::Digest::of(bytes);
    image.layers.push_back(
        {.diff_id = digest,
         .blob = {{std::string(oci::media_type::layer_tar), digest, bytes.size()},
                  std::make_shared<MemorySource>(bytes)}});
  }
  return image;
}

template <class Work>
double seconds_of(Work&& work) {
  const auto began = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

RegistryPush push_to(const std::string& reference) {
  RegistryPush push{.to =
                        or_throw(oci::Reference::parse(reference), ErrorKind::usage, "reference")};
  push.options.compression.codec = Codec::none;
  push.reuse = false;  // else the tag itself would tell that all is there
  return push;
}

}  // namespace

int main() {
  registry::MemoryStore store;
  registry::Api api(store);
  std::atomic<bool> slow = false;
  registry::Server server(api, {}, [&](const registry::Request&) {
    return slow ? std::optional(registry::Verdict{.delay = 50ms}) : std::nullopt;
  });
  const std::string host = cat("127.0.0.1:", server.port());
  const Image image = image_of(500);
  test::SilentProgress progress;
  push_to_registry(image, *std::make_unique<Registries>(RegistryOptions{}),
                   push_to(host + "/app:1"), progress, {});
  slow = true;
  const double many = seconds_of([&] {
    Registries registries({});
    const auto report = push_to_registry(image, registries, push_to(host + "/app:1"), progress, {});
    if (report.count(BlobOutcome::present) != 500)
      throw Error(ErrorKind::internal, "not all there");
  });
  const double one = seconds_of([&] {
    Registries registries({});
    registries.client({host, "app"}).head_manifest("1", {});
  });
  std::printf("500 layers %.3f s, one request %.3f s, ratio %.1f\n", many, one, many / one);
}
