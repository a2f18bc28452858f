#pragma once
/// The certificates a TLS connection starts from.

#include <string>
#include <vector>

#include "base/environment.h"

namespace n2c::http {

/// Where roots are found that the user did not name by an option.
struct SystemRoots {
  std::string file{};                  ///< a PEM bundle; empty: none was found
  std::vector<std::string> folders{};  ///< of $SSL_CERT_DIR: each PEM file in them
  /// The system's folder of files that are named by hashes, where it counts beside `file`.
  std::string hashed_folder{};
  /// For messages: "SSL_CERT_FILE=/x (not there)"; empty where no variable is set.
  std::string named{};
};

/// As OpenSSL and Go read them: $SSL_CERT_FILE (or $NIX_SSL_CERT_FILE) stands for the system's
/// bundle, $SSL_CERT_DIR, a list with colons, for the system's folder, and each leaves the other's
/// place alone. One that is not there is left out. Without a variable the bundle is `compiled_in`
/// (libcurl's own) when it exists, else the first of the places where systems keep it.
SystemRoots find_system_roots(const Environment& environment, const std::string& compiled_in);

/// Throws Error{local} when the file is a FIFO: libcurl opens files by name and would wait. A pipe
/// that the user made of a command (`<(…)`, which lies in /dev/fd) is allowed.
void refuse_fifo(const std::string& file);

/// The system's roots, together with files that the user named.
class RootBundle {
 public:
  /// Throws Error{local} when one of `added` cannot be read, Error{input} when it holds no
  /// certificate.
  RootBundle(const SystemRoots& system, const std::vector<std::string>& added);
  /// The system's bundle, when it is all there is. Then pem() is empty.
  const std::string& path() const { return path_; }
  /// All of it, as PEM.
  const std::string& pem() const { return pem_; }

 private:
  void add_folder(const std::string& folder);

  std::string path_, pem_;
};

}  // namespace n2c::http
