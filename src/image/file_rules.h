#pragma once
/// What a store path's options do to its files on their way into a tar: where they go, and which
/// owner and mode they get (docs/format.md B8, E3).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "go/archive_tar.h"
#include "go/regexp.h"
#include "image/layer_record.h"

namespace n2c {

/// The options of one store path, compiled once. Immutable; all threads may use it.
class FileRules {
 public:
  /// Throws Error{input} for a regular expression that Go refuses, for an orMode or capabilities
  /// that mean nothing, and for keys this n2c does not know (docs/format.md Appendix III).
  /// `case_hack`: a name is cut at "~nix~case~hack~" before anything is rewritten (E3.1); perms see
  /// the whole name (B8.2).
  explicit FileRules(const StorePath& path, bool case_hack = false);

  /// Where the file goes. Empty when it is left out (docs/format.md E3.3).
  std::string destination(std::string_view source) const;

  /// Sets owner, mode and capabilities in a header as the perms that match the source say
  /// (docs/format.md B8.3, B8.6). Throws Error{input} for a mode that is not a number.
  void apply_perms(std::string_view source, go::TarHeader& header) const;
  /// Sets those of `matched` whose perm, by its number, does something to the source.
  void note_matches(std::string_view source, bool is_regular, std::vector<bool>& matched) const;

 private:
  struct Rewriting {
    go::Regexp regexp;
    go::Template replacement;
  };
  struct Matched {
    go::Regexp regexp;
    Perm perm;
    std::optional<Parsed<std::int64_t>> mode;  ///< nothing: left as it is
    std::int64_t or_mode = 0;
    std::string capabilities{};  ///< the attribute's value
  };

  std::string path_;
  bool case_hack_;
  std::optional<Rewriting> rewriting_;
  std::vector<Matched> perms_;
};

/// Whether the mode is not set, or is one to seven octal digits, which everyone reads alike.
/// `--strict-perms` asks for this (docs/format.md B8.4).
bool has_plain_mode(const Perm& perm);

/// Warnings for people about options that most likely do not do what was meant, a line each: a
/// rewrite made of a store path's text that does not match that path (docs/format.md D4.4), and a
/// mode that is read as another number than it looks (B8.4). No I/O.
std::vector<std::string> find_warnings(const std::vector<StorePath>& paths);

}  // namespace n2c
