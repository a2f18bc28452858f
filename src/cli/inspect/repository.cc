/// n2c tags and n2c delete: what a repository of a registry holds, and removing some of it.

#include <CLI/CLI.hpp>
#include <memory>

#include "base/terminal.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/registry_options.h"
#include "console/console_progress.h"
#include "places/address.h"
#include "remote/registries.h"

namespace n2c::cli {

namespace {

struct RepositoryArguments {
  std::string name;
  bool json = false;
  RegistryArguments registry;
};

/// The reference at a registry that was written, and the registries to reach it by.
struct Reached {
  Reached(const RepositoryArguments& arguments, std::string_view word, bool debug)
      : reference(reference_of_registry(arguments.name, word)),
        registries(options_of(arguments, debug)) {}

  static oci::Reference reference_of_registry(const std::string& text, std::string_view word) {
    const auto address = or_throw(Address::parse(text), ErrorKind::usage, word);
    if (address.kind == Address::Kind::registry) return *address.reference;
    throw Error(ErrorKind::usage, cat(word, ": ", address.str(), " is not at a registry"),
                "HOST/REPOSITORY[:TAG][@DIGEST]");
  }
  RegistryOptions options_of(const RepositoryArguments& arguments, bool debug) {
    RegistryOptions options = make_registry_options(arguments.registry, progress, debug);
    options.credentials_host = reference.repository.host;
    return options;
  }

  oci::Reference reference;
  ConsoleProgress progress{ProgressStyle::none, ConsoleProgress::Notes::hidden};
  Registries registries;
};

int run_tags(const RepositoryArguments& arguments, bool debug, std::stop_token stop) {
  Reached reached(arguments, "REPOSITORY", debug);
  const oci::Repository& repository = reached.reference.repository;
  const bool is_tagged = arguments.name.ends_with(":" + reached.reference.tag.value_or(""));
  if (reached.reference.digest || (reached.reference.tag && is_tagged)) {
    throw Error(ErrorKind::usage, cat("REPOSITORY: ", printable(arguments.name), " names an image"),
                cat("leave its tag out: ", repository.str()));
  }
  auto client = reached.registries.client(repository, registry::Access::pull);
  const auto tags =
      with_context("tags of " + repository.str(), [&] { return client.list_tags(stop); });
  if (!tags) {
    throw Error(ErrorKind::registry, repository.str() + ": no such repository at the registry",
                "a private repository answers so without a login");
  }
  if (arguments.json) {
    go::Json json;
    json.set("Repository", repository.str());
    json.set("Tags", go::Json(go::Json::Array(tags->begin(), tags->end())));
    terminal::print_json(json.indented());
  } else {
    for (const std::string& tag : *tags) terminal::print(printable(tag));
  }
  return 0;
}

int run_delete(const RepositoryArguments& arguments, bool debug, std::stop_token stop) {
  Reached reached(arguments, "REFERENCE", debug);
  const oci::Reference& reference = reached.reference;
  return with_context("deleting " + reference.str(), [&] {
    auto client = reached.registries.client(reference.repository, registry::Access::remove);
    std::optional<oci::Digest> digest = reference.digest;
    if (!digest) {
      // A tag is removed with the manifest that it names: not every registry removes tags.
      const auto held = client.get_manifest(*reference.tag, stop);
      if (held) digest = held->descriptor.digest;
    }
    if (!digest || !client.delete_manifest(*digest, stop)) {
      throw Error(ErrorKind::registry, "no such image at the registry");
    }
    terminal::print(cat("deleted ", reference.repository.str(), " @", digest->str()));
    return 0;
  });
}

}  // namespace

void add_tags_command(CLI::App& app, Invocation& chosen) {
  const auto arguments = std::make_shared<RepositoryArguments>();
  CLI::App& command = *app.add_subcommand("tags", "List the tags of a repository, one a line");
  command.add_option("REPOSITORY", arguments->name, "HOST/REPOSITORY")->required();
  command.add_flag("--json", arguments->json, "as JSON, in the words of skopeo list-tags");
  add_registry_options(command, arguments->registry);
  command.callback([arguments, &chosen] {
    chosen.action = [arguments, &chosen](std::stop_token stop) {
      return run_tags(*arguments, chosen.debug, std::move(stop));
    };
  });
}

void add_delete_command(CLI::App& app, Invocation& chosen) {
  const auto arguments = std::make_shared<RepositoryArguments>();
  CLI::App& command = *app.add_subcommand(
      "delete", "Remove an image from a registry: its manifest, and so every tag that names it");
  command.add_option("REFERENCE", arguments->name, "HOST/REPOSITORY[:TAG][@DIGEST]")->required();
  add_registry_options(command, arguments->registry);
  command.callback([arguments, &chosen] {
    chosen.action = [arguments, &chosen](std::stop_token stop) {
      return run_delete(*arguments, chosen.debug, std::move(stop));
    };
  });
}

}  // namespace n2c::cli
