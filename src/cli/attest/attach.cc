/// n2c attach and n2c referrers: files that belong to an image at a registry.

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "base/terminal.h"
#include "base/text.h"
#include "cli/attest/file_attachment.h"
#include "cli/attest/subject.h"
#include "cli/command.h"
#include "cli/transfer_options.h"
#include "console/json_object.h"
#include "console/stopped.h"
#include "go/encoding_json.h"
#include "remote/attachment.h"
#include "remote/referrers.h"

namespace n2c::cli {

namespace {

struct AttachCommand {
  std::string reference, file, type;
  std::vector<std::string> annotations;
  bool json = false;
  RegistryArguments registry;
};

go::Json attached_json(const Attached& attached, const Attachment& attachment,
                       const oci::Repository& repository, const oci::Digest& subject) {
  const oci::Digest& digest = attached.manifest.digest;
  go::Json json;
  json.set("command", "attach").set("reference", cat(repository.str(), "@", digest.str()));
  json.set("digest", digest.str()).set("size", go::Json(attached.manifest.size));
  json.set("subject", subject.str()).set("artifactType", attachment.type);
  return json.set("was_there", go::Json(attached.was_there));
}

int run_attach(const AttachCommand& arguments, bool debug, const std::stop_token& stop) {
  oci::Annotations annotations;
  for (const std::string& pair : arguments.annotations) {
    annotations.insert(key_value_of(pair, "--annotation"));
  }
  const Attachment attachment =
      attachment_of_argument(arguments.file, arguments.type, std::move(annotations), "", stop);
  Subject subject(arguments.reference, arguments.registry, registry::Access::push, debug);
  const Kept kept{ConsoleProgress::Kept::nothing, "nothing was attached"};
  return with_context("attaching to " + subject.reference().str(), [&] {
    const auto [image, attached] = saying_how_far(subject.progress(), kept, [&] {
      subject.progress().phase("asking for the image");
      oci::RawManifest found = subject.manifest(stop);
      subject.progress().phase("sending");
      Attached sent = attach(subject.client(), found.descriptor, attachment, stop);
      return std::pair(std::move(found), std::move(sent));
    });
    const oci::Repository& repository = subject.reference().repository;
    const oci::Digest& about = image.descriptor.digest;
    if (arguments.json) {
      print_object("n2c.attachment/1", attached_json(attached, attachment, repository, about));
    } else {
      terminal::print(cat(repository.str(), "@", attached.manifest.digest.str()));
    }
    const bool says_digest = subject.reference().digest.has_value();
    terminal::say(cat(attached.was_there ? "attached already: " : "attached ",
                      printable(arguments.file), " to ", subject.reference().str(),
                      says_digest ? "" : cat(" @", about.str())));
    return 0;
  });
}

struct ReferrersCommand {
  std::string reference, type;
  bool json = false;
  RegistryArguments registry;
};

go::Json referrer_json(const oci::Descriptor& referrer) {
  go::Json json;
  json.set("digest", referrer.digest.str()).set("artifactType", artifact_type_of(referrer));
  json.set("mediaType", referrer.media_type).set("size", go::Json(referrer.size));
  go::Json annotations(go::Json::Object{});
  for (const auto& [key, value] : referrer.annotations) annotations.set(key, value);
  return json.set("annotations", std::move(annotations));
}

int run_referrers(const ReferrersCommand& arguments, bool debug, const std::stop_token& stop) {
  Subject subject(arguments.reference, arguments.registry, registry::Access::pull, debug);
  return with_context("referrers of " + subject.reference().str(), [&] {
    const auto& digest = subject.reference().digest;
    const oci::Digest about = digest ? *digest : subject.manifest(stop).descriptor.digest;
    go::Json list(go::Json::Array{});
    for (const oci::Descriptor& one : list_typed_referrers(subject.client(), about, stop)) {
      const std::string type = artifact_type_of(one);
      if (!arguments.type.empty() && type != arguments.type) continue;
      list.push(referrer_json(one));
      if (!arguments.json) terminal::print(cat(one.digest.str(), "  ", printable(type)));
    }
    if (arguments.json) {
      go::Json json;
      json.set("command", "referrers");
      json.set("reference", oci::Reference{subject.reference().repository, {}, about}.str());
      json.set("subject", about.str()).set("referrers", std::move(list));
      print_object("n2c.referrers/1", json, JsonForm::indented);
    }
    return 0;
  });
}

}  // namespace

void add_attach_command(CLI::App& app, Invocation& chosen) {
  const auto arguments = std::make_shared<AttachCommand>();
  CLI::App& command = *app.add_subcommand(
      "attach", "Attach a file to an image at a registry, as an artifact that refers to it");
  command.add_option("REFERENCE", arguments->reference, "HOST/REPOSITORY[:TAG][@DIGEST]")
      ->required();
  command.add_option("FILE", arguments->file, "the file to attach")->required();
  command
      .add_option("--type", arguments->type,
                  "the file's media type, which is also the artifactType")
      ->required();
  command.add_option("--annotation", arguments->annotations,
                     "an annotation of the artifact (repeatable)");
  command.add_flag("--json", arguments->json, "print the result as a JSON object in one line");
  add_registry_options(command, arguments->registry);
  command.callback([arguments, &chosen] {
    chosen.action = [arguments, &chosen](std::stop_token stop) {
      return run_attach(*arguments, chosen.debug, stop);
    };
  });
}

void add_referrers_command(CLI::App& app, Invocation& chosen) {
  const auto arguments = std::make_shared<ReferrersCommand>();
  CLI::App& command = *app.add_subcommand(
      "referrers", "List what refers to an image at a registry: signatures, bills of materials");
  command.add_option("REFERENCE", arguments->reference, "HOST/REPOSITORY[:TAG][@DIGEST]")
      ->required();
  command.add_option("--type", arguments->type, "only this artifactType");
  command.add_flag("--json", arguments->json, "print JSON");
  add_registry_options(command, arguments->registry);
  command.callback([arguments, &chosen] {
    chosen.action = [arguments, &chosen](std::stop_token stop) {
      return run_referrers(*arguments, chosen.debug, stop);
    };
  });
}

}  // namespace n2c::cli
