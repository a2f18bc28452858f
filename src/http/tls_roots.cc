#include "http/tls_roots.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <string_view>

#include "base/error.h"
#include "base/file.h"
#include "base/folder_entries.h"
#include "base/text.h"

namespace n2c::http {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t max_bundle_bytes = 16 << 20;
constexpr const char* system_folder = "/etc/ssl/certs";

bool exists(const std::string& path) {
  std::error_code ignored;
  return !path.empty() && fs::exists(path, ignored);
}

/// The system's own bundle; empty: none was found.
std::string system_bundle(const std::string& compiled_in) {
  const std::array<std::string, 7> places = {compiled_in,
                                             "/etc/ssl/certs/ca-certificates.crt",
                                             "/etc/pki/tls/certs/ca-bundle.crt",
                                             "/etc/ssl/ca-bundle.pem",
                                             "/etc/ssl/cert.pem",
                                             "/etc/pki/tls/cacert.pem",
                                             "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"};
  const auto found = std::ranges::find_if(places, exists);
  return found == places.end() ? std::string() : *found;
}

bool is_same(const std::string& one, const std::string& other) {
  std::error_code ignored;
  return fs::equivalent(one, other, ignored);
}

bool is_pem(std::string_view text) { return text.find("-----BEGIN ") != std::string_view::npos; }

}  // namespace

SystemRoots find_system_roots(const Environment& environment, const std::string& compiled_in) {
  SystemRoots roots{.file = system_bundle(compiled_in)};
  const auto name = [&](const std::string& variable, const std::string& value, bool is_there) {
    roots.named += cat(roots.named.empty() ? "" : " and ", variable, "=", value,
                       is_there ? "" : " (not there)");
  };
  const std::string folders = environment("SSL_CERT_DIR");
  for (const char* variable : {"SSL_CERT_FILE", "NIX_SSL_CERT_FILE"}) {
    const std::string named = environment(variable);
    if (named.empty()) continue;
    name(variable, named, exists(named));
    const bool is_systems = is_same(named, roots.file);
    roots.file = exists(named) ? named : std::string();
    // The bundle holds what is in the folder.
    const bool beside = folders.empty() && !is_systems && exists(system_folder);
    if (beside && variable == std::string_view("SSL_CERT_FILE")) {
      roots.hashed_folder = system_folder;
    }
    break;
  }
  if (folders.empty()) return roots;
  bool all_there = true;
  for (const std::string_view folder : split(folders, ':')) {
    if (folder.empty()) continue;
    roots.folders.emplace_back(folder);
    all_there = all_there && exists(roots.folders.back());
  }
  name("SSL_CERT_DIR", folders, all_there);
  return roots;
}

void refuse_fifo(const std::string& file) {
  std::error_code ignored;
  if (file.starts_with("/dev/") || file.starts_with("/proc/")) return;
  if (!std::filesystem::is_fifo(file, ignored)) return;
  throw Error(ErrorKind::local, cat("open ", file, ": not a regular file"));
}

RootBundle::RootBundle(const SystemRoots& system, const std::vector<std::string>& added)
    : path_(system.file) {
  refuse_fifo(system.file);
  if (added.empty() && system.folders.empty()) return;
  if (!system.file.empty()) pem_ = read_argument(system.file, max_bundle_bytes) + "\n";
  for (const std::string& folder : system.folders) add_folder(folder);
  for (const std::string& file : added) {
    const std::string text = read_argument(file, max_bundle_bytes);
    if (!is_pem(text)) {
      throw Error(ErrorKind::input, cat(file, ": holds no PEM certificate"),
                  "a certificate begins with -----BEGIN CERTIFICATE-----")
          .lasting();
    }
    pem_ += text + "\n";
  }
  if (pem_.empty()) pem_ = "\n";  // none, in place of the system's
}

/// Adds each PEM file. What is none, or cannot be read, says nothing, as with Go's programs.
void RootBundle::add_folder(const std::string& folder) {
  std::set<fs::path> files;  // a folder has links to its own files, named by hashes
  std::error_code ignored;
  for (const auto& entry : folder_entries(folder, ignored)) {
    const fs::path file = fs::canonical(entry, ignored);
    if (!ignored && fs::is_regular_file(file, ignored)) files.insert(file);
  }
  for (const fs::path& file : files) {
    try {
      const auto text = read_if_there(file, max_bundle_bytes);
      if (text && is_pem(*text) && pem_.size() + text->size() < max_bundle_bytes) {
        pem_ += *text + "\n";
      }
    } catch (const Error&) {
      continue;
    }
  }
}

}  // namespace n2c::http
