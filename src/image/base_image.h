#pragma once
/// Base images as upstream takes them: a folder that skopeo's dir: transport wrote, or a
/// manifest and a map of where its blobs are (docs/format.md G2, G3).

#include <functional>
#include <string>
#include <string_view>

#include "image/image_json.h"

namespace n2c {

/// What becomes of the base's config.
enum class BaseConfigUse {
  dropped,  ///< upstream's way: image-config is {}, arch and the layers' History are empty
  kept,     ///< image-config, arch and History are the base's
};

/// docs/format.md G2: the layers of DIR/manifest.json with their files as layer-path. `log` hears
/// of each. Throws Error{input} for files that are missing or wrong.
ImageRecord image_from_dir(const std::string& dir, const StoreView& store,
                           const std::function<void(std::string_view)>& log,
                           BaseConfigUse config = BaseConfigUse::dropped);

/// docs/format.md G3: the same where `blobs` names a JSON object of hex digests and file names. A
/// layer that it does not name is an error, where upstream makes an image that crashes at the push.
ImageRecord image_from_manifest(const std::string& manifest, const std::string& blobs,
                                const StoreView& store,
                                const std::function<void(std::string_view)>& log,
                                BaseConfigUse config = BaseConfigUse::dropped);

/// Puts the base's config and history under the image's own, by Docker's rules (config_merge.h).
/// The image's layers are the base's so far (`base` need not have them any more); who adds layers
/// adds to `history` too, where there is one. A base made by image_from_dir() without its config is
/// looked up in its folder. Throws Error{input} when no config is to be found.
void merge_base_config(ImageRecord& image, const ImageRecord& base, const StoreView& store);

}  // namespace n2c
