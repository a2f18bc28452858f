#pragma once
/// The certificates a TLS connection starts from.

#include <string>
#include <vector>

#include "base/environment.h"
#include "base/file.h"

namespace n2c::http {

/// The system's PEM bundle: $SSL_CERT_FILE or $NIX_SSL_CERT_FILE, else `compiled_in` (libcurl's
/// own) when it exists, else the first of the places where systems keep it. Empty: none found.
std::string find_system_roots(const Environment& environment, const std::string& compiled_in);

/// A PEM bundle that libcurl can be given as a path: the system's roots and, when some are named,
/// files of the user's beside them. Lives in memory as long as this.
class RootBundle {
 public:
  /// Throws Error{local} when one of `added` cannot be read, Error{input} when it holds no
  /// certificate.
  RootBundle(const std::string& system, const std::vector<std::string>& added);
  const std::string& path() const { return path_; }

 private:
  FileDescriptor memory_;
  std::string path_;
};

}  // namespace n2c::http
