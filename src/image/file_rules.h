#pragma once
/// What a store path's options do to its files on their way into a tar: where they go and
/// whose they are (docs/format.md B8, E3).

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
  /// Throws Error{input} for a regular expression that Go refuses and for keys this n2c does
  /// not know (docs/format.md Appendix III).
  /// `case_hack`: what begins with "~nix~case~hack~" in a name is cut off before anything is
  /// rewritten (E3.1); perms see the whole (B8.2).
  explicit FileRules(const StorePath& path, bool case_hack = false);

  /// Where the file goes; empty: it is left out (docs/format.md E3.3).
  std::string destination(std::string_view source) const;

  /// Sets owner and mode in a header as the perms that match the source say (docs/format.md B8.3).
  /// Throws Error{input} for a mode that is no number.
  void apply_perms(std::string_view source, go::TarHeader& header) const;

 private:
  struct Rewriting {
    go::Regexp regexp;
    go::Template replacement;
  };
  struct Matched {
    go::Regexp regexp;
    Perm perm;
    std::optional<Parsed<std::int64_t>> mode;  ///< nothing: left as it is
  };

  std::string path_;
  bool case_hack_;
  std::optional<Rewriting> rewriting_;
  std::vector<Matched> perms_;
};

/// Whether the mode is one to seven octal digits, which all read alike, or is not set: what
/// `--strict-perms` asks for (docs/format.md B8.4).
bool has_plain_mode(const Perm& perm);

/// What in the options most likely does not do what was meant, a line each for people: a
/// rewrite whose expression is a store path's text that does not match that path (docs/format.md
/// D4.4), a mode that is read as another number than it looks (B8.4). No I/O.
std::vector<std::string> find_warnings(const std::vector<StorePath>& paths);

}  // namespace n2c
