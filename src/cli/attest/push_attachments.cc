#include "cli/attest/push_attachments.h"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "cli/attest/signer.h"
#include "cli/command.h"
#include "remote/attachment.h"
#include "remote/registry_store.h"
#include "statement/bill_layers.h"
#include "statement/cyclonedx.h"
#include "statement/spdx.h"

namespace n2c::cli {

namespace {

struct FileAndType {
  std::filesystem::path file;
  std::string type;
};

FileAndType file_and_type(const std::string& text) {
  const auto colon = text.rfind(':');
  const bool has_type = colon != std::string::npos && text.find('/', colon) != std::string::npos;
  if (has_type && colon != 0) return {text.substr(0, colon), text.substr(colon + 1)};
  throw Error(ErrorKind::usage, cat("--attach: \"", printable(text), "\" has no media type"),
              "FILE:TYPE, such as report.json:application/vnd.acme.report+json");
}

Attachment attachment_of_file(const std::string& text, const std::stop_token& stop) {
  const auto [file, type] = file_and_type(text);
  return make_attachment(type, file.filename().string(), std::make_shared<FileSource>(file), {},
                         stop);
}

/// The layers as the registry has them: their digests are of what was sent.
void name_as_stored(std::vector<BillLayer>& layers, const oci::RawManifest& stored) {
  const auto manifest = oci::Manifest::from_json(stored.json);
  if (!manifest || manifest->layers.size() != layers.size()) return;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    layers[i].digest = manifest->layers[i].digest;
    layers[i].size = manifest->layers[i].size;
  }
}

Attachment attachment_of_bill(const PushAttachments& arguments, const PushedImage& pushed,
                              const oci::RawManifest& stored, const std::stop_token& stop) {
  const BillFacts facts = bill_facts_of(arguments.bill);
  const auto& image = std::get<Image>(pushed.image);
  const auto address = Address::parse_source(pushed.description);
  const bool is_named = address && address->kind == Address::Kind::image_json;
  const auto file = is_named ? address->path.string() : pushed.description;
  const ImageRecord record = read_image_json(file);
  auto layers = described_bill_layers(record, facts.closure, {.root = pushed.store_root}, stop);
  name_as_stored(layers, stored);
  const Bill bill =
      make_bill(subject_of_stored(image, pushed.to.repository, pushed.manifest.digest),
                std::move(layers), facts.closure, facts.packages);
  const bool is_spdx = arguments.sbom == "spdx";
  return make_attachment(std::string(is_spdx ? spdx_media_type : cyclonedx_media_type),
                         is_spdx ? "sbom.spdx.json" : "sbom.cdx.json",
                         std::make_shared<MemorySource>(bill_text(bill, arguments.sbom)), {}, stop);
}

void write_tags(registry::RegistryClient& client, const PushedImage& pushed,
                const oci::RawManifest& stored, const std::stop_token& stop) {
  std::vector<std::string> tags;
  for (const std::string& tag : distinct_tags(pushed.to.tag.value_or(""), pushed.tags)) {
    const auto held = client.head_manifest(tag, stop);
    if (!held || held->digest != pushed.manifest.digest) tags.push_back(tag);
  }
  if (tags.empty()) return;
  const ManifestOutcome outcome =
      RegistryStore(client, {}).put_manifest(stored.descriptor, stored.json, tags, stop);
  if (outcome.stored()) return;
  throw Error(ErrorKind::registry,
              cat("the registry has the image and takes no tag for it: ",
                  outcome.missing.empty() ? outcome.format_refused : "it lacks a blob"));
}

}  // namespace

void add_attachment_options(CLI::App& command, PushAttachments& arguments) {
  command.add_option("--attach", arguments.files,
                     "also attach a file to the image: FILE:TYPE, its media type (repeatable)");
  command
      .add_flag("--sbom{cyclonedx}", arguments.sbom,
                "also attach a bill of materials: --sbom=cyclonedx, which is the default, or "
                "--sbom=spdx")
      ->check(CLI::IsMember({"cyclonedx", "spdx"}));
  add_bill_options(command, arguments.bill);
  auto* sign = command.add_option(
      "--sign-with", arguments.sign_with,
      "a command for the shell that signs $N2C_REFERENCE; its tags are written when it succeeded");
  command.add_option("--sign-timeout", arguments.sign_seconds, "seconds that the command may take")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str()
      ->needs(sign);
  command
      .add_flag("--sign-attachments", arguments.sign_attachments,
                "have each attachment signed by the command too")
      ->needs(sign);
}

void refuse_attachments(const PushAttachments& arguments, std::string_view why) {
  if (!arguments.is_asked()) return;
  throw Error(ErrorKind::usage, cat("--attach, --sbom and --sign-with ", why));
}

int run_signed(const std::function<int()>& push) {
  try {
    return push();
  } catch (const SignerFailed& failed) {
    print_error(failed.error(), "n2c: ");
    return SignerFailed::exit_code;
  }
}

void require_attachments(const PushAttachments& arguments, const ImageArgument& image,
                         const Address& to, bool is_dry_run) {
  if (is_dry_run) refuse_attachments(arguments, "do not go with --dry-run");
  if (to.kind != Address::Kind::registry) refuse_attachments(arguments, "are for registries");
  for (const std::string& text : arguments.files) {
    const auto file = file_and_type(text).file;
    if (is_there(file)) continue;
    throw Error(ErrorKind::input, cat("--attach: ", printable(file.string()), ": no such file"));
  }
  if (!arguments.sbom.empty() && !std::holds_alternative<Image>(image)) {
    throw Error(ErrorKind::usage, "--sbom is of an image.json, which names store paths");
  }
  bill_facts_of(arguments.bill);
}

void attach_and_tag(const PushAttachments& arguments, const PushedImage& pushed,
                    Registries& registries, Progress& progress, const std::stop_token& stop) {
  auto client = registries.client(pushed.to.repository);
  const auto stored = client.get_manifest(pushed.manifest.digest.str(), stop);
  if (!stored) throw Error(ErrorKind::registry, "the registry lacks the image it was just given");
  std::vector<Attachment> attachments;
  if (!arguments.sbom.empty()) {
    attachments.push_back(attachment_of_bill(arguments, pushed, *stored, stop));
  }
  for (const std::string& file : arguments.files) {
    attachments.push_back(attachment_of_file(file, stop));
  }
  const Signer signer{.command = arguments.sign_with, .seconds = arguments.sign_seconds};
  for (const Attachment& attachment : attachments) {
    const Attached attached = attach(client, stored->descriptor, attachment, stop);
    progress.note(cat(attached.was_there ? "attached already: " : "attached ",
                      printable(attachment.title), " (", printable(attachment.type), ")"));
    if (arguments.sign_attachments) sign(signer, client, attached.manifest, stop);
  }
  if (!arguments.sign_with.empty()) sign(signer, client, stored->descriptor, stop);
  write_tags(client, pushed, *stored, stop);
}

}  // namespace n2c::cli
