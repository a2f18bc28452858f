#include "places/archive_destination.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/system.h"
#include "base/tasks.h"
#include "base/terminal.h"
#include "base/text.h"
#include "codec/codec.h"
#include "codec/compressed_source.h"
#include "image/plain_layers.h"
#include "layout/archive_writer.h"
#include "oci/layout.h"
#include "transfer/measuring_store.h"

namespace n2c {

namespace {

/// Writes the whole tar into `to` and returns its size in bytes.
std::uint64_t pour(std::vector<ArchiveFile> files, Writer& to, Progress& progress,
                   const oci::Digest& meter, const std::stop_token& stop) {
  const std::uint64_t total =
      std::accumulate(files.begin(), files.end(), std::uint64_t{0},
                      [](std::uint64_t sum, const ArchiveFile& file) { return sum + file.size; });
  progress.phase("writing");
  progress.begin({{.key = meter, .bytes = total}}, "archives");
  auto& sent = progress.meter(meter);
  const auto reader = ArchiveSource(std::move(files)).open();
  std::vector<std::byte> chunk(256 << 10);
  std::uint64_t written = 0;
  while (const std::size_t count = reader->read(chunk)) {
    if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped on request");
    to.write(ByteView(chunk).first(count));
    sent += count;
    written += count;
  }
  progress.done(meter, BlobOutcome::sent);
  return written;
}

std::uint64_t write_archive(const Address& address, std::vector<ArchiveFile> files,
                            Progress& progress, const oci::Digest& meter,
                            const std::stop_token& stop) {
  return with_context("writing " + address.str(), [&] {
    if (address.is_standard_output()) {
      terminal::Output output("an archive");
      return pour(std::move(files), output, progress, meter, stop);
    }
    AtomicFile file(address.path);
    const auto written = pour(std::move(files), file, progress, meter, stop);
    file.commit(Durability::fsync);
    return written;
  });
}

/// Where docker load and containerd look for the name that they give an image.
constexpr std::string_view containerd_name = "io.containerd.image.name";

/// "app:1" as these two want it, "docker.io/library/app:1". Nothing for a tag alone.
std::optional<std::string> whole_name(const std::string& tag) {
  if (tag.find_first_of(":/") == std::string::npos) return {};
  const auto name = oci::Reference::parse(tag);
  if (!name || name->digest) return {};
  return name->str();
}

/// Says how to give the image of an archive a name.
void note_nameless(const Address& address, const oci::Index& index, Progress& progress) {
  const bool is_named = std::ranges::any_of(index.manifests, [](const oci::Descriptor& one) {
    return one.annotations.contains(std::string(oci::layout::ref_name)) ||
           one.annotations.contains(std::string(containerd_name));
  });
  if (is_named) return;
  progress.note(cat("the image has no name in ", printable(address.path.string(), 300),
                    ": oci-archive:FILE:NAME:TAG gives it one, which docker load takes too"));
}

std::vector<oci::Descriptor> forms_of(const Image& image) {
  std::vector<oci::Descriptor> forms;
  for (const Layer& layer : image.layers) forms.push_back(layer.blob.descriptor);
  return forms;
}

}  // namespace

std::vector<std::string> DockerArchiveDestination::names(
    const std::vector<std::string>& more_tags) const {
  if (!address_.reference) {
    if (more_tags.empty()) return {};
    throw Error(ErrorKind::usage, "--tag: the archive's image has no name to put it behind",
                "write docker-archive:FILE:NAME:TAG");
  }
  std::vector<std::string> names{address_.reference->str()};
  const std::string own = address_.reference->tag.value_or("");
  for (const std::string& tag : distinct_tags("", more_tags)) {
    if (tag != own) names.push_back(cat(address_.reference->repository.str(), ":", tag));
  }
  return names;
}

PushReport DockerArchiveDestination::push(const Image& described, const PushOptions& options,
                                          Progress& progress, std::stop_token stop) {
  const Image image = with_plain_layers(described, is_stored_compressed, options.uploads, stop);
  const auto manifest = make_manifest(image, forms_of(image), ManifestFormat::oci);
  PushReport report{.manifest = oci::describe(manifest.media_type, manifest.to_json())};
  const DockerArchiveImage entry{image, names(options.tags)};
  report.bytes_sent = write_archive(address_, docker_archive(std::span(&entry, 1)), progress,
                                    report.manifest->digest, stop);
  for (std::size_t i = 0; i < image.layers.size(); ++i) {
    report.layers.push_back({i, image.layers[i].blob.descriptor, BlobOutcome::sent, ""});
  }
  return report;
}

CopyReport DockerArchiveDestination::copy(const std::shared_ptr<ImageSource>& source,
                                          const CopyOptions& options, Progress& progress,
                                          std::stop_token stop) {
  const oci::RawManifest stored = manifest_for(*source, options.platform, stop);
  const Image image = image_of(source, stored, stop);
  const PushReport pushed =
      push(image, {.tags = options.tags, .uploads = options.uploads}, progress, stop);
  return {.manifest = stored.descriptor,
          .images = 1,
          .sent = image.layers.size() + 1,
          .bytes_sent = pushed.bytes_sent};
}

oci::Index OciArchiveDestination::index_of(const oci::Descriptor& root,
                                           const std::vector<std::string>& more_tags) const {
  const std::vector<std::string> tags = distinct_tags(address_.tag, more_tags);
  oci::Index index;
  for (const std::string& tag : tags) {
    oci::Descriptor named = root;
    named.annotations.erase(std::string(containerd_name));  // its name in another place
    if (const auto name = whole_name(tag)) named.annotations[std::string(containerd_name)] = *name;
    named.annotations[std::string(oci::layout::ref_name)] = tag;
    index.manifests.push_back(std::move(named));
  }
  if (tags.empty()) index.manifests.push_back(root);
  return index;
}

PushReport OciArchiveDestination::push(const Image& image, const PushOptions& options,
                                       Progress& progress, std::stop_token stop) {
  CompressionPool pool(options.compression_threads != 0 ? options.compression_threads
                                                        : processor_count());
  MeasuringStore measuring;
  PushOptions first = options;
  first.fall_back_to_docker = false;
  first.must_be = options.must_be ? options.must_be : address_.digest;
  PushReport report = with_context("writing " + address_.str(), [&] {
    return push_to_store(image, measuring, first, progress, stop);
  });
  std::vector<Blob> blobs{measuring.manifest(),
                          {oci::describe(oci::media_type::config, image.config_json),
                           std::make_shared<MemorySource>(image.config_json)}};
  for (const LayerOutcome& layer : report.layers) {
    const Blob& stored = image.layers[layer.first].blob;
    if (layer.form->digest == stored.descriptor.digest) {
      blobs.push_back(stored);
    } else {
      blobs.push_back({*layer.form, std::make_shared<const CompressedSource>(
                                        *stored.bytes, options.compression, pool)});
    }
  }
  const oci::Index index = index_of(*report.manifest, options.tags);
  note_nameless(address_, index, progress);
  report.bytes_sent =
      write_archive(address_, oci_archive(index, blobs), progress, report.manifest->digest, stop);
  return report;
}

CopyReport OciArchiveDestination::copy(const std::shared_ptr<ImageSource>& source,
                                       const CopyOptions& options, Progress& progress,
                                       std::stop_token stop) {
  CopyOptions chosen = options;
  if (!chosen.must_be) chosen.must_be = address_.digest;
  const ImageTree tree = choose_tree(*source, chosen, stop);
  note_absent(tree, *source, progress);
  CopyReport report{.manifest = tree.root().descriptor};
  std::vector<Blob> blobs;
  for (const oci::RawManifest& manifest : tree.manifests) {
    blobs.push_back({manifest.descriptor, std::make_shared<MemorySource>(manifest.json)});
    if (!oci::is_index(manifest.descriptor.media_type)) ++report.images;
  }
  for (const oci::Descriptor& blob : tree.blobs) {
    blobs.push_back({blob, std::make_shared<SourceBlob>(source, blob, stop)});
  }
  report.sent = tree.blobs.size();
  const oci::Index index = index_of(report.manifest, options.tags);
  note_nameless(address_, index, progress);
  report.bytes_sent =
      write_archive(address_, oci_archive(index, blobs), progress, report.manifest.digest, stop);
  return report;
}

}  // namespace n2c
