#include "registry/client/auth/certs_d.h"

#include <algorithm>

#include "base/file.h"
#include "base/folder_entries.h"
#include "base/text.h"

namespace n2c::registry {

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_in(const fs::path& folder) {
  std::error_code ignored;  // a folder that cannot be read says nothing, as with docker
  std::vector<fs::path> files = folder_entries(folder, ignored);
  std::ranges::sort(files);
  return files;
}

http::TlsFiles files_of(const fs::path& folder) {
  http::TlsFiles tls;
  for (const fs::path& file : files_in(folder)) {
    if (file.extension() == ".crt") {
      open_to_read(file);  // or its error: libcurl waits for FIFOs
      tls.ca_files.push_back(file.string());
    }
    if (file.extension() != ".cert" || !tls.client_cert_file.empty()) continue;
    fs::path key = file;
    key.replace_extension(".key");
    if (!is_there(key)) {
      throw Error(ErrorKind::input,
                  cat(file.string(), ": its key ", key.filename().string(), " is missing"));
    }
    open_to_read(file);
    open_to_read(key);
    tls.client_cert_file = file.string();
    tls.client_key_file = key.string();
  }
  return tls;
}

}  // namespace

std::vector<fs::path> find_certs_folders(const Environment& environment) {
  std::vector<fs::path> folders;
  const std::string config = environment("XDG_CONFIG_HOME");
  const std::string home = environment("HOME");
  if (!config.empty() || !home.empty()) {
    const fs::path base = config.empty() ? fs::path(home) / ".config" : fs::path(config);
    folders.push_back(base / "containers" / "certs.d");
  }
  folders.emplace_back("/etc/containers/certs.d");
  folders.emplace_back("/etc/docker/certs.d");
  return folders;
}

http::TlsFiles find_tls_files(const std::vector<fs::path>& folders, std::string_view authority) {
  // Docker Hub's folder has the name people write.
  const std::string_view host = authority == "registry-1.docker.io" ? "docker.io" : authority;
  for (const fs::path& folder : folders) {
    const fs::path own = folder / host;
    std::error_code ignored;
    if (fs::is_directory(own, ignored)) return files_of(own);
  }
  return {};
}

}  // namespace n2c::registry
