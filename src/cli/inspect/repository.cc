/// n2c tags, n2c tag, n2c delete and n2c cache prune: what a repository of a registry holds, giving
/// it further names, and removing some of it.

#include <CLI/CLI.hpp>
#include <memory>

#include "base/terminal.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/registry_options.h"
#include "console/console_progress.h"
#include "console/json_object.h"
#include "go/encoding_json.h"
#include "places/address.h"
#include "remote/prune_index.h"
#include "remote/registries.h"
#include "remote/registry_store.h"

namespace n2c::cli {

namespace {

struct RepositoryArguments {
  std::string name;
  std::vector<std::string> tags;
  bool json = false;
  std::size_t keep = 1000;  // of its layer index
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

/// Throws Error{usage} for what cannot be a tag alone.
void require_tags(const std::vector<std::string>& tags, const oci::Reference& reference) {
  for (const std::string& tag : tags) {
    if (oci::is_tag(tag)) continue;
    const bool is_reference = tag.contains('/') || tag.contains(':');
    throw Error(ErrorKind::usage, cat("NEW: \"", printable(tag), "\" is not a tag"),
                is_reference
                    ? cat("a tag alone; n2c copy takes images to other repositories: n2c copy ",
                          reference.str(), " ", printable(tag))
                    : "up to 128 of A-Z a-z 0-9 . _ -");
  }
}

int run_tag(const RepositoryArguments& arguments, bool debug, std::stop_token stop) {
  Reached reached(arguments, "REFERENCE", debug);
  const oci::Reference& reference = reached.reference;
  require_tags(arguments.tags, reference);
  return with_context("tagging " + reference.str(), [&] {
    auto client = reached.registries.client(reference.repository, registry::Access::push);
    const auto held =
        client.get_manifest(reference.digest ? reference.digest->str() : *reference.tag, stop);
    if (!held) throw Error(ErrorKind::registry, "no such image at the registry");
    const ManifestOutcome outcome =
        RegistryStore(client, {}).put_manifest(held->descriptor, held->json, arguments.tags, stop);
    if (!outcome.stored()) {
      throw Error(ErrorKind::registry,
                  cat("the registry has the manifest and takes it for no "
                      "further tag: ",
                      outcome.missing.empty() ? outcome.format_refused
                                              : outcome.missing.front().str() + " is missing"));
    }
    for (const std::string& tag : arguments.tags) {
      terminal::print(oci::Reference{reference.repository, tag, held->descriptor.digest}.str());
    }
    return 0;
  });
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
    terminal::say(cat("deleted ", reference.repository.str(), " @", digest->str()));
    return 0;
  });
}

go::Json pruned_json(const oci::Repository& repository, const std::optional<PrunedIndex>& pruned) {
  go::Json json;
  json.set("command", "cache prune").set("repository", repository.str());
  json.set("has_index", go::Json(pruned.has_value()));
  json.set("kept", go::Json(std::uint64_t{pruned ? pruned->kept : 0}));
  return json.set("dropped", go::Json(std::uint64_t{pruned ? pruned->dropped : 0}));
}

int run_prune(const RepositoryArguments& arguments, bool debug, const std::stop_token& stop) {
  Reached reached(arguments, "REPOSITORY", debug);
  const oci::Repository& repository = reached.reference.repository;
  return with_context("pruning the layer index of " + repository.str(), [&] {
    const auto access = arguments.keep == 0 ? registry::Access::remove : registry::Access::push;
    auto client = reached.registries.client(repository, access);
    const auto pruned = prune_layer_index(client, arguments.keep, stop);
    terminal::say(pruned ? cat(repository.str(), ": ", pruned->kept, " layers kept, ",
                               pruned->dropped, " dropped")
                         : cat(repository.str(), " has no layer index"));
    if (arguments.json) print_object("n2c.cache/1", pruned_json(repository, pruned));
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

void add_tag_command(CLI::App& app, Invocation& chosen) {
  const auto arguments = std::make_shared<RepositoryArguments>();
  CLI::App& command = *app.add_subcommand(
      "tag", "Give an image at a registry further tags; nothing but its manifest is read and sent");
  command.add_option("REFERENCE", arguments->name, "HOST/REPOSITORY[:TAG][@DIGEST]")->required();
  command.add_option("NEW", arguments->tags, "tags of the same repository")->required();
  add_registry_options(command, arguments->registry);
  command.callback([arguments, &chosen] {
    chosen.action = [arguments, &chosen](std::stop_token stop) {
      return run_tag(*arguments, chosen.debug, std::move(stop));
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

void add_prune_command(CLI::App& cache, Invocation& chosen) {
  auto arguments = std::make_shared<RepositoryArguments>();
  CLI::App* command = cache.add_subcommand(
      "prune",
      "remove entries that are old, or whose blobs are gone, from a repository's layer index");
  command->add_option("REPOSITORY", arguments->name, "HOST/REPOSITORY")->required();
  command
      ->add_option("--keep", arguments->keep,
                   "how many of the newest layers to keep; 0 removes the index")
      ->check(CLI::Range(0, 5000))
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "print the result as a JSON object in one line");
  add_registry_options(*command, arguments->registry);
  command->callback([arguments, &chosen] {
    chosen.action = [arguments, &chosen](std::stop_token stop) {
      return run_prune(*arguments, chosen.debug, stop);
    };
  });
}

}  // namespace n2c::cli
