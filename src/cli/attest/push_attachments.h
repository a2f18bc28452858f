#pragma once
/// What a push attaches to the image and has signed before it writes the tags.

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/attest/bill_of_image.h"
#include "cli/image_argument.h"
#include "oci/manifest.h"
#include "oci/reference.h"
#include "remote/registries.h"
#include "transfer/progress.h"

namespace n2c::cli {

/// As written on the command line.
struct PushAttachments {
  std::vector<std::string> files;  ///< FILE:TYPE
  std::string sbom;                ///< its format; empty: none
  BillArguments bill;
  std::string sign_with;
  int sign_seconds = 300;
  bool sign_attachments = false;

  bool is_asked() const { return !files.empty() || !sbom.empty() || !sign_with.empty(); }
};

void add_attachment_options(CLI::App& command, PushAttachments& arguments);

/// Throws Error{usage} where they are asked of a push that cannot have them: `why` says which.
void refuse_attachments(const PushAttachments& arguments, std::string_view why);

/// Runs a push; a signer's failure is told, and gives the exit code that is its own.
int run_signed(const std::function<int()>& push);

/// Throws what the attachments would, before anything is sent, and Error{usage} where they do not
/// go with the rest.
void require_attachments(const PushAttachments& arguments, const ImageArgument& image,
                         const Address& to, bool is_dry_run);

/// An image that was put by its digest.
struct PushedImage {
  const ImageArgument& image;
  std::string description;  ///< the image.json as it was named
  std::string store_root;
  oci::Reference to;
  std::vector<std::string> tags;  ///< to write at the end
  oci::Descriptor manifest;
};

/// Attaches what is asked for, has the image signed, and writes the tags: those at last, so that
/// none of them ever names an image without. Throws Error; then no tag was written.
void attach_and_tag(const PushAttachments& arguments, const PushedImage& pushed,
                    Registries& registries, Progress& progress, const std::stop_token& stop);

}  // namespace n2c::cli
