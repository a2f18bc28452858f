/// n2c serve: an OCI registry in this process.

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/system.h"
#include "base/terminal.h"
#include "base/text.h"
#include "base/thread.h"
#include "cache/digest_cache.h"
#include "cache/layer_forms.h"
#include "cli/command.h"
#include "cli/line/mistake.h"
#include "cli/registry_options.h"
#include "cli/run.h"
#include "image/image_json.h"
#include "image/store_layer.h"
#include "oci/reference.h"
#include "registry/server/api/api.h"
#include "registry/server/guard/file_watch.h"
#include "registry/server/guard/host_guard.h"
#include "registry/server/guard/login_door.h"
#include "registry/server/net/access_log.h"
#include "registry/server/net/server.h"
#include "registry/server/store/combined_store.h"
#include "registry/server/store/folder_store.h"
#include "registry/server/store/memory_store.h"
#include "serve/served_images.h"

namespace n2c::cli {

namespace {

/// A stop is over within thirty seconds.
constexpr std::chrono::seconds drain_time{28};
/// From then on nobody waits for a layer that is still being compressed.
constexpr std::chrono::seconds prepare_time{5};
constexpr std::chrono::seconds look_apart{1};
constexpr std::uint64_t largest_pem = 1 << 20, largest_htpasswd = 16 << 20;

/// The command line as it stands.
struct ServeArguments {
  std::string listen = "127.0.0.1:5000";
  bool insecure_listen = false;
  std::vector<std::string> allowed_hosts;
  std::string tls_certificate, tls_key, htpasswd;
  std::string root;
  bool memory = false;
  bool collect = false;
  std::vector<std::string> images;
  std::string store_root;
  std::string compression = "none";
  bool read_only = false;
  bool sparse = false;
  std::uint64_t chunk_min_length = 0;
  std::size_t max_connections = 256;
  std::string port_file;
  bool json = false;
  std::string memory_limit;
};

struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;
};

/// "127.0.0.1:5000", "[::1]:0", ":5000" (every address), "5000" (loopback).
Parsed<ListenAddress> parse_listen(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const bool port_only = colon == std::string_view::npos;
  const auto port = parse_number(port_only ? text : text.substr(colon + 1));
  if (!port || *port > 65535)
    return std::unexpected(cat("\"", printable(text, 80), "\" is neither ADDRESS:PORT nor PORT"));
  std::string_view host = port_only ? "127.0.0.1" : text.substr(0, colon);
  if (host.empty()) host = "0.0.0.0";
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return ListenAddress{std::string(host), static_cast<std::uint16_t>(*port)};
}

bool is_loopback_address(const std::string& host) {
  return oci::is_loopback(host.contains(':') ? cat('[', host, ']') : host);
}

void note(const Printable& line) { terminal::say(cat("n2c: ", line)); }

registry::TlsIdentity tls_identity(const ServeArguments& arguments) {
  return {.certificate_chain = read_argument(arguments.tls_certificate, largest_pem),
          .key = read_argument(arguments.tls_key, largest_pem)};
}

registry::Htpasswd read_htpasswd(const ServeArguments& arguments) {
  return or_throw(registry::Htpasswd::parse(read_argument(arguments.htpasswd, largest_htpasswd)),
                  ErrorKind::input, arguments.htpasswd);
}

registry::ServerOptions server_options(const ServeArguments& arguments) {
  const auto where = or_throw(parse_listen(arguments.listen), ErrorKind::usage, "--listen");
  const bool tls = !arguments.tls_certificate.empty();
  if (!tls && !arguments.insecure_listen && !is_loopback_address(where.host)) {
    throw Error(ErrorKind::usage, cat("--listen ", arguments.listen, ": not loopback, and no TLS"),
                "give --tls-cert and --tls-key, or --insecure-listen if the network is trusted");
  }
  registry::ServerOptions options{.address = where.host, .port = where.port};
  options.max_connections = arguments.max_connections;
  options.descriptors = allow_many_files();
  if (tls) options.tls = tls_identity(arguments);
  options.on_failure = note;
  options.on_access = [json = arguments.json](const registry::AccessRecord& record) {
    if (json) {
      terminal::print_json(registry::access_json(record));
    } else {
      terminal::print(registry::access_line(record));
    }
    terminal::flush();
  };
  return options;
}

/// NAME[:TAG]=FILE.
ServedImage served_image(const std::string& text, const StoreView& store) {
  const auto both = cut(text, '=');
  const auto [repository, tag] =
      cut(both ? both->first : text, ':').value_or(std::pair{both ? both->first : text, "latest"});
  if (!both || !oci::is_repository_path(repository) || !oci::is_tag(tag)) {
    throw Error(ErrorKind::usage, cat("--image ", printable(text), ": expected NAME[:TAG]=FILE"));
  }
  const std::string file(both->second);
  const ImageRecord record = read_image_json(file);
  at_place(file, [&] { require_store_paths(record, store); });
  return {std::string(repository), std::string(tag), make_image(record, store, file)};
}

/// What is served, and what it is made of.
class Stores {
 public:
  Stores(const ServeArguments& arguments, registry::MemoryBudget& budget) {
    if (!arguments.root.empty()) {
      folder_.emplace(
          arguments.root, [](const std::string& line) { note("not served: " + line); }, &budget);
    }
    // Without --root and --image there is nothing but memory to serve from.
    if (!folder_ && (arguments.memory || arguments.images.empty())) memory_.emplace(&budget);
    if (!arguments.images.empty()) load_images(arguments);
    if (images_ && pushed() != nullptr) combined_.emplace(*images_, *pushed());
  }

