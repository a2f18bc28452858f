#include "cli/registry_options.h"

#include <CLI/CLI.hpp>

#include "base/input_wait.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/line/mistake.h"
#include "console/prompt.h"

namespace n2c::cli {

namespace {

std::optional<registry::Credentials> credentials_of(const RegistryArguments& arguments) {
  if (!arguments.creds.empty() && !arguments.registry_token.empty()) {
    throw Error(ErrorKind::usage, "--creds and --registry-token are two logins for one registry");
  }
  if (!arguments.registry_token.empty()) {
    return registry::Credentials{.registry_token = arguments.registry_token,
                                 .source = "--registry-token"};
  }
  if (arguments.creds.empty()) return std::nullopt;
  std::string pair = arguments.creds;
  if (pair == "-") {
    pair = at_place("--creds -", [] { return read_line("line USER:PASS", process_stop()); });
  }
  return or_throw(registry::Credentials::parse_pair(pair, "--creds"), ErrorKind::usage, "--creds");
}

}  // namespace

void add_registry_options(CLI::App& command, RegistryArguments& arguments) {
  command.add_option(
      "--creds", arguments.creds,
      "USER:PASS, or - to read it from standard input (default: the logins of docker "
      "and podman)");
  command.add_option("--registry-token", arguments.registry_token,
                     "send this bearer token, unchanged");
  command.add_option("--auth-file,--authfile", arguments.auth_file,
                     "use this file of logins and no other");
  command.add_flag("--plain-http", arguments.plain_http,
                   "use HTTP without TLS (the default for loopback hosts)");
  command.add_option("--ca-file", arguments.ca_file,
                     "PEM file: CA certificates to trust besides the system's");
  command.add_option("--client-cert", arguments.client_cert_file, "PEM file: client certificate");
  command.add_option("--client-key", arguments.client_key_file,
                     "PEM file: the key of --client-cert");
  command.add_flag("--insecure-skip-tls-verify", arguments.skip_tls_verify,
                   "do not check the registry's certificate");
  command
      .add_flag(
          "--tls-verify", arguments.tls_verify,
          "--tls-verify=false, as in skopeo and podman: do not check the certificate, and use HTTP "
          "if the registry has no TLS; --tls-verify=true: use HTTPS for loopback hosts too")
      ->each([&arguments](const std::string&) { arguments.names_tls_verify = true; });
  command.add_flag_callback(
      "--insecure", [&arguments] { arguments.tls_verify = false; },
      "the same as --tls-verify=false, as in crane, oras and regctl");
  command.add_flag(
      "--allow-http-redirect", arguments.allow_http_redirect,
      "follow redirects from HTTPS to plain HTTP for tags and uploads too, without the login");
  take_number(
      *command
           .add_option("--retry", arguments.retries, "how often a failed request is tried again")
           ->capture_default_str(),
      0, 100);
  take_number(*command
                   .add_option("--retry-max-time", arguments.retry_max_seconds,
                               "seconds after which no request is tried again")
                   ->capture_default_str(),
              0, 86400);
}

RegistryOptions make_registry_options(const RegistryArguments& arguments, Progress& progress,
                                      bool debug) {
  RegistryOptions options{
      .credentials = credentials_of(arguments),
      .auth_file = arguments.auth_file,
      .plain_http = arguments.plain_http,
      .plain_http_fallback = !arguments.tls_verify,
      .tls = arguments.names_tls_verify && arguments.tls_verify,
      .allow_http_redirect = arguments.allow_http_redirect,
      .ca_file = arguments.ca_file,
      .client_cert_file = arguments.client_cert_file,
      .client_key_file = arguments.client_key_file,
      .verify_tls = !arguments.skip_tls_verify && arguments.tls_verify,
      .note = [&progress](const Printable& line) { progress.note(line); },
      .retry_note = [&progress](const RetryNotice& notice) { progress.retry(notice); }};
  options.retry.attempts = arguments.retries + 1;
  options.retry.max_time = std::chrono::seconds(arguments.retry_max_seconds);
  if (!arguments.chunk_size.empty()) {
    options.chunk_size =
        or_throw(parse_size(arguments.chunk_size), ErrorKind::usage, "--chunk-size");
  }
  if (debug) {
    options.trace = [](const Printable& line) { terminal::say(cat("n2c: ", line)); };
  }
  return options;
}

RegistryOptions make_registry_options(const RegistryArguments& arguments, const Address& address,
                                      Progress& progress, bool debug) {
  RegistryOptions options = make_registry_options(arguments, progress, debug);
  if (address.reference) options.credentials_host = address.reference->repository.host;
  return options;
}

Parsed<std::uint64_t> parse_size(std::string_view text) {
  static constexpr std::string_view units = "KMG";
  std::string_view digits = text;
  std::uint64_t factor = 1;
  const auto unit = text.empty() ? std::string_view::npos : units.find(text.back());
  if (unit != std::string_view::npos) {
    digits.remove_suffix(1);
    factor = std::uint64_t{1} << (10 * (unit + 1));
  }
  const auto number = parse_number(digits);
  if (!number || *number == 0 || *number > (std::uint64_t{1} << 40) / factor) {
    return std::unexpected(
        cat("\"", printable(text), "\" is not a size such as 5242880, 5M or 1G"));
  }
  return *number * factor;
}

}  // namespace n2c::cli
