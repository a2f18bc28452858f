#include "http/trace.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/file.h"
#include "http/tls_roots.h"

namespace trace_test {

using namespace n2c;
using namespace n2c::http;

namespace {

std::string masked(std::string_view block) {
  std::string all;
  for (const auto& line : masked_lines(block)) all += line + "\n";
  return all;
}

}  // namespace

TEST_CASE("a trace shows what a request was, without what it was allowed by") {
  CHECK(
      masked(
          "PUT /v2/a/blobs/uploads/1?_state=abc&digest=sha256%3Aab HTTP/1.1\r\n"
          "Host: ghcr.io\r\nAuthorization: Bearer s3cret\r\nX-Registry-Auth: s3cret\r\n"
          "Proxy-Authorization: Basic s3cret\r\nCookie: sid=s3cret\r\nContent-Length: 5\r\n\r\n") ==
      "PUT /v2/a/blobs/uploads/1?… HTTP/1.1\n"
      "Host: ghcr.io\nAuthorization: Bearer …\nX-Registry-Auth: …\n"
      "Proxy-Authorization: Basic …\nCookie: …\nContent-Length: 5\n");
}

TEST_CASE("a trace shows a reply without cookies and signed URLs") {
  CHECK(
      masked("HTTP/1.1 307 Temporary Redirect\r\n"
             "Location: https://bob:s3cret@s3.example/x?X-Amz-Signature=s3cret\r\n"
             "Set-Cookie: sid=s3cret\r\nX-Amz-Security-Token: s3cret\r\n"
             "WWW-Authenticate: Bearer realm=\"https://t/\",scope=\"repository:a:pull\"\r\n\r\n") ==
      "HTTP/1.1 307 Temporary Redirect\n"
      "Location: https://s3.example/x?X-Amz-Signature=…\n"
      "Set-Cookie: …\nX-Amz-Security-Token: …\n"
      "WWW-Authenticate: Bearer realm=\"https://t/\",scope=\"repository:a:pull\"\n");
}

TEST_CASE("what is malformed is masked too") {
  for (const char* block :
       {"GET http://h/?sig=s3cret HTTP/1.1\r\n", "Location: /x?sig=s3cret&y\r\n",
        "Location: //bob:s3cret@h/x\r\n", "Location: ?s3cret\r\n", "authorization:s3cret\r\n",
        "X-JFrog-Art-Api: s3cret\r\n", "GET https://bob:s3cret@h:bad/ HTTP/1.1\r\n"}) {
    CHECK_MESSAGE(masked(block).find("s3cret") == std::string::npos, masked(block));
  }
  CHECK(masked("X: \x1b[31m\x01\r\n") == "X: \\x1b[31m\\x01\n");
}

TEST_CASE("roots come from where OpenSSL and Go look for them (#19)") {
  const auto environment = [](std::string file, std::string folders) {
    return [=](const char* variable) -> std::string {
      const std::string_view name = variable;
      return name == "SSL_CERT_FILE" ? file : name == "SSL_CERT_DIR" ? folders : "";
    };
  };
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "f.pem").string();
  write_file(file, "-----BEGIN CERTIFICATE-----\n");
  CHECK(find_system_roots(environment("", ""), "/dev/null").file == "/dev/null");
  CHECK(find_system_roots(environment("", ""), "/dev/null").named.empty());
  const SystemRoots named = find_system_roots(environment(file, ""), "/dev/null");
  CHECK(named.file == file);
  CHECK(named.named == "SSL_CERT_FILE=" + file);
  // Each leaves the other's place alone.
  const SystemRoots both = find_system_roots(environment("", "/a::/b"), "/dev/null");
  CHECK(both.file == "/dev/null");
  CHECK(both.folders == std::vector<std::string>{"/a", "/b"});
  CHECK(both.named == "SSL_CERT_DIR=/a::/b (not there)");
  const SystemRoots absent =
      find_system_roots(environment("/nonexistent.pem", folder.path().string()), "/dev/null");
  CHECK(absent.file.empty());
  CHECK(absent.named ==
        "SSL_CERT_FILE=/nonexistent.pem (not there) and SSL_CERT_DIR=" + folder.path().string());
}

TEST_CASE("a folder of roots is read whatever its files are called, and what is no PEM is not") {
  const TemporaryFolder folder;
  write_file(folder.path() / "one.txt", "-----BEGIN CERTIFICATE-----\none\n");
  write_file(folder.path() / "two", "-----BEGIN CERTIFICATE-----\ntwo\n");
  write_file(folder.path() / "notes", "nothing");
  std::filesystem::create_directory(folder.path() / "folder");
  std::filesystem::create_symlink("one.txt", folder.path() / "0a1b2c3d.0");
  std::filesystem::create_symlink("nowhere", folder.path() / "dangling");
  REQUIRE(::mkfifo((folder.path() / "fifo").c_str(), 0600) == 0);
  const RootBundle bundle({.folders = {folder.path().string(), "/nonexistent"}}, {});
  CHECK(bundle.pem() == "-----BEGIN CERTIFICATE-----\none\n\n-----BEGIN CERTIFICATE-----\ntwo\n\n");
}

}  // namespace trace_test
