#pragma once
/// Base images as upstream takes them: a folder that skopeo's dir: transport wrote, or a
/// manifest and a map of where its blobs are (contract G2, G3).

#include <functional>
#include <string>
#include <string_view>

#include "image/image_json.h"

namespace n2c {

/// G2: the layers of DIR/manifest.json with their files as layer-path. `log` hears of each.
/// Throws Error{input} for files that are missing or wrong.
ImageRecord image_from_dir(const std::string& dir, const StoreView& store,
                           const std::function<void(std::string_view)>& log);

/// G3: the same where `blobs` names a JSON object of hex digests and file names. A layer that it
/// does not name is an error, where upstream makes an image that crashes at the push.
ImageRecord image_from_manifest(const std::string& manifest, const std::string& blobs,
                                const StoreView& store,
                                const std::function<void(std::string_view)>& log);

}  // namespace n2c
