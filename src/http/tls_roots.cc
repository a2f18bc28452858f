#include "http/tls_roots.h"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"

namespace n2c::http {

namespace {

constexpr std::uint64_t max_bundle_bytes = 16 << 20;

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0) throw_errno("write certificates to memory");
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

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

RootBundle::RootBundle(const std::string& system, const std::vector<std::string>& added)
    : path_(system) {
  if (added.empty()) return;
  std::string more;
  for (const std::string& file : added) {
    const std::string text = read_file(file, max_bundle_bytes);
    if (text.find("-----BEGIN ") == std::string::npos) {
      throw Error(ErrorKind::input, cat(file, ": holds no PEM certificate"));
    }
    more += text + "\n";
  }
  memory_ = FileDescriptor(::memfd_create("roots", MFD_CLOEXEC));
  if (!memory_) throw_errno("hold certificates in memory");
  if (!system.empty()) write_all(memory_.get(), read_file(system, max_bundle_bytes));
  write_all(memory_.get(), "\n");
  write_all(memory_.get(), more);
  path_ = cat("/proc/self/fd/", memory_.get());
}

}  // namespace n2c::http
