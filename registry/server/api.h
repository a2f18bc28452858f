#pragma once
/// The OCI distribution API (distribution-spec 1.1) as a function from a request to a reply.
/// No sockets: it is tested, fuzzed and reused as it stands.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "registry/server/exchange.h"
#include "registry/server/memory_budget.h"
#include "registry/server/store.h"

namespace n2c::registry {

struct ApiOptions {
  bool read_only = false;  ///< refuse every change, though the store could take it
  /// Accept manifests that name blobs or manifests the repository lacks. The conformance
  /// suite calls such manifests sparse.
  bool accept_sparse = false;
  /// Sent as OCI-Chunk-Min-Length; smaller chunks, but for the last one, are refused.
  std::optional<std::uint64_t> chunk_min_length{};
  std::size_t max_sessions = 1000;  ///< uploads in progress at once
  std::chrono::steady_clock::duration session_idle =
      std::chrono::minutes(30);  ///< a session untouched that long is dropped
  /// Where manifests that are being read and long replies take their memory from; 503 when there
  /// is none left. Null: no limit. Must outlive the API.
  MemoryBudget* memory = nullptr;
  /// Told of every failure of the store, which the client only sees as a 500. Any thread.
  std::function<void(std::string_view line)> on_failure{};
};

class Sessions;

class Api {
 public:
  /// The store must outlive the API.
  explicit Api(Store& store, ApiOptions options = {});
  ~Api();

  /// Answers one request. Every outcome is a Reply, errors in the spec's JSON form; a failure
  /// of the store is 500 and its text is not shown. Throws only what reading the body throws.
  /// Any thread, several at once.
  Reply handle(Exchange& exchange);

  /// Upload sessions in progress now.
  std::size_t session_count() const;

 private:
  Store& store_;
  ApiOptions options_;
  std::unique_ptr<Sessions> sessions_;
};

}  // namespace n2c::registry