  /// Ends what requests wait for.
  void stop() {
    if (images_) images_->stop();
  }

  registry::Store& served() {
    if (combined_) return *combined_;
    if (images_) return *images_;
    return *pushed();
  }

 private:
  void load_images(const ServeArguments& arguments) {
    ServeOptions options{.compression = or_throw(Compression::parse(arguments.compression),
                                                 ErrorKind::usage, "--compression"),
                         .note = note};
    std::vector<ServedImage> images;
    for (const std::string& text : arguments.images) {
      images.push_back(served_image(text, {arguments.store_root}));
    }
    use_cache(images, options);
    images_.emplace(std::move(images), std::move(options));
  }

  /// Takes known forms from the cache, and keeps there what compressing gives now.
  void use_cache(const std::vector<ServedImage>& images, ServeOptions& options) {
    if (options.compression.codec == Codec::none) return;
    cache_.emplace(DigestCache::usual_file(process_environment()));
    const std::string recipe = options.compression.recipe();
    const std::string_view media_type = layer_media_type(options.compression.codec);
    for (const ServedImage& served : images) {
      const auto forms = remembered_forms(*cache_, diff_ids_of(served.image), recipe, media_type);
      for (const auto& [diff_id, form] : forms) options.known.add(diff_id, {form, "the cache"});
    }
    options.learned = [this, recipe](const oci::Digest& diff_id, const oci::Descriptor& form) {
      remember_forms(*cache_, recipe, {{diff_id, form}});
      cache_->save();
    };
    options.doubted = [this, recipe] { cache_->forget_forms(recipe); };
  }

  registry::WritableStore* pushed() {
    if (folder_) return &*folder_;
    return memory_ ? &*memory_ : nullptr;
  }

