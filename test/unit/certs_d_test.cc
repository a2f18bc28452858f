#include "registry/client/auth/certs_d.h"

#include <doctest/doctest.h>

#include "base/file.h"
#include "test/support/check_fails.h"

namespace certs_d_test {

using namespace n2c;
using registry::find_tls_files;

TEST_CASE("a registry's folder gives its roots and the client's certificate") {
  const TemporaryFolder folder;
  const auto own = folder.path() / "r.example:5000";
  std::filesystem::create_directories(own);
  for (const char* file : {"a.crt", "b.crt", "client.cert", "client.key", "notes.txt"}) {
    write_file(own / file, "x");
  }
  const auto tls = find_tls_files({"/nonexistent", folder.path()}, "r.example:5000");
  CHECK(tls.ca_files == std::vector{(own / "a.crt").string(), (own / "b.crt").string()});
  CHECK(tls.client_cert_file == own / "client.cert");
  CHECK(tls.client_key_file == own / "client.key");
  CHECK(find_tls_files({folder.path()}, "r.example").ca_files.empty());
}

TEST_CASE("the first folder that has the registry counts alone") {
  const TemporaryFolder user;
  const TemporaryFolder system;
  for (const TemporaryFolder* folder : {&user, &system}) {
    std::filesystem::create_directories(folder->path() / "r.example");
    write_file(folder->path() / "r.example" / "ca.crt", "x");
  }
  CHECK(find_tls_files({user.path(), system.path()}, "r.example").ca_files ==
        std::vector{(user.path() / "r.example" / "ca.crt").string()});
}

TEST_CASE("a client certificate without its key is an error") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "r.example");
  write_file(folder.path() / "r.example" / "me.cert", "x");
  CHECK_FAILS(find_tls_files({folder.path()}, "r.example"), ErrorKind::input, "is missing");
}

TEST_CASE("the folders are the user's, podman's and docker's") {
  const auto folders = registry::find_certs_folders(
      [](const char* variable) { return std::string(variable) == "HOME" ? "/h" : std::string(); });
  CHECK(folders == std::vector<std::filesystem::path>{"/h/.config/containers/certs.d",
                                                      "/etc/containers/certs.d",
                                                      "/etc/docker/certs.d"});
}

}  // namespace certs_d_test
