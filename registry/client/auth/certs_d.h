#pragma once
/// docker's and podman's folders of certificates for single registries (containers-certs.d(5)).

#include <filesystem>
#include <string_view>
#include <vector>

#include "http/transport.h"
#include "registry/client/auth/credentials.h"

namespace n2c::registry {

/// ~/.config/containers/certs.d (or below $XDG_CONFIG_HOME), /etc/containers/certs.d,
/// /etc/docker/certs.d.
std::vector<std::filesystem::path> find_certs_folders(const Environment& environment);

/// The TLS files for a host, from the first of the folders that has a HOST or HOST:PORT in it. Each
/// *.crt is a root; X.cert and X.key are the client's certificate. Throws Error{input} for a .cert
/// without its .key.
http::TlsFiles find_tls_files(const std::vector<std::filesystem::path>& folders,
                              std::string_view authority);

}  // namespace n2c::registry
