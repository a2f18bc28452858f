#include "registry/server/store/memory_budget.h"

#include <unistd.h>

#include <algorithm>

namespace n2c::registry {

MemoryBudget::Share::~Share() {
  if (owner_ != nullptr) owner_->used_ -= bytes_;
}

bool MemoryBudget::Share::grow(std::uint64_t bytes) {
  if (owner_ == nullptr) return true;
  std::uint64_t used = owner_->used_;
  do {
    if (bytes > owner_->limit_ - std::min(used, owner_->limit_)) return false;
  } while (!owner_->used_.compare_exchange_weak(used, used + bytes));
  bytes_ += bytes;
  return true;
}

void MemoryBudget::Share::shrink(std::uint64_t bytes) {
  bytes_ -= bytes;
  if (owner_ != nullptr) owner_->used_ -= bytes;
}

bool MemoryBudget::Share::grow_if_ample(std::uint64_t bytes) {
  if (owner_ != nullptr && owner_->used() + bytes > owner_->limit() / 2) return false;
  return grow(bytes);
}

std::uint64_t MemoryBudget::usual_limit() {
  constexpr std::uint64_t least = 256 << 20;
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page = ::sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page <= 0) return least;
  return std::max(least, static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page) / 2);
}

}  // namespace n2c::registry
