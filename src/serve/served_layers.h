#pragma once
/// In which form each layer of the served images is stored.

#include <cstddef>
#include <functional>
#include <map>
#include <stop_token>
#include <vector>

#include "base/locked.h"
#include "base/printable.h"
#include "codec/codec.h"
#include "image/image.h"
#include "transfer/plan.h"

namespace n2c {

struct ServeOptions {
  /// How plain layers are served; none needs no preparation.
  Compression compression{.codec = Codec::none};
  std::size_t threads = 0;  ///< that compress; 0: one a processor
  KnownForms known{};       ///< stored forms of layers known beforehand
  /// Told of every form that was found by compressing, by one thread at a time.
  std::function<void(const oci::Digest& diff_id, const oci::Descriptor& form)> learned{};
  /// Called once, when a form known beforehand turned out wrong. From then on none of those forms
  /// is used.
  std::function<void()> doubted{};
  /// Told when an image is ready or cannot be served, and when a known form was wrong. It may be
  /// called by several threads at once.
  std::function<void(const Printable& line)> note{};
};

/// An image whose every digest is known.
struct ReadyImage {
  oci::RawManifest manifest;
  std::map<oci::Digest, Blob> blobs;
};

/// Finds forms out by compressing, and corrects those that turn out wrong while they are read.
/// Thread-safe.
class ServedLayers {
 public:
  /// `doubted` is called by the reading that found a form wrong, after it was corrected.
  ServedLayers(ServeOptions options, std::function<void()> doubted);

  /// Compresses the image's layers whose forms are not known. Throws what their bytes throw, and
  /// Error{cancelled}.
  void work_out(const Image& image, std::stop_token stop);
  /// After work_out(). The image and this outlive what is returned.
  ReadyImage prepare(const Image& image);
  /// How many forms were found wrong so far.
  std::size_t doubts() const;

 private:
  struct Known {
    KnownForms forms, worked_out_here{};
    std::size_t doubts = 0;
  };

  std::vector<PlannedLayer> plan(const Image& image) const;
  void learn(const oci::Digest& diff_id, const oci::Descriptor& form);
  Blob stored_layer(const Layer& layer, const oci::Descriptor& form);
  void doubt(const oci::Digest& diff_id, const oci::Descriptor& found);

  const ServeOptions options_;
  const std::function<void()> doubted_;
  Locked<Known> known_;
  CompressionPool pool_;
};

}  // namespace n2c
