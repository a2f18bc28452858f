#pragma once
/// Upload sessions: blobs that arrive in one or more requests.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/hash.h"
#include "base/locked.h"
#include "base/stream.h"
#include "oci/digest.h"
#include "registry/server/store/store.h"

namespace n2c::registry {

/// A blob so far: bytes staged in the registry's store, hashed as they pass. One thread at a time.
class Session final : public Writer {
 public:
  Session(std::string id, std::unique_ptr<StagedBlob> bytes, HashAlgorithm algorithm)
      : id_(std::move(id)), bytes_(std::move(bytes)), hash_(algorithm), algorithm_(algorithm) {}

  const std::string& id() const { return id_; }
  std::uint64_t size() const { return size_; }
  /// When it throws, the session cannot go on.
  void write(ByteView bytes) override;
  /// Whether a write failed. Some of its bytes may have been staged, and nobody knows how many.
  bool is_broken() const { return is_broken_; }
  /// The digest of all bytes, in that algorithm. Reads them again when they were hashed in the
  /// other one. Nothing can be written afterwards.
  oci::Digest finish(HashAlgorithm algorithm);
  std::unique_ptr<StagedBlob> take_bytes() { return std::move(bytes_); }
  /// To be called when a request is done with it.
  void rest() noexcept {
    if (bytes_) bytes_->rest();
  }

  bool had_short_chunk = false;  ///< a chunk below OCI-Chunk-Min-Length came: it was the last

 private:
  std::string id_;
  std::unique_ptr<StagedBlob> bytes_;
  Hash hash_;
  HashAlgorithm algorithm_;
  std::uint64_t size_ = 0;
  bool is_broken_ = false;
};

/// The sessions in progress. Thread-safe. A session is used by one request at a time.
class Sessions {
 public:
  using Clock = std::chrono::steady_clock;
  /// `random`: what ids are made of.
  Sessions(std::size_t limit, Clock::duration idle, std::function<std::uint64_t()> random)
      : limit_(limit), idle_(idle), random_(std::move(random)) {}

  /// The use of one session. It is given back at the end of the lease, unless end() was called. A
  /// broken one ends then, so that its bytes take no room any more.
  class Lease {
   public:
    Lease(Sessions& owner, std::unique_ptr<Session> session)
        : owner_(&owner), session_(std::move(session)) {}
    ~Lease();
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    Session& operator*() const { return *session_; }
    Session* operator->() const { return session_.get(); }
    /// Ends the session. It is unknown from now on.
    void end();

   private:
    Sessions* owner_;
    std::unique_ptr<Session> session_;
  };
  struct Busy {};     ///< another request is using it
  struct Unknown {};  ///< no such session in this repository

  /// A new session. When there are as many as there may be, it takes the place of the empty one
  /// that has been untouched for longest; else of the one with bytes that has been, if that is at
  /// least 10 s. Nothing when there is neither.
  std::optional<Lease> begin(const std::string& repository, std::unique_ptr<StagedBlob> bytes,
                             HashAlgorithm algorithm);
  std::variant<Lease, Busy, Unknown> take(const std::string& repository, const std::string& id);
  /// Forgets a session, even while a request uses it. Returns false when there is none.
  bool cancel(const std::string& repository, const std::string& id);
  std::size_t count();

 private:
  struct Entry {
    std::string repository;
    std::unique_ptr<Session> session;  // null while leased
    Clock::time_point used;
  };
  using Entries = std::map<std::string, Entry>;

  void give_back(std::unique_ptr<Session> session);
  void drop_idle(Entries& entries) const;
  static bool drop_least_used(Entries& entries);

  std::size_t limit_;
  Clock::duration idle_;
  std::function<std::uint64_t()> random_;
  Locked<Entries> entries_;
};

}  // namespace n2c::registry
