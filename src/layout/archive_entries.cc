#include "layout/archive_entries.h"

#include <archive.h>
#include <archive_entry.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <new>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/input_wait.h"
#include "base/text.h"

namespace n2c {

namespace {

constexpr std::size_t max_files = 100'000;
constexpr std::size_t block_bytes = 256 << 10;
/// What may follow a tar's end: it is filled up to a whole record (tar(5)).
constexpr std::uint64_t longest_filling = 1 << 20;

std::string name_of(struct archive_entry* entry) {
  const char* name = archive_entry_pathname(entry);
  return name == nullptr ? "" : plain_entry_name(name);
}

/// The file that a link leads to. A symlink's target is relative to its folder, a hard link's to
/// the top.
std::string link_of(struct archive_entry* entry, const std::string& name) {
  if (const char* hard = archive_entry_hardlink(entry)) return plain_entry_name(hard);
  const char* soft = archive_entry_symlink(entry);
  if (soft == nullptr) return "";
  return plain_entry_name((std::filesystem::path(name).parent_path() / soft).generic_string());
}

}  // namespace

struct ArchiveEntries::State {
  explicit State(std::string text) : name(std::move(text)), handle(archive_read_new()) {
    if (!handle) throw std::bad_alloc();
    check(archive_read_support_filter_gzip(handle.get()));
    check(archive_read_support_filter_zstd(handle.get()));
    check(archive_read_support_filter_bzip2(handle.get()));
    check(archive_read_support_filter_xz(handle.get()));
  }

  void open(const std::filesystem::path& file, std::uint64_t from) {
    opened = open_to_read(file);
    if (from != 0 && ::lseek(opened.get(), static_cast<off_t>(from), SEEK_SET) < 0) {
      throw_errno("seek in " + file.string());
    }
    check(archive_read_open_fd(handle.get(), opened.get(), block_bytes));
  }

  void check(int outcome) {
    if (outcome != ARCHIVE_OK && outcome != ARCHIVE_WARN) fail();
  }

  [[noreturn]] void fail() {
    if (failure) std::rethrow_exception(failure);
    const bool lacks_memory = archive_errno(handle.get()) == ENOMEM;
    const char* why = archive_error_string(handle.get());
    if (why == nullptr) why = lacks_memory ? "out of memory" : "not a tar archive";
    throw Error(lacks_memory ? ErrorKind::local : ErrorKind::input,
                cat("read archive ", name, ": ", printable(why)));
  }

  // Called by libarchive, so nothing may be thrown from here.
  static la_ssize_t on_read(struct archive*, void* self, const void** bytes) {
    auto& state = *static_cast<State*>(self);
    try {
      *bytes = state.block.data();
      return static_cast<la_ssize_t>(state.bytes->read(state.block));
    } catch (...) {
      state.failure = std::current_exception();
      return -1;
    }
  }

  struct Deleter {
    void operator()(struct archive* a) const { archive_read_free(a); }
  };

  std::string name;
  FileDescriptor opened;          // before what reads from it; or
  std::unique_ptr<Reader> bytes;  // this
  std::vector<std::byte> block;
  std::exception_ptr failure;
  std::size_t files = 0;
  std::unique_ptr<struct archive, Deleter> handle;
};

std::string plain_entry_name(std::string_view name) {
  std::string plain = std::filesystem::path(name).lexically_normal().generic_string();
  while (plain.starts_with('/')) plain.erase(0, 1);
  return plain;
}

ArchiveEntries::ArchiveEntries(const NamedArchive& file, std::uint64_t from)
    : state_(std::make_unique<State>(file.name)) {
  state_->check(archive_read_support_format_tar(state_->handle.get()));
  state_->open(file.path, from);
}

ArchiveEntries::ArchiveEntries(std::unique_ptr<Reader> bytes, std::string name)
    : state_(std::make_unique<State>(std::move(name))) {
  state_->check(archive_read_support_format_tar(state_->handle.get()));
  state_->bytes = std::move(bytes);
  state_->block.resize(block_bytes);
  state_->check(
      archive_read_open(state_->handle.get(), state_.get(), nullptr, &State::on_read, nullptr));
}

ArchiveEntries::~ArchiveEntries() = default;

std::optional<ArchiveEntries::Entry> ArchiveEntries::next() {
  while (true) {
    struct archive_entry* entry = nullptr;
    const int outcome = archive_read_next_header(state_->handle.get(), &entry);
    if (outcome == ARCHIVE_EOF) {
      // Who writes into a pipe is not to be cut off before its last byte.
      if (state_->bytes) skip(*state_->bytes, longest_filling);
      return std::nullopt;
    }
    state_->check(outcome);
    std::string name = name_of(entry);
    std::string link = link_of(entry, name);
    if (link.empty() && archive_entry_filetype(entry) != AE_IFREG) continue;
    if (++state_->files > max_files) {
      throw Error(ErrorKind::input,
                  cat("read archive ", state_->name, ": more than ", max_files, " files"));
    }
    const auto size = static_cast<std::uint64_t>(archive_entry_size(entry));
    const auto position =
        static_cast<std::uint64_t>(archive_read_header_position(state_->handle.get()));
    return Entry{std::move(name), std::move(link), size, position};
  }
}

std::size_t ArchiveEntries::read(ByteSpan into) {
  const la_ssize_t count = archive_read_data(state_->handle.get(), into.data(), into.size());
  if (count < 0) state_->fail();
  return static_cast<std::size_t>(count);
}

bool ArchiveEntries::is_compressed() const {
  return archive_filter_code(state_->handle.get(), 0) != ARCHIVE_FILTER_NONE;
}

void unpack_archive(const NamedArchive& file, Writer& to, std::uint64_t limit) {
  ArchiveEntries::State state(file.name);
  state.check(archive_read_support_format_raw(state.handle.get()));
  state.open(file.path, 0);
  struct archive_entry* whole = nullptr;
  state.check(archive_read_next_header(state.handle.get(), &whole));
  std::vector<std::byte> block(block_bytes);
  for (std::uint64_t written = 0;;) {
    const la_ssize_t count = archive_read_data(state.handle.get(), block.data(), block.size());
    if (count < 0) state.fail();
    if (count == 0) return;
    if (process_stop().stop_requested()) throw Error(ErrorKind::cancelled, "stopped on request");
    written += static_cast<std::uint64_t>(count);
    if (written > limit) {
      throw Error(ErrorKind::input,
                  cat("unpack archive ", state.name, ": more than ", brief_bytes(limit)),
                  "unpack it first (gunzip, unzstd): a plain one is read in place");
    }
    to.write(ByteView(block).first(static_cast<std::size_t>(count)));
  }
}

}  // namespace n2c