  std::optional<DigestCache> cache_;  // before images_, whose threads add to it
  std::optional<registry::FolderStore> folder_;
  std::optional<registry::MemoryStore> memory_;
  std::optional<ServedImages> images_;
  std::optional<registry::CombinedStore> combined_;
};

int collect(const std::string& root) {
  if (root.empty()) throw Error(ErrorKind::usage, "--gc needs --root");
  registry::FolderStore store(root, [](const std::string& line) { note(line); });
  const auto removed = store.collect();
  terminal::print(cat("removed ", removed.blobs, " blobs, ", brief_bytes(removed.bytes)));
  return 0;
}

/// Refuses what web pages ask for (host_guard.h). Beyond loopback users choose the host names.
registry::Handler with_guard(const ServeArguments& arguments, bool on_loopback,
                             registry::Handler handler) {
  if (!on_loopback && arguments.allowed_hosts.empty()) return handler;
  registry::HostRules rules;
  rules.checks_host = !arguments.allowed_hosts.empty() || arguments.htpasswd.empty();
  for (const std::string& name : arguments.allowed_hosts) {
    rules.allowed.push_back(
        or_throw(registry::parse_host_name(name), ErrorKind::usage, "--allow-host"));
  }
  return registry::with_host_guard(std::move(rules), std::move(handler));
}

/// `door` is null where no login is asked for.
registry::Handler make_handler(registry::Api& api, const ServeArguments& arguments,
                               const std::shared_ptr<registry::LoginDoor>& door, bool on_loopback) {
  registry::Handler handler = [&api](registry::Request& request) { return api.handle(request); };
  if (door) handler = registry::with_login(door, std::move(handler));
  return with_guard(arguments, on_loopback, std::move(handler));
}

/// A file of the command line that is read anew when it changes, and on SIGHUP.
struct Renewed {
  registry::FileWatch watch;
  std::string what;
  std::function<void()> read;

  void look(bool at_once) {
    if (at_once) watch.read_now();
    if (!at_once && !watch.changed()) return;
    try {
      read();
      note(cat(what, ": read again"));
    } catch (const Error& error) {
      note(cat(what, ": ", error.message(), "; what was read before stays in force"));
    }
  }
};

/// Returns at a stop, and when `server` can be reached no more.
void look_until(std::stop_token stop, const registry::Server& server, std::vector<Renewed> files) {
  SystemClock clock;
  unsigned hangups = hangup().count;
  hangup().means_reload = true;
  while (!server.failure() && clock.wait(look_apart, stop)) {
    const unsigned now = hangup().count;
    for (Renewed& file : files) file.look(now != hangups);
    hangups = now;
  }
}

std::vector<Renewed> renewed_files(const ServeArguments& arguments, registry::Server& server,
                                   const std::shared_ptr<registry::LoginDoor>& door) {
  std::vector<Renewed> files;
  if (door) {
    files.push_back({registry::FileWatch({arguments.htpasswd}), "--htpasswd",
                     [&arguments, door] { door->renew(read_htpasswd(arguments)); }});
  }
  if (!arguments.tls_certificate.empty()) {
    files.push_back({registry::FileWatch({arguments.tls_certificate, arguments.tls_key}),
                     "--tls-cert, --tls-key",
                     [&arguments, &server] { server.use_tls(tls_identity(arguments)); }});
  }
  return files;
}

int serve(const ServeArguments& arguments, std::stop_token stop) {
  if (arguments.collect) return collect(arguments.root);
  const terminal::InBackground log;  // a log that nobody reads holds nobody up
  auto options = server_options(arguments);
  const std::uint64_t limit =
      arguments.memory_limit.empty()
          ? registry::MemoryBudget::usual_limit()
          : or_throw(parse_size(arguments.memory_limit), ErrorKind::usage, "--memory-limit");
  // An eighth is for what nobody counts: stacks, sockets, what the allocator keeps.
  registry::MemoryBudget budget(limit - limit / 8);
  Stores stores(arguments, budget);
  registry::ApiOptions api_options{
      .read_only = arguments.read_only, .accept_sparse = arguments.sparse, .on_failure = note};
  api_options.memory = &budget;
  if (arguments.chunk_min_length != 0) api_options.chunk_min_length = arguments.chunk_min_length;
  registry::Api api(stores.served(), api_options);
  options.memory = &budget;
  const std::string scheme = options.tls ? "https" : "http";
  const std::string host =
      options.address.contains(':') ? cat('[', options.address, ']') : options.address;
  const auto door = arguments.htpasswd.empty()
                        ? nullptr
                        : std::make_shared<registry::LoginDoor>(read_htpasswd(arguments));
  auto handler = make_handler(api, arguments, door, is_loopback_address(options.address));
  registry::Server server(std::move(handler), std::move(options));
  if (!arguments.port_file.empty()) write_file(arguments.port_file, cat(server.port(), "\n"));
  note(cat("serving ", scheme, "://", host, ":", server.port()));
  look_until(stop, server, renewed_files(arguments, server, door));
  std::jthread impatient;
  try {
    impatient = start_thread([&](const std::stop_token& drained) {
      SystemClock clock;
      if (clock.wait(prepare_time, drained)) stores.stop();
    });
  } catch (const Error&) {
    stores.stop();  // without a thread to wait in, what is being prepared ends now
  }
  server.drain(drain_time);
  if (const auto failure = server.failure()) throw Error(*failure);
  return 0;
}

}  // namespace

