#include "cli/attest/push_attachments.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "cli/attest/file_attachment.h"
#include "cli/attest/signer.h"
#include "cli/command.h"
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
  return attachment_of_argument(file, type, {}, "--attach", stop);
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

Bill bill_of_pushed(const BillFacts& facts, const DescribedImage& description,
                    const PushedManifests& pushed, const oci::RawManifest& stored,
                    const std::stop_token& stop) {
  auto layers =
      described_bill_layers(*description.record, facts.closure, {.root = pushed.store_root}, stop);
  name_as_stored(layers, stored);
  return make_bill(
      subject_of_stored(description.image, pushed.to.repository, stored.descriptor.digest),
      std::move(layers), facts.closure, facts.packages);
}

Attachment attachment_of_sbom(const Bill& bill, const std::string& format,
                              const std::stop_token& stop) {
  const bool is_spdx = format == "spdx";
  return make_attachment(std::string(is_spdx ? spdx_media_type : cyclonedx_media_type),
                         is_spdx ? "sbom.spdx.json" : "sbom.cdx.json",
                         std::make_shared<MemorySource>(bill_text(bill, format)), {}, stop);
}

Attachment attachment_of_provenance(const Bill& bill, const ProvenanceFacts& facts,
                                    const std::stop_token& stop) {
  std::string text = provenance_statement(bill, facts);
  return make_attachment(std::string(statement_media_type), "provenance.intoto.json",
                         std::make_shared<MemorySource>(std::move(text)),
                         {{predicate_type_key, std::string(provenance_type)}}, stop);
}

/// The description of what is stored. A null pointer for an index, and for what was stored before.
const DescribedImage* description_of(const PushedManifests& pushed,
                                     const oci::RawManifest& stored) {
  const auto manifest = oci::Manifest::from_json(stored.json);
  if (!manifest) return nullptr;
  const auto found = pushed.descriptions.find(manifest->config.digest);
  return found == pushed.descriptions.end() ? nullptr : found->second;
}

std::vector<Attachment> attachments_of(const ReadyAttachments& ready, const PushedManifests& pushed,
                                       const oci::RawManifest& stored,
                                       const std::stop_token& stop) {
  const PushAttachments& asked = ready.asked;
  std::vector<Attachment> attachments;
  const DescribedImage* description = description_of(pushed, stored);
  if (description != nullptr && (!asked.sbom.empty() || asked.provenance)) {
    const Bill bill = bill_of_pushed(ready.bill, *description, pushed, stored, stop);
    if (!asked.sbom.empty()) attachments.push_back(attachment_of_sbom(bill, asked.sbom, stop));
    if (asked.provenance) {
      attachments.push_back(attachment_of_provenance(bill, ready.provenance, stop));
    }
  }
  attachments.insert(attachments.end(), ready.files.begin(), ready.files.end());
  return attachments;
}

/// Attaches and signs one manifest after another.
class Attaching {
 public:
  Attaching(const ReadyAttachments& ready, const PushedManifests& pushed,
            registry::RegistryClient& client, Progress& progress)
      : ready_(ready), pushed_(pushed), client_(client), progress_(progress) {}

  /// What was just put, as the registry has it. Its attachments are there afterwards, and signed.
  oci::RawManifest attach_to(const oci::Descriptor& manifest, const std::stop_token& stop) {
    auto stored = client_.get_manifest(manifest.digest.str(), stop);
    if (!stored) {
      throw Error(ErrorKind::registry, "the registry lacks the image it was just given");
    }
    for (const Attachment& attachment : attachments_of(ready_, pushed_, *stored, stop)) {
      const Attached attached = attach(client_, stored->descriptor, attachment, stop);
      progress_.note(cat(attached.was_there ? "attached already: " : "attached ",
                         printable(attachment.title), " (", printable(attachment.type), ") to ",
                         pushed_.to.repository.str(), "@", stored->descriptor.digest.brief()));
      attached_.push_back({.artifact = attached.manifest,
                           .subject = stored->descriptor.digest,
                           .type = attachment.type,
                           .title = attachment.title,
                           .was_there = attached.was_there});
      if (ready_.asked.sign_attachments) sign(signer_, client_, attached.manifest, progress_, stop);
    }
    if (!signer_.command.empty()) sign(signer_, client_, stored->descriptor, progress_, stop);
    return *std::move(stored);
  }

