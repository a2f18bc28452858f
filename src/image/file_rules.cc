#include "image/file_rules.h"

#include "base/text.h"
#include "go/filepath.h"
#include "go/fmt.h"
#include "image/file_capabilities.h"

namespace n2c {

namespace {

void refuse_unknown_keys(const StorePath& path) {
  if (path.unknown_keys.empty()) return;
  throw Error(ErrorKind::input,
              cat("path ", path.path,
                  " has options this n2c does not know: ", comma_list(path.unknown_keys)),
              "its layer made again without them would have other bytes; use an n2c that knows "
              "them, or build the image again with this one");
}

go::Regexp compile(const StorePath& path, std::string_view what, std::string_view pattern) {
  return or_throw(go::Regexp::compile(pattern), ErrorKind::input,
                  cat(what, " regular expression ", go::quote(pattern), " of ", path.path));
}

std::optional<Parsed<std::int64_t>> parse_mode(const std::string& mode) {
  if (mode.empty()) return {};
  const Parsed<go::ScannedOctal> scanned = go::scan_octal(mode);
  if (!scanned) return Parsed<std::int64_t>(std::unexpected(scanned.error()));
  return Parsed<std::int64_t>(scanned->value);
}

/// Octal digits and nothing else, at most 07777.
std::int64_t parse_or_mode(const Perm& perm, const std::string& path) {
  if (perm.or_mode.empty()) return 0;
  const Parsed<go::ScannedOctal> scanned = go::scan_octal(perm.or_mode);
  if (scanned && scanned->whole && scanned->value <= 07777) return scanned->value;
  throw Error(ErrorKind::input,
              cat("orMode ", go::quote(perm.or_mode), " in the perms of ", path,
                  " is not one to four octal digits"),
              "write it like \"0222\"");
}

std::string parse_capabilities(const Perm& perm, const std::string& path) {
  if (perm.capabilities.empty()) return {};
  return or_throw(file_capabilities(perm.capabilities), ErrorKind::input,
                  cat("capabilities ", go::quote(perm.capabilities), " in the perms of ", path));
}

/// A warning when the expression is "^" and an unquoted path that has a character like '+' in it
/// (docs/format.md D4.4).
std::optional<std::string> rewrite_warning(const StorePath& path) {
  const std::string& regex = path.options->rewrite.regex;
  if (!regex.contains(path.path)) return {};
  const Parsed<go::Regexp> as_pattern = go::Regexp::compile(path.path);
  if (!as_pattern || as_pattern->matches(path.path)) return {};
  return cat("the rewrite ", go::quote(regex), " does not match its own path ", path.path,
             ", which has characters that mean something else in a regular expression: the "
             "path's files stay where they are");
}

std::optional<std::string> mode_warning(const StorePath& path, const Perm& perm) {
  const Parsed<go::ScannedOctal> scanned = go::scan_octal(perm.mode);
  if (has_plain_mode(perm) || !scanned) return {};
  std::string octal;
  for (auto rest = static_cast<std::uint64_t>(std::abs(scanned->value)); rest != 0; rest >>= 3) {
    octal.insert(octal.begin(), static_cast<char>('0' + (rest & 7)));
  }
  return cat("the mode ", go::quote(perm.mode), " in the perms of ", path.path, " is read as ",
             scanned->value < 0 ? "-0" : "0", octal, "; write it as octal digits only");
}

std::string without_case_hack(std::string_view path) {
  constexpr std::string_view mark = "~nix~case~hack~";
  std::string whole;
  for (const std::string_view name : split(path, '/')) {
    const std::string_view own = name.substr(0, name.find(mark));
    if (!own.empty()) whole += cat(path.starts_with('/') || !whole.empty() ? "/" : "", own);
  }
  return whole.empty() ? std::string(path.substr(0, path.starts_with('/') ? 1 : 0))
                       : go::clean(whole);
}

}  // namespace

FileRules::FileRules(const StorePath& path, bool case_hack)
    : path_(path.path), case_hack_(case_hack) {
  refuse_unknown_keys(path);
  if (!path.options) return;
  const Rewrite& rewrite = path.options->rewrite;
  if (!rewrite.regex.empty()) {
    go::Regexp regexp = compile(path, "rewrite", rewrite.regex);
    go::Template replacement(regexp, rewrite.repl);
    rewriting_.emplace(std::move(regexp), std::move(replacement));
  }
  if (!path.options->perms) return;
  for (const Perm& perm : *path.options->perms) {
    perms_.emplace_back(compile(path, "perms", perm.regex), perm, parse_mode(perm.mode),
                        parse_or_mode(perm, path.path), parse_capabilities(perm, path.path));
  }
}

std::string FileRules::destination(std::string_view source) const {
  std::string path = case_hack_ ? without_case_hack(source) : std::string(source);
  return rewriting_ ? rewriting_->regexp.replace_all(path, rewriting_->replacement) : path;
}

void FileRules::apply_perms(std::string_view source, go::TarHeader& header) const {
  for (const auto& [regexp, perm, mode, or_mode, capabilities] : perms_) {
    if (!regexp.matches(source)) continue;
    header.uid = perm.uid;
    header.gid = perm.gid;
    if (!perm.uname.empty()) header.uname = perm.uname;
    if (!perm.gname.empty()) header.gname = perm.gname;
    if (mode) {
      header.mode = or_throw(*mode, ErrorKind::input,
                             cat("mode ", go::quote(perm.mode), " in the perms of ", path_));
    }
    header.mode |= or_mode;
    if (capabilities.empty() || header.type != '0') continue;
    header.xattrs[std::string(capability_attribute)] = capabilities;
  }
}

void FileRules::note_matches(std::string_view source, bool is_regular,
                             std::vector<bool>& matched) const {
  for (std::size_t i = 0; i < perms_.size(); ++i) {
    if (matched[i] || (!is_regular && !perms_[i].capabilities.empty())) continue;
    matched[i] = perms_[i].regexp.matches(source);
  }
}

bool has_plain_mode(const Perm& perm) {
  if (perm.mode.empty()) return true;
  const Parsed<go::ScannedOctal> scanned = go::scan_octal(perm.mode);
  return scanned && scanned->whole;
}

std::vector<std::string> find_warnings(const std::vector<StorePath>& paths) {
  std::vector<std::string> warnings;
  const auto keep = [&](std::optional<std::string> warning) {
    if (warning) warnings.push_back(*std::move(warning));
  };
  for (const StorePath& path : paths) {
    if (!path.options) continue;
    keep(rewrite_warning(path));
    if (!path.options->perms) continue;
    for (const Perm& perm : *path.options->perms) keep(mode_warning(path, perm));
  }
  return warnings;
}

}  // namespace n2c
