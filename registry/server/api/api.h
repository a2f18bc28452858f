#pragma once
/// The OCI distribution API (distribution-spec 1.1) as a function from a request to a reply.
/// No sockets: it is tested, fuzzed and reused as it stands.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "base/system.h"
#include "registry/server/api/request.h"
#include "registry/server/store/memory_budget.h"
#include "registry/server/store/store.h"

namespace n2c::registry {

struct ApiOptions {
  bool read_only = false;  ///< refuse every change, though the registry's store could take it
  /// Accept manifests that name blobs or manifests which the repository lacks. The conformance
  /// suite calls such manifests sparse.
  bool accept_sparse = false;
  /// Sent as OCI-Chunk-Min-Length. A smaller chunk is refused unless it is the last one.
  std::optional<std::uint64_t> chunk_min_length{};
  std::size_t max_sessions = 1000;  ///< uploads in progress at once
  std::chrono::steady_clock::duration session_idle =
      std::chrono::minutes(30);  ///< a session untouched that long is dropped
  /// The bits that ids of uploads are made of: by default nobody can foretell them. Thread-safe.
  std::function<std::uint64_t()> random = random_bits;
  /// The memory for manifests that are being read, and for long replies. When none is left the
  /// reply is 503. Null: no limit. Must outlive the API.
  MemoryBudget* memory = nullptr;
  /// Told of every failure of the registry's store; the client sees a 500 only. Called from any
  /// thread.
  std::function<void(std::string_view line)> on_failure{};
};

class Sessions;
class Turnstile;

class Api {
 public:
  /// The store must outlive the API.
  explicit Api(Store& store, ApiOptions options = {});
  ~Api();

  /// Answers one request. Every outcome is a Reply; errors have the spec's JSON form. A failure of
  /// the registry's store is a 500 that does not show its text. Throws only what reading the body
  /// throws. May be called by several threads at once.
  Reply handle(Request& request);

  /// Upload sessions in progress now.
  std::size_t session_count() const;

 private:
  Store& store_;
  ApiOptions options_;
  std::unique_ptr<Sessions> sessions_;
  std::unique_ptr<Turnstile> heavy_work_;
};

}  // namespace n2c::registry
