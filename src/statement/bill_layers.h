#pragma once
/// The layers of a bill, from a description or from their tars.

#include <stop_token>
#include <vector>

#include "image/image_json.h"
#include "statement/bill.h"

namespace n2c {

/// Of an image.json. The sizes of store paths are looked up on this machine where the closure graph
/// does not say them. Throws Error{input} for a digest that is none.
std::vector<BillLayer> described_bill_layers(const ImageRecord& record, const ClosureFacts& facts,
                                             const StoreView& store, const std::stop_token& stop);

/// Of an image that is stored: every layer is fetched, and what is below /nix/store in its tar is
/// what it holds. Throws what reading does, and Error{input} for what is no tar.
std::vector<BillLayer> stored_bill_layers(const Image& image, const std::stop_token& stop);

}  // namespace n2c
