#pragma once
/// Limits the memory that a server uses for what clients make it hold.

#include <atomic>
#include <cstdint>
#include <exception>
#include <utility>

namespace n2c::registry {

/// Thrown when there is no room for more. The client gets 507, and can delete something or give up.
class StoreFull final : public std::exception {
 public:
  const char* what() const noexcept override { return "the registry's memory is full"; }
};

/// Bytes that are handed out up to a limit. Thread-safe; must outlive its shares.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::uint64_t limit) : limit_(limit) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  /// A part of the budget, which is given back at the end of its life. One thread at a time.
  class Share {
   public:
    Share() = default;
    explicit Share(MemoryBudget* owner) : owner_(owner) {}
    ~Share();
    Share(Share&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Share& operator=(Share&& other) noexcept {
      std::swap(owner_, other.owner_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    /// Takes more. When the limit would be passed it takes nothing and returns false. A share
    /// without an owner has no limit.
    bool grow(std::uint64_t bytes);
    /// The same for what can be done without: half of the limit stays free.
    bool grow_if_ample(std::uint64_t bytes);
    /// Gives back a part of what it took.
    void shrink(std::uint64_t bytes);
    std::uint64_t bytes() const { return bytes_; }

   private:
    MemoryBudget* owner_ = nullptr;
    std::uint64_t bytes_ = 0;
  };

  std::uint64_t used() const { return used_; }
  std::uint64_t limit() const { return limit_; }

  /// Half of this machine's memory, at least 256 MiB.
  static std::uint64_t usual_limit();

 private:
  const std::uint64_t limit_;
  std::atomic<std::uint64_t> used_ = 0;
};

}  // namespace n2c::registry
