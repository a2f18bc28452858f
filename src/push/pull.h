#pragma once
/// Images, blobs and manifests fetched for keeping: the same reference gives the same bytes.

#include <filesystem>
#include <optional>
#include <stop_token>

#include "base/stream.h"
#include "push/blob_file.h"
#include "push/copy.h"
#include "push/image_source.h"
#include "push/progress.h"
#include "push/registries.h"

namespace n2c {

struct PullOptions {
  oci::Platform platform{};
  BlobTrust trust = BlobTrust::size;  ///< of what a pull that was killed had fetched
};

/// One image into a folder in dir: form (docs/format.md A9.3), what image-from-dir reads. The
/// folder must be empty or absent, and is so again when this throws; or what a pull that was killed
/// left, which is gone on with. Throws Error{usage} when it holds anything else or another pull is
/// at it.
CopyReport pull_image(const std::shared_ptr<ImageSource>& source,
                      const std::filesystem::path& folder, const PullOptions& options,
                      Progress& progress, std::stop_token stop);

/// One blob of the reference's repository, named by its digest, into `to`, verified. Throws
/// Error{integrity} after having written bytes that turned out wrong.
void pull_blob(Registries& registries, const oci::Reference& blob, Writer& to,
               std::stop_token stop);

}  // namespace n2c
