#pragma once
/// Fetches images, blobs and manifests to keep. The same reference by digest gives the same bytes.

#include <filesystem>
#include <optional>
#include <stop_token>

#include "base/stream.h"
#include "layout/blob_file.h"
#include "remote/registries.h"
#include "transfer/copy.h"
#include "transfer/image_source.h"
#include "transfer/progress.h"

namespace n2c {

struct PullOptions {
  std::optional<oci::Platform> platform{};  ///< default: this machine's image of an index
  BlobTrust trust = BlobTrust::size;        ///< of what a pull that was killed had fetched
};

/// One image into a folder in dir: form (docs/format.md A9.3), which image-from-dir reads. The
/// folder must be empty or absent, and is so again when this throws. It may also be what a killed
/// pull left; then this goes on with it. Throws Error{usage} when it holds anything else, or
/// another pull is using it.
CopyReport pull_image(const std::shared_ptr<ImageSource>& source,
                      const std::filesystem::path& folder, const PullOptions& options,
                      Progress& progress, std::stop_token stop);

/// Writes the blob that the reference names by digest to `to`, and verifies it. When the bytes turn
/// out wrong, some have been written before it throws Error{integrity}.
void pull_blob(Registries& registries, const oci::Reference& blob, Writer& to,
               std::stop_token stop);

}  // namespace n2c
