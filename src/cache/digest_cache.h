#pragma once
/// What this machine has learnt while pushing, in one file: which bytes a layer compresses to,
/// which repositories it pushed to, and the tag it pushed to each last.
///
/// The file may be lost, cut, written by many processes at once, or not ours at all. Each line
/// carries a checksum, and a line that does not check is ignored. Nothing here throws: without a
/// cache a push only takes longer.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.h"
#include "oci/digest.h"
#include "oci/reference.h"

namespace n2c {

/// A layer as it is stored once compressed.
struct CompressedLayer {
  oci::Digest digest;
  std::uint64_t size = 0;
  bool operator==(const CompressedLayer&) const = default;
};

/// One thread at a time. Several processes, or several of these, may use one file.
class DigestCache {
 public:
  /// $XDG_CACHE_HOME/n2c/pushes, or below ~/.cache; empty (no cache) when there is no home, or it
  /// names no folder: it is not made. A relative $XDG_CACHE_HOME is ignored (XDG Base Directory
  /// Specification).
  static std::filesystem::path usual_file(const Environment& environment);

  /// Reads the file; an empty path reads and keeps nothing.
  explicit DigestCache(std::filesystem::path file);

  /// What the layer becomes by that recipe (Compression::recipe()).
  std::optional<CompressedLayer> find_form(const oci::Digest& diff_id,
                                           std::string_view recipe) const;
  /// The repositories of that host, the one pushed to last first.
  std::vector<oci::Repository> find_repositories(std::string_view host) const;
  /// The tag pushed last.
  std::optional<std::string> find_last_tag(const oci::Repository& repository) const;

  void add_form(const oci::Digest& diff_id, std::string_view recipe, const CompressedLayer& form);
  /// Forgets what was remembered by that recipe, here and in the file.
  void forget_forms(std::string_view recipe);
  void add_push(const oci::Repository& repository, std::string_view tag);
  /// Writes what was added here to the file, and keeps the file below max_bytes by dropping the
  /// oldest lines. False when the file cannot be written or stays locked.
  bool save();

  const std::filesystem::path& file() const { return file_; }
  std::size_t form_count() const { return forms_.size(); }
  std::vector<oci::Repository> all_repositories() const;

  static constexpr std::uint64_t max_bytes = 8 << 20;

 private:
  struct Push {
    std::string tag;
    std::size_t age;  // larger is newer
  };
  void take_line(std::string_view line);
  void remember(std::string payload);

  std::filesystem::path file_;
  std::map<std::string, CompressedLayer, std::less<>> forms_;  // by "DIFF_ID RECIPE"
  std::map<oci::Repository, Push> pushes_;
  std::size_t lines_taken_ = 0;
  std::vector<std::string> unsaved_;
};

}  // namespace n2c
