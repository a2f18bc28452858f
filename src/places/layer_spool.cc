#include "places/layer_spool.h"

#include <utility>

#include "base/hash.h"
#include "base/text.h"
#include "layout/docker_archive_stream.h"
#include "oci/media_type.h"

namespace n2c {

namespace {

std::filesystem::path file_of(const TemporaryFolder& folder, const oci::Digest& diff_id) {
  return folder.path() / diff_id.hex();
}

/// One kept layer. The folder is there for as long as this is.
class SpooledLayer final : public ByteSource {
 public:
  SpooledLayer(std::shared_ptr<const TemporaryFolder> folder, const oci::Digest& diff_id)
      : folder_(std::move(folder)), file_(file_of(*folder_, diff_id)) {}
  std::unique_ptr<Reader> open(std::uint64_t offset) const override { return file_.open(offset); }

 private:
  std::shared_ptr<const TemporaryFolder> folder_;
  FileSource file_;
};

}  // namespace

LayerSpool::LayerSpool(std::string_view place, Progress& progress)
    : folder_(std::make_shared<TemporaryFolder>()) {
  progress.note(cat("keeping the archive's layers in ", folder_->path().string(), " until ", place,
                    " has them: it takes an image whole"));
}

LayerTaken LayerSpool::take(PassingLayer layer, std::stop_token) {
  AtomicFile file(AtomicFile::In{.folder = folder_->path(),
                                 .shown = cat(folder_->path().string(), ": a layer")},
                  0600);
  HashingReader plain(std::move(layer.plain));
  const std::uint64_t size = copy(plain, file);
  const auto diff_id = oci::Digest::from_hex(HashAlgorithm::sha256, plain.finish_hex());
  const LayerTaken taken{
      .diff_id = diff_id,
      .stored = oci::Descriptor{.media_type = std::string(oci::media_type::layer_tar),
                                .digest = diff_id,
                                .size = size},
      .outcome = BlobOutcome::present};  // nothing was sent yet
  if (kept_.emplace(diff_id, taken).second) file.commit_as(file_of(*folder_, diff_id));
  return taken;
}

Image LayerSpool::openable(Image passed) const {
  for (Layer& layer : passed.layers) {
    layer.blob.bytes = std::make_shared<SpooledLayer>(folder_, layer.diff_id);
  }
  return passed;
}

Image spool_archive(StreamedArchive archive, std::string_view place, Progress& progress,
                    std::stop_token stop) {
  LayerSpool spool(place, progress);
  return spool.openable(read_docker_archive(std::move(archive.bytes), archive.name, archive.image,
                                            spool, std::move(stop))
                            .image);
}

}  // namespace n2c
