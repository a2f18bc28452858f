#pragma once
/// What a push attaches to images and has signed before it writes the tags.

#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/attest/bill_of_image.h"
#include "cli/attest/provenance_facts.h"
#include "cli/transfer_options.h"
#include "oci/manifest.h"
#include "oci/reference.h"
#include "remote/attachment.h"
#include "remote/registries.h"
#include "transfer/progress.h"

namespace n2c::cli {

/// As written on the command line.
struct PushAttachments {
  std::vector<std::string> files;  ///< FILE:TYPE
  std::string sbom;                ///< its format; empty: none
  bool provenance = false;
  BillArguments bill;
  ProvenanceArguments facts;
  std::string sign_with;
  int sign_seconds = 300;
  bool sign_attachments = false;

  bool is_asked() const {
    return !files.empty() || !sbom.empty() || provenance || !sign_with.empty();
  }
};

void add_attachment_options(CLI::App& command, PushAttachments& arguments);

/// Throws Error{usage} for options that say something of an attachment which is not asked for.
void refuse_unused(const PushAttachments& arguments);

/// Runs a push; a signer's failure is printed, and gives its own exit code.
int run_signed(const std::function<int()>& push);

/// What is asked for, and what the files say that it names. Each file is read once.
struct ReadyAttachments {
  PushAttachments asked;
  BillFacts bill{};
  ProvenanceFacts provenance{};
  std::vector<Attachment> files{};
};

/// Throws Error{usage} where attachments do not go with the rest.
void require_attachable(const Address& to, bool is_dry_run);
/// Reads the files, before anything is sent. Throws what is wrong with one of them.
ReadyAttachments read_attachments(const PushAttachments& arguments, const std::stop_token& stop);

/// Throws Error{usage} where store paths are to be listed and `source`, as it was written, names no
/// image.json that describes them.
void require_description(const PushAttachments& arguments, const std::string& source,
                         bool is_described);

/// Images that were put by their digests.
struct PushedManifests {
  oci::Reference to;
  std::vector<std::string> tags;  ///< to write at the end, beside that of `to`
  std::string store_root;
  std::vector<oci::Descriptor> manifests;  ///< the tags are for the last one
  /// By the config that they describe. All outlive this.
  std::map<oci::Digest, const DescribedImage*> descriptions{};
};

/// What is attached now, and to what.
struct AttachedToImage {
  oci::Descriptor artifact;
  oci::Digest subject;
  std::string type, title;
  bool was_there = false;
};

/// Attaches to each what is asked for, has it signed, and writes the tags: those at last, so that
/// none of them ever names an image without. Returns what is attached, but what signers did. Throws
/// Error and SignerFailed; then no tag was written.
std::vector<AttachedToImage> attach_and_tag(const ReadyAttachments& attachments,
                                            const PushedManifests& pushed, Registries& registries,
                                            Progress& progress, const std::stop_token& stop);

}  // namespace n2c::cli