  std::vector<AttachedToImage> attached() && { return std::move(attached_); }

 private:
  const ReadyAttachments& ready_;
  const PushedManifests& pushed_;
  registry::RegistryClient& client_;
  Progress& progress_;
  const Signer signer_{.command = ready_.asked.sign_with, .seconds = ready_.asked.sign_seconds};
  std::vector<AttachedToImage> attached_;
};

[[noreturn]] void refuse_attachments(std::string_view why) {
  throw Error(ErrorKind::usage, cat("--attach, --sbom, --provenance and --sign-with ", why));
}

}  // namespace

void add_attachment_options(CLI::App& command, PushAttachments& arguments) {
  command.add_option("--attach", arguments.files,
                     "also attach this file to the image, with this media type (repeatable)");
  command
      .add_flag("--sbom{cyclonedx}", arguments.sbom,
                "also attach a bill of materials; --sbom=cyclonedx is the default, --sbom=spdx the "
                "other format")
      ->check(CLI::IsMember({"cyclonedx", "spdx"}));
  command.add_flag("--provenance", arguments.provenance,
                   "also attach the image's provenance: SLSA in an in-toto statement");
  add_bill_options(command, arguments.bill);
  add_provenance_options(command, arguments.facts);
  auto* sign = command.add_option(
      "--sign-with", arguments.sign_with,
      "a shell command that signs $N2C_REFERENCE; tags are written only if it succeeds");
  command
      .add_option("--sign-timeout", arguments.sign_seconds, "how many seconds the command may take")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str()
      ->needs(sign);
  command
      .add_flag("--sign-attachments", arguments.sign_attachments,
                "run the command for each attachment too")
      ->needs(sign);
}

void refuse_unused(const PushAttachments& arguments) {
  const bool has_bill = !arguments.sbom.empty() || arguments.provenance;
  const bool says_of_bill =
      !arguments.bill.closure_graph.empty() || !arguments.bill.package_info.empty();
  if (says_of_bill && !has_bill) {
    throw Error(ErrorKind::usage,
                "--closure-graph and --package-info are for --sbom and --provenance",
                "ask for one of these too");
  }
  if (arguments.facts.is_asked() && !arguments.provenance) {
    throw Error(ErrorKind::usage,
                "--flake-metadata, --derivation and --builder are for --provenance",
                "ask for it too");
  }
}

int run_signed(const std::function<int()>& push) {
  try {
    return push();
  } catch (const SignerFailed& failed) {
    print_error(failed.error(), "n2c: ");
    return SignerFailed::exit_code;
  }
}

void require_attachable(const Address& to, bool is_dry_run) {
  if (is_dry_run) refuse_attachments("do not go with --dry-run");
  if (to.kind != Address::Kind::registry) refuse_attachments("are for registries");
}

ReadyAttachments read_attachments(const PushAttachments& arguments, const std::stop_token& stop) {
  ReadyAttachments ready{.asked = arguments};
  for (const std::string& text : arguments.files) {
    ready.files.push_back(attachment_of_file(text, stop));
  }
  ready.bill = bill_facts_of(arguments.bill);
  ready.provenance = provenance_facts_of(arguments.facts);
  return ready;
}

void require_description(const PushAttachments& arguments, const std::string& source,
                         bool is_described) {
  if (is_described || (arguments.sbom.empty() && !arguments.provenance)) return;
  throw Error(ErrorKind::usage, cat(arguments.sbom.empty() ? "--provenance" : "--sbom",
                                    " is of an image.json, which names store paths, and ",
                                    printable(source), " is none"));
}

std::vector<AttachedToImage> attach_and_tag(const ReadyAttachments& attachments,
                                            const PushedManifests& pushed, Registries& registries,
                                            Progress& progress, const std::stop_token& stop) {
  auto client = registries.client(pushed.to.repository);
  Attaching attaching(attachments, pushed, client, progress);
  std::optional<oci::RawManifest> last;
  progress.phase("attaching");
  for (const oci::Descriptor& manifest : pushed.manifests) {
    last = attaching.attach_to(manifest, stop);
  }
  if (!last) return {};
  progress.phase("writing the tags");
  write_tags(client, *last, distinct_tags(pushed.to.tag.value_or(""), pushed.tags), stop);
  return std::move(attaching).attached();
}

}  // namespace n2c::cli
