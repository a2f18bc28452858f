#pragma once
/// From an address to what can be read or written there.

#include <memory>
#include <variant>

#include "image/image.h"
#include "image/image_json.h"
#include "places/address.h"
#include "places/image_destination.h"
#include "transfer/image_source.h"

namespace n2c {

/// What a source gives: an image that is stored with a manifest, or one that is only described
/// (image.json, docker-archive). The latter's manifest is made at the destination.
using OpenedSource = std::variant<std::shared_ptr<ImageSource>, Image>;

/// Opens a place to read from. `registries` must outlive the result. Throws Error{usage} for a
/// place that cannot be read from (an engine).
OpenedSource open_source(const Address& address, Registries& registries, const StoreView& store);

}  // namespace n2c
