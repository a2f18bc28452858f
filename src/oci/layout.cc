#include "oci/layout.h"

#include "base/text.h"

namespace n2c::oci::layout {

std::string blob_path(const Digest& digest) {
  return cat(blobs_folder, "/", digest.algorithm_name(), "/", digest.hex());
}

}  // namespace n2c::oci::layout
