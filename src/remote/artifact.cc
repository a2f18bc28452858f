#include "remote/artifact.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "registry/client/upload.h"

namespace n2c {

namespace {

constexpr std::string_view empty_config_json = "{}";

}  // namespace

oci::Descriptor empty_config() {
  return oci::describe("application/vnd.oci.empty.v1+json", empty_config_json);
}

void put_empty_config(registry::RegistryClient& client, const std::stop_token& stop) {
  put_blob(client, empty_config(), MemorySource{std::string(empty_config_json)}, stop);
}

void put_blob(registry::RegistryClient& client, const oci::Descriptor& blob,
              const ByteSource& bytes, const std::stop_token& stop) {
  if (client.has_blob(blob, stop)) return;
  std::atomic<std::uint64_t> sent = 0;
  client.upload(bytes, blob.media_type, blob, sent, stop);
}

std::chrono::nanoseconds settling_time(const Settling& others,
                                       std::chrono::nanoseconds from_reading_to_written,
                                       std::mt19937_64& random) {
  const auto waited = std::min(others.times * from_reading_to_written, others.longest);
  return waited + waited * static_cast<int>(random() % 64) / 64;
}

void TagGuard::see(const std::optional<oci::Digest>& held) {
  held_ = held;
  const std::optional<Refusal> refusal = std::exchange(refusal_, std::nullopt);
  if (!refusal) return;
  const bool is_changed = refusal->over != held;
  if (!refusal->why.is_conflict) {
    trust_ = is_changed ? Trust::proven : Trust::useless;
    return;
  }
  constexpr int most_conflicts = 5;
  conflicts_ = is_changed ? 0 : conflicts_ + 1;
  if (conflicts_ == most_conflicts) throw Error(refusal->why.failure);
}

}  // namespace n2c
