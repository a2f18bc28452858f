#pragma once
/// Taking the layers of an image whose bytes come once and in order, its manifest last.

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <utility>

#include "base/stream.h"
#include "codec/codec.h"
#include "image/image.h"
#include "oci/descriptor.h"
#include "oci/digest.h"
#include "transfer/blob_store.h"
#include "transfer/known_forms.h"
#include "transfer/progress.h"

namespace n2c {

/// A layer that is about to pass.
struct PassingLayer {
  std::unique_ptr<Reader> plain;  ///< its plain tar
  /// The digest that the archive's name for it promises. It may be no digest of it at all.
  std::optional<oci::Digest> promised{};
  /// How long the plain tar is, where that is known before it passes.
  std::optional<std::uint64_t> size{};
};

/// What became of one.
struct LayerTaken {
  oci::Digest diff_id;     ///< of the bytes that passed
  oci::Descriptor stored;  ///< as the destination holds it
  BlobOutcome outcome;
};

/// A place that takes layers while they pass. One thread at a time.
class LayerIntake {
 public:
  virtual ~LayerIntake() = default;
  /// Takes all of the layer's bytes. Where the destination holds the promised layer, they are only
  /// checked. Throws Error{integrity} when they are not that layer, since then they have passed
  /// and are nowhere.
  virtual LayerTaken take(PassingLayer layer, std::stop_token stop) = 0;
  /// The image of these layers as the place is to be given it. A place that has kept the bytes
  /// makes them such that they can be opened.
  virtual Image openable(Image passed) const { return passed; }
};

/// Puts layers into a blob store, compressed as they pass.
class StoreIntake final : public LayerIntake {
 public:
  /// `known` has stored forms of layers, by diff_id. `threads` compress; 0: one a processor. What
  /// is passed by reference outlives this.
  StoreIntake(BlobStore& store, const Compression& compression, std::size_t threads,
              KnownForms known, Progress& progress);

  LayerTaken take(PassingLayer layer, std::stop_token stop) override;
  /// A further stored form. What is known of that layer already stays.
  void learn(const oci::Digest& diff_id, KnownForm form) { known_.add(diff_id, std::move(form)); }
  /// What the codec made of layers, so far.
  const PairedLayers& compressed() const { return compressed_; }

  /// How many of the stored bytes are held, so that what a blob store lost can be sent again.
  static constexpr std::uint64_t held_bytes = 9 << 20;

 private:
  std::optional<oci::Descriptor> expected_form(const PassingLayer& layer) const;
  LayerTaken check(PassingLayer layer, const oci::Descriptor& form, BlobOutcome outcome);
  LayerTaken send(PassingLayer layer, std::stop_token stop);

  BlobStore& store_;
  const Compression compression_;
  CompressionPool pool_;
  KnownForms known_;
  Progress& progress_;
  PairedLayers compressed_;
};

}  // namespace n2c
