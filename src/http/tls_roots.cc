#include "http/tls_roots.h"

#include <array>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace n2c::http {

namespace {

constexpr std::uint64_t max_bundle_bytes = 16 << 20;

}  // namespace

std::string find_system_roots(const Environment& environment, const std::string& compiled_in) {
  for (const char* variable : {"SSL_CERT_FILE", "NIX_SSL_CERT_FILE"}) {
    if (const auto named = environment(variable); !named.empty()) return named;
  }
  const std::array<std::string, 5> places = {compiled_in, "/etc/ssl/certs/ca-certificates.crt",
                                             "/etc/pki/tls/certs/ca-bundle.crt",
                                             "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};
  for (const auto& place : places) {
    std::error_code ignored;
    if (!place.empty() && std::filesystem::exists(place, ignored)) return place;
  }
  return {};
}

void refuse_fifo(const std::string& file) {
  std::error_code ignored;
  if (file.starts_with("/dev/") || file.starts_with("/proc/")) return;
  if (!std::filesystem::is_fifo(file, ignored)) return;
  throw Error(ErrorKind::local, cat("open ", file, ": not a regular file"));
}

RootBundle::RootBundle(const std::string& system, const std::vector<std::string>& added)
    : path_(system) {
  refuse_fifo(system);
  if (added.empty()) return;
  if (!system.empty()) pem_ = read_argument(system, max_bundle_bytes) + "\n";
  for (const std::string& file : added) {
    const std::string text = read_argument(file, max_bundle_bytes);
    if (text.find("-----BEGIN ") == std::string::npos) {
      throw Error(ErrorKind::input, cat(file, ": holds no PEM certificate"));
    }
    pem_ += text + "\n";
  }
}

}  // namespace n2c::http
