#pragma once
/// What is fixed about an image layout's folder (image-spec image-layout.md).

#include <string>
#include <string_view>

#include "oci/digest.h"

namespace n2c::oci::layout {

inline constexpr std::string_view version_file = "oci-layout";
inline constexpr std::string_view version = "1.0.0";
/// What version_file holds.
inline constexpr std::string_view version_json = R"({"imageLayoutVersion":"1.0.0"})";
inline constexpr std::string_view index_file = "index.json";
inline constexpr std::string_view blobs_folder = "blobs";

/// "blobs/sha256/…", below the layout's folder.
std::string blob_path(const Digest& digest);

/// The annotation that names an entry of index.json.
inline constexpr std::string_view ref_name = "org.opencontainers.image.ref.name";

}  // namespace n2c::oci::layout
