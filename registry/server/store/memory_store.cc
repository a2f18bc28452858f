#include "registry/server/store/memory_store.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/error.h"
#include "base/system.h"

namespace n2c::registry {

/// Memory of that size: pages of its own where it is not small, so that what is given back is the
/// system's again.
class MemoryBlock {
 public:
  explicit MemoryBlock(std::size_t size) : size_(size) {
    if (size >= own_pages_from) map();
    if (bytes_ == nullptr) bytes_ = static_cast<std::byte*>(std::malloc(size));
    if (bytes_ == nullptr) throw std::bad_alloc();
  }
  ~MemoryBlock() { is_mapped_ ? void(::munmap(bytes_, size_)) : std::free(bytes_); }
  MemoryBlock(MemoryBlock&& other) noexcept
      : bytes_(std::exchange(other.bytes_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        is_mapped_(std::exchange(other.is_mapped_, false)) {}
  MemoryBlock& operator=(MemoryBlock&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    std::swap(is_mapped_, other.is_mapped_);
    return *this;
  }

  std::byte* get() const { return bytes_; }
  std::size_t size() const { return size_; }

  /// Gives back what lies behind the first `used` bytes, which is at least one.
  void trim(std::size_t used) {
    if (!is_mapped_) {
      MemoryBlock exact(used);
      std::memcpy(exact.get(), bytes_, used);
      std::swap(*this, exact);
      return;
    }
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t kept = (used + page - 1) / page * page;
    if (kept < size_ && ::munmap(bytes_ + kept, size_ - kept) == 0) size_ = kept;
  }

  static constexpr std::size_t huge_page = 2 << 20;

 private:
  static constexpr std::size_t own_pages_from = 64 << 10;

  /// Large ones begin where a huge page does.
  void map() {
    const std::size_t more = size_ >= huge_page ? huge_page : 0;
    void* const at =
        ::mmap(nullptr, size_ + more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) return;
    bytes_ = static_cast<std::byte*>(at);
    is_mapped_ = true;
    if (more == 0) return;
    const std::size_t over = reinterpret_cast<std::uintptr_t>(at) % huge_page;
    const std::size_t before = over == 0 ? 0 : huge_page - over;
    if (before != 0) ::munmap(bytes_, before);
    bytes_ += before;
    if (more != before) ::munmap(bytes_ + size_, more - before);
    prefer_large_pages(bytes_, size_);
  }

  std::byte* bytes_ = nullptr;
  std::size_t size_ = 0;
  bool is_mapped_ = false;
};

/// Blocks that double up to a size. So growing copies nothing, and while a blob comes it takes no
/// more than twice its bytes; when it is whole, what its last block has too much is given back. The
/// largest blocks ask for huge pages: receiving a gigabyte costs 500 page faults instead of
/// 260 000.
class MemoryBlob {
 public:
  explicit MemoryBlob(MemoryBudget* budget) : share_(budget) {}
  std::uint64_t size() const { return size_; }

  void append(ByteView bytes) {
    while (!bytes.empty()) {
      const Place place = place_of(size_);
      if (place.block == blocks_.size()) add_block(place.size);
      const std::size_t count = std::min(bytes.size(), place.size - place.at);
      std::memcpy(blocks_.back().get() + place.at, bytes.data(), count);
      size_ += count;
      bytes = bytes.subspan(count);
    }
  }

  /// To be called when all bytes are there.
  void trim() {
    if (size_ == 0) return;
    const Place last = place_of(size_ - 1);
    const std::size_t before = blocks_.back().size();
    blocks_.back().trim(last.at + 1);
    share_.shrink(before - blocks_.back().size());
  }

  /// The bytes from `offset` on, as many as fit and lie in one block.
  std::size_t copy_from(std::uint64_t offset, ByteSpan into) const {
    if (offset >= size_) return 0;
    const Place place = place_of(offset);
    const std::uint64_t there = std::min<std::uint64_t>(place.size - place.at, size_ - offset);
    const std::size_t count = std::min<std::uint64_t>(there, into.size());
    if (count != 0) std::memcpy(into.data(), blocks_[place.block].get() + place.at, count);
    return count;
  }

 private:
  static constexpr std::size_t first_size = 4 << 10;
  static constexpr std::size_t last_size = 2 * MemoryBlock::huge_page;
  /// Blocks before those of last_size: 4 KiB, 4 KiB, 8 KiB, … 2 MiB, which make last_size together.
  static constexpr std::size_t growing = 11;
  static_assert(first_size << (growing - 1) == last_size);

  struct Place {
    std::size_t block, at, size;
  };

  static Place place_of(std::uint64_t offset) {
    if (offset < first_size) return {0, static_cast<std::size_t>(offset), first_size};
    if (offset < last_size) {
      const std::size_t begin = std::bit_floor(static_cast<std::size_t>(offset));
      const std::size_t doubled = static_cast<std::size_t>(std::countr_zero(begin / first_size));
      return {1 + doubled, static_cast<std::size_t>(offset) - begin, begin};
    }
    offset -= last_size;
    return {static_cast<std::size_t>(growing + offset / last_size),
            static_cast<std::size_t>(offset % last_size), last_size};
  }

  void add_block(std::size_t size) {
    if (!share_.grow(size)) throw StoreFull();
    blocks_.emplace_back(size);
  }

  MemoryBudget::Share share_;
  std::vector<MemoryBlock> blocks_;
  std::uint64_t size_ = 0;
};

namespace {

/// Roughly what takes memory besides the bytes of blobs and manifests.
constexpr std::uint64_t bytes_of_repository = 400;
constexpr std::uint64_t bytes_of_blob = 400;        // once
constexpr std::uint64_t bytes_of_blob_there = 200;  // in each repository
constexpr std::uint64_t bytes_of_kept_manifest = 200;

class BlobReader final : public Reader {
 public:
  BlobReader(std::shared_ptr<const MemoryBlob> blob, std::uint64_t offset)
      : blob_(std::move(blob)), offset_(offset) {}

  std::size_t read(ByteSpan into) override {
    const std::size_t count = blob_->copy_from(offset_, into);
    offset_ += count;
    return count;
  }

 private:
  std::shared_ptr<const MemoryBlob> blob_;
  std::uint64_t offset_;
};

class MemoryStaged final : public StagedBlob {
 public:
  explicit MemoryStaged(MemoryBudget* budget) : blob_(std::make_shared<MemoryBlob>(budget)) {}
  void write(ByteView bytes) override { blob_->append(bytes); }
  std::unique_ptr<Reader> open() override { return std::make_unique<BlobReader>(blob_, 0); }
  /// The blob, to which nothing is written any more.
  std::shared_ptr<const MemoryBlob> finish() {
    blob_->trim();
    return blob_;
  }

 private:
  std::shared_ptr<MemoryBlob> blob_;
};

}  // namespace

MemoryStore::MemoryStore(MemoryBudget* budget) : budget_(budget) {
  kept_.with([&](Kept& kept) { kept.room = MemoryBudget::Share(budget); });
}

MemoryStore::BlobRef MemoryStore::find_blob(const std::string& repository,
                                            const oci::Digest& blob) {
  return kept_.with([&](const Kept& kept) -> BlobRef {
    const Contents* contents = kept.find(repository);
    if (contents == nullptr) return nullptr;
    const auto found = contents->blobs.find(blob);
    return found == contents->blobs.end() ? nullptr : found->second;
  });
}

std::uint64_t MemoryStore::Kept::room_for(const std::string& repository) const {
  return repositories.contains(repository) ? 0 : bytes_of_repository + repository.size();
}

void MemoryStore::Kept::take_room(std::uint64_t bytes) {
  if (!room.grow(bytes)) throw StoreFull();
}

/// Gives a repository the blob, or the one of that digest which others have.
void MemoryStore::Kept::give(const std::string& repository, const oci::Digest& digest,
                             const BlobRef& blob) {
  const Contents* there = find(repository);
  if (there != nullptr && there->blobs.contains(digest)) return;
  take_room(room_for(repository) + bytes_of_blob_there +
            (blobs.contains(digest) ? 0 : bytes_of_blob));
  auto& own = repositories[repository].blobs;
  const auto shared = blobs.try_emplace(digest, SharedBlob{blob}).first;
  try {
    own.emplace(digest, shared->second.blob);
  } catch (...) {
    if (shared->second.repositories == 0) blobs.erase(shared);
    throw;
  }
  ++shared->second.repositories;
}

std::optional<std::uint64_t> MemoryStore::stat(const std::string& repository,
                                               const oci::Digest& blob) {
  const BlobRef found = find_blob(repository, blob);
  if (!found) return {};
  return found->size();
}

std::unique_ptr<Reader> MemoryStore::open(const std::string& repository, const oci::Digest& blob,
                                          std::uint64_t offset) {
  BlobRef found = find_blob(repository, blob);
  if (!found) return nullptr;
  return std::make_unique<BlobReader>(std::move(found), offset);
}

std::optional<oci::RawManifest> MemoryStore::find_manifest(const std::string& repository,
                                                           const oci::Digest& manifest) {
  return kept_.with([&](const Kept& kept) -> std::optional<oci::RawManifest> {
    const Contents* contents = kept.find(repository);
    if (contents == nullptr) return {};
    const ManifestEntry* entry = contents->index.find(manifest);
    if (entry == nullptr) return {};
    return oci::RawManifest{entry->descriptor, contents->manifests.at(manifest).json};
  });
}

std::optional<oci::Digest> MemoryStore::find_tag(const std::string& repository,
                                                 const std::string& tag) {
  return kept_.with([&](const Kept& kept) -> std::optional<oci::Digest> {
    const Contents* contents = kept.find(repository);
    if (contents == nullptr) return {};
    return contents->index.find_tag(tag);
  });
}

std::optional<std::vector<std::string>> MemoryStore::tags(const std::string& repository,
                                                          const TagRange& range) {
  return kept_.with([&](const Kept& kept) -> std::optional<std::vector<std::string>> {
    const Contents* contents = kept.find(repository);
    if (contents == nullptr) return {};
    return contents->index.tags(range.last, range.limit);
  });
}

std::vector<oci::Digest> MemoryStore::referrers(const std::string& repository,
                                                const oci::Digest& subject) {
  return kept_.with([&](const Kept& kept) -> std::vector<oci::Digest> {
    const Contents* contents = kept.find(repository);
    if (contents == nullptr) return {};
    return contents->index.referrers(subject);
  });
}

std::vector<std::string> MemoryStore::repositories() {
  return kept_.with([](const Kept& kept) {
    std::vector<std::string> paths;
    for (const auto& [repository, contents] : kept.repositories) paths.push_back(repository);
    return paths;
  });
}

std::unique_ptr<StagedBlob> MemoryStore::stage() { return std::make_unique<MemoryStaged>(budget_); }

void MemoryStore::commit(const std::string& repository, const oci::Digest& digest,
                         std::unique_ptr<StagedBlob> bytes) {
  auto* staged = dynamic_cast<MemoryStaged*>(bytes.get());
  if (staged == nullptr) throw Error(ErrorKind::internal, "a blob staged by another store");
  const BlobRef whole = staged->finish();
  kept_.with([&](Kept& kept) { kept.give(repository, digest, whole); });
}

bool MemoryStore::mount(const std::string& repository, const oci::Digest& blob,
                        const std::optional<std::string>& from) {
  const BlobRef source = from ? find_blob(*from, blob) : nullptr;
  return kept_.with([&](Kept& kept) {
    const auto shared = kept.blobs.find(blob);
    const BlobRef found = from                         ? source
                          : shared == kept.blobs.end() ? nullptr
                                                       : shared->second.blob;
    if (found) kept.give(repository, blob, found);
    return found != nullptr;
  });
}

std::vector<oci::Digest> MemoryStore::put_manifest(const std::string& repository,
                                                   const NewManifest& manifest) {
  ManifestEntry entry = make_entry(manifest.record);
  MemoryBudget::Share share(budget_);
  if (!share.grow(manifest.record.json.size() + bytes_of_kept_manifest)) throw StoreFull();
  return kept_.with([&](Kept& kept) {
    static const Contents nothing;
    const Contents* found = kept.find(repository);
    const Contents& there = found == nullptr ? nothing : *found;
    refuse_moved(there.index, manifest);
    std::vector<oci::Digest> missing;
    for (const oci::Digest& blob : manifest.required_blobs) {
      if (!there.blobs.contains(blob)) missing.push_back(blob);
    }
    for (const oci::Digest& child : manifest.required_manifests) {
      if (there.index.find(child) == nullptr) missing.push_back(child);
    }
    if (!missing.empty()) return missing;
    const std::uint64_t before = there.index.memory();
    const std::uint64_t most = RepositoryIndex::memory_of(1, manifest.tags);
    kept.take_room(kept.room_for(repository) + most);
    Contents& contents = kept.repositories[repository];
    contents.manifests.insert_or_assign(manifest.record.descriptor.digest,
                                        KeptManifest{manifest.record.json, std::move(share)});
    contents.index.put(std::move(entry), manifest.tags);
    kept.room.shrink(before + most - contents.index.memory());
    return missing;
  });
}

bool MemoryStore::remove_blob(const std::string& repository, const oci::Digest& blob) {
  return kept_.with([&](Kept& kept) {
    Contents* contents = kept.find(repository);
    if (contents == nullptr || contents->blobs.erase(blob) == 0) return false;
    kept.room.shrink(bytes_of_blob_there);
    const auto shared = kept.blobs.find(blob);
    if (--shared->second.repositories != 0) return true;
    kept.blobs.erase(shared);
    kept.room.shrink(bytes_of_blob);
    return true;
  });
}

bool MemoryStore::remove_manifest(const std::string& repository, const oci::Digest& manifest) {
  return kept_.with([&](Kept& kept) {
    Contents* contents = kept.find(repository);
    if (contents == nullptr) return false;
    const std::uint64_t before = contents->index.memory();
    if (!contents->index.remove(manifest)) return false;
    contents->manifests.erase(manifest);
    kept.room.shrink(before - contents->index.memory());
    return true;
  });
}

bool MemoryStore::remove_tag(const std::string& repository, const std::string& tag) {
  return kept_.with([&](Kept& kept) {
    Contents* contents = kept.find(repository);
    if (contents == nullptr) return false;
    const std::uint64_t before = contents->index.memory();
    if (!contents->index.remove_tag(tag)) return false;
    kept.room.shrink(before - contents->index.memory());
    return true;
  });
}

}  // namespace n2c::registry
