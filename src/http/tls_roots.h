#pragma once
/// The certificates a TLS connection starts from.

#include <string>
#include <vector>

#include "base/environment.h"

namespace n2c::http {

/// The system's PEM bundle: $SSL_CERT_FILE or $NIX_SSL_CERT_FILE, else `compiled_in` (libcurl's
/// own) when it exists, else the first of the places where systems keep it. Empty: none found.
std::string find_system_roots(const Environment& environment, const std::string& compiled_in);

/// Throws Error{local} when the file is a FIFO: libcurl opens files by name and would wait. A pipe
/// that the user made of a command (`<(…)`, which lies in /dev/fd) is allowed.
void refuse_fifo(const std::string& file);

/// The system's roots, together with files that the user named.
class RootBundle {
 public:
  /// Throws Error{local} when one of `added` cannot be read, Error{input} when it holds no
  /// certificate.
  RootBundle(const std::string& system, const std::vector<std::string>& added);
  /// The system's bundle, when it is all there is. Then pem() is empty.
  const std::string& path() const { return path_; }
  /// All of it, as PEM.
  const std::string& pem() const { return pem_; }

 private:
  std::string path_, pem_;
};

}  // namespace n2c::http