void add_serve_command(CLI::App& app, Invocation& chosen) {
  auto arguments = std::make_shared<ServeArguments>();
  CLI::App* command = app.add_subcommand("serve", "serve images as an OCI registry");
  command
      ->add_option("--listen", arguments->listen, "the address to listen on; port 0: any free port")
      ->capture_default_str();
  command->add_flag("--insecure-listen", arguments->insecure_listen,
                    "listen beyond loopback without TLS");
  command->add_option("--allow-host", arguments->allowed_hosts,
                      "also answer requests for this host name; on loopback, by default only "
                      "loopback names are answered, unless --htpasswd is given (repeatable)");
  auto* certificate =
      command->add_option("--tls-cert", arguments->tls_certificate, "PEM file: certificate chain");
  auto* key = command->add_option("--tls-key", arguments->tls_key, "PEM file: its key");
  certificate->needs(key);
  key->needs(certificate);
  command->add_option("--htpasswd", arguments->htpasswd,
                      "file of logins, as `htpasswd -B` writes it");
  auto* root = command->add_option("--root", arguments->root, "keep what is pushed in this folder");
  command->add_flag("--memory", arguments->memory, "keep what is pushed in memory (the default)")
      ->excludes(root);
  command->add_option("--image", arguments->images,
                      "serve the image that this image.json describes (repeatable)");
  command->add_option("--store-root", arguments->store_root, "read /nix/store/… below this folder");
  command
      ->add_option("--compression", arguments->compression,
                   "for the layers of --image: none, gzip[:LEVEL], zstd[:LEVEL]")
      ->capture_default_str();
  command->add_flag("--gc", arguments->collect,
                    "remove what no manifest below --root names, and exit");
  command->add_flag("--read-only", arguments->read_only, "refuse every push and delete");
  command->add_flag("--sparse", arguments->sparse,
                    "accept manifests that name blobs the repository lacks");
  take_number(
      *command->add_option("--chunk-min-length", arguments->chunk_min_length,
                           "require chunks of at least this size, as OCI-Chunk-Min-Length says"),
      0, UINT64_MAX);
  take_number(*command
                   ->add_option("--max-connections", arguments->max_connections,
                                "how many connections at once; further ones are answered 503")
                   ->capture_default_str(),
              1, 1000000);
  command->add_option("--memory-limit", arguments->memory_limit,
                      "the most memory for what is kept and worked on, such as 512M or 4G; beyond "
                      "it pushes are answered 507 or 503 (default: half of this machine's memory)");
  command->add_option("--port-file", arguments->port_file,
                      "write the port to this file once n2c listens");
  command->add_flag("--json", arguments->json, "log each request as JSON");
  command->callback([arguments, &chosen] {
    chosen.action = [arguments](std::stop_token stop) { return serve(*arguments, stop); };
  });
}

}  // namespace n2c::cli
