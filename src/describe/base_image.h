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

/// The layers of DIR/manifest.json, with their files as layer-path (docs/format.md G2). `log` is
/// told of each. Throws Error{input} for files that are missing or wrong.
ImageRecord image_from_dir(const std::string& dir, const StoreView& store,
                           const std::function<void(std::string_view)>& log,
                           BaseConfigUse config = BaseConfigUse::dropped);

/// The same, but `blobs` names a JSON object of hex digests and file names (docs/format.md G3). A
/// layer that it does not name is an error; upstream makes an image that crashes at the push.
ImageRecord image_from_manifest(const std::string& manifest, const std::string& blobs,
                                const StoreView& store,
                                const std::function<void(std::string_view)>& log,
                                BaseConfigUse config = BaseConfigUse::dropped);

/// Puts the base's config and history under the image's own, by Docker's rules (config_merge.h). To
/// be called while the image's layers are only those of the base; `base` need not have them any
/// more. Whoever adds layers later has to add to `history` too, where there is one. For a base made
/// by image_from_dir() without its config, the config is looked up in the base's folder. Throws
/// Error{input} when no config can be found. `log` is told what of the base's config is not taken
/// over.
void merge_base_config(ImageRecord& image, const ImageRecord& base, const StoreView& store,
                       const std::function<void(std::string_view)>& log);

}  // namespace n2c
