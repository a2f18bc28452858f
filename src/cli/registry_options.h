#pragma once
/// The options of every command that talks to a registry.

#include <string>

#include "places/address.h"
#include "remote/registries.h"
#include "transfer/progress.h"

namespace CLI {
class App;
}

namespace n2c::cli {

/// As written on the command line.
struct RegistryArguments {
  std::string creds, registry_token, auth_file;
  bool plain_http = false;
  std::string ca_file, client_cert_file, client_key_file;
  bool skip_tls_verify = false;
  bool tls_verify = true;
  bool names_tls_verify = false;  ///< --tls-verify was given, which is HTTPS for loopback hosts too
  bool allow_http_redirect = false;
  int retries = 7;
  int retry_max_seconds = 900;
  std::string chunk_size;  ///< "64M"
};

/// Declares them. `arguments` must live until the command has run.
void add_registry_options(CLI::App& command, RegistryArguments& arguments);

/// What they mean. Reads a line of standard input where --creds is "-". `note` and `trace` are
/// passed on. Throws Error{usage}.
RegistryOptions make_registry_options(const RegistryArguments& arguments, Progress& progress,
                                      bool debug);

/// The same for a command that reaches this address: a login that was given is for its registry.
RegistryOptions make_registry_options(const RegistryArguments& arguments, const Address& address,
                                      Progress& progress, bool debug);

/// "64M", "5242880", "1G" (powers of 1024) as bytes.
Parsed<std::uint64_t> parse_size(std::string_view text);

}  // namespace n2c::cli
