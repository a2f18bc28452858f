#pragma once
/// A registry on loopback that misbehaves as it is told: the server of registry/server, a
/// personality around it, and faults for single requests.
///
///     FaultyRegistry registry;
///     registry.when("PATCH|PUT", "/blobs/uploads/").nth(1).cut_after(5 << 20);

#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/locked.h"
#include "registry/server/api/api.h"
#include "registry/server/net/server.h"
#include "registry/server/store/memory_store.h"
#include "test/support/personality.h"
#include "test/support/token_server.h"

namespace n2c::test {

/// What happens to some requests. Set up before the requests come.
class Fault {
 public:
  Fault(std::string methods, std::string part)
      : methods_(std::move(methods)), part_(std::move(part)) {}

  Fault& nth(int which) { return first_ = which, *this; }  ///< from 1; the first by default
  Fault& times(int count) { return times_ = count, *this; }
  /// Instead of handling it.
  Fault& answer(int status, std::string body = {}, registry::HeaderMap headers = {});
  /// Close the connection after so many bytes of the request's body.
  Fault& cut_after(std::uint64_t bytes);
  /// Handle it, and close the connection instead of answering.
  Fault& cut_reply();
  /// Close the connection after so many bytes of the reply's body.
  Fault& cut_reply_after(std::uint64_t bytes);
  /// Nothing moves for so long.
  Fault& stall(std::chrono::milliseconds how_long);
  /// Changes the reply on its way.
  Fault& amend(std::function<void(registry::Reply&)> change);

 private:
  friend class FaultyRegistry;
  bool fits(const registry::Request& request) const;

  std::string methods_, part_;
  int first_ = 1, times_ = 1, seen_ = 0;
  bool cuts_ = false;
  std::function<registry::Verdict()> verdict_ = [] { return registry::Verdict{}; };
};

/// A request as it arrived.
struct Arrival {
  std::string line;  ///< "PUT /v2/app/manifests/1"
  registry::HeaderMap headers;
};

/// Thread-safe once set up.
class FaultyRegistry {
 public:
  explicit FaultyRegistry(Personality personality = {},
                          std::optional<registry::TlsIdentity> tls = {});
  ~FaultyRegistry();

  Fault& when(std::string methods, std::string part);
  /// Every request fails with this chance: resets, 500, 502, 429 and stalls of `stall`.
  void fail_at_random(double chance, std::uint64_t seed, std::chrono::milliseconds stall);
  /// The connection of the n-th request (from 1) is cut: before it is handled, or its reply.
  void cut_request(int n, bool after_handling);

  std::string host() const;
  registry::MemoryStore& store() { return store_; }
  TokenServer& tokens() { return *tokens_; }
  const Personality& personality() const { return personality_; }

  std::vector<Arrival> arrivals() const;
  /// What reached the storage behind blobs_elsewhere.
  std::vector<Arrival> storage_arrivals() const;
  /// How many request lines begin so.
  std::size_t requests(std::string_view line_start) const;
  /// Sessions that were sent bytes after a request into them was cut, without being asked where
  /// they stand: their blob would hold bytes twice.
  std::vector<std::string> sessions_used_twice() const;

  /// The bytes of a blob; "" when the repository has none such.
  std::string blob(const std::string& repository, const oci::Digest& digest);

 private:
  struct Log {
    std::vector<Arrival> arrivals, storage;
    std::set<std::string> doubtful, used_twice;
    std::map<std::string, int> states;          ///< of with_state locations, by path
    std::map<std::string, std::string> ranges;  ///< the first Range of each session
    int busy = 0;
    int cut_at = 0;
    bool cut_after_handling = false;
    double chance = 0;
    std::chrono::milliseconds stall{0};
    std::mt19937_64 random;
  };

  std::optional<registry::Verdict> intercept(const registry::Request& request);
  std::optional<registry::Verdict> random_fault(Log& log);
  registry::Reply handle(registry::Request& request);
  std::optional<registry::Reply> refuse_login(const registry::Request& request);
  std::optional<registry::Reply> refuse(const registry::Request& request);
  std::optional<registry::Reply> refuse_upload(const registry::Request& request);
  registry::Reply handle_limited(registry::Request& request);
  void dress(const registry::Request& request, registry::Reply& reply);
  registry::Reply serve_storage(registry::Request& request);

  const Personality personality_;
  registry::MemoryStore store_;
  registry::Api api_;
  std::unique_ptr<TokenServer> tokens_;
  std::list<Fault> faults_;
  mutable Locked<Log> log_;
  bool tls_;
  std::unique_ptr<registry::Server> storage_;
  std::unique_ptr<registry::Server> server_;
};

}  // namespace n2c::test
