#include "places/open.h"

#include <mutex>

#include "base/error.h"
#include "base/text.h"
#include "layout/dir_store.h"
#include "layout/docker_archive.h"
#include "layout/oci_layout.h"
#include "places/archive_destination.h"
#include "places/engine_destination.h"
#include "places/layer_spool.h"
#include "places/right_word.h"
#include "remote/registry_intake.h"
#include "remote/registry_source.h"
#include "remote/registry_store.h"

namespace n2c {

namespace {

using Kind = Address::Kind;

/// A repository of a registry.
class RegistryPlace final : public ImageDestination {
 public:
  RegistryPlace(const Address& address, const DestinationOptions& options)
      : options_(options), client_(options.registries.client(address.reference->repository)) {
    options_.registry.to = *address.reference;
  }

  std::string str() const override { return "docker://" + options_.registry.to.str(); }

  PushReport push(const Image& image, const PushOptions& options, Progress& progress,
                  std::stop_token stop) override {
    RegistryPush push = options_.registry;
    push.more_tags = options.tags;
    push.options = options;
    push.learnt = learnt_;
    return push_to_registry(image, options_.registries, push, progress, stop);
  }

  CopyReport copy(const std::shared_ptr<ImageSource>& source, const CopyOptions& options,
                  Progress& progress, std::stop_token stop) override {
    CopyOptions chosen = options;
    chosen.tags = distinct_tags(options_.registry.to.tag.value_or(""), options.tags);
    chosen.must_be = options_.registry.to.digest;
    RepositoryState state;
    for (const std::string& tag : chosen.tags) {
      if (const auto now = client_.head_manifest(tag, stop)) state.tags.emplace(tag, now->digest);
    }
    if (options_.registry.untagged) chosen.tags.clear();
    return with_context("copying to " + str(), [&] {
      RegistryStore store(client_, mount_from(*source));
      return copy_to_store(source, store, chosen, progress, stop, state);
    });
  }

  IndexReport push_index(const std::vector<IndexPart>& parts, const IndexOptions& options,
                         Progress& progress, std::stop_token stop) override {
    RegistryPush push = options_.registry;
    push.more_tags = options.push.tags;
    push.mount_from = mount_from(parts);
    push.options = options.push;
    return push_to_registry({.parts = parts, .options = options}, options_.registries, push,
                            progress, stop);
  }

  std::unique_ptr<LayerIntake> open_intake(const PushOptions& options, Progress& progress,
                                           std::stop_token stop) override {
    RegistryPush push = options_.registry;
    push.more_tags = options.tags;
    push.options = options;
    push.learnt = learnt_ =
        learn_before_layers(options_.registries, push, progress, std::move(stop));
    return open_registry_intake(options_.registries, push, progress);
  }

 private:
  void add_sibling(std::vector<oci::Repository>& from, const ImageSource& source) const {
    const oci::Repository& to = options_.registry.to.repository;
    const auto sibling = source.repository();
    if (sibling && sibling->host == to.host && sibling->path != to.path) from.push_back(*sibling);
  }

  std::vector<oci::Repository> mount_from(const ImageSource& source) const {
    std::vector<oci::Repository> from = options_.registry.mount_from;
    add_sibling(from, source);
    return from;
  }

  std::vector<oci::Repository> mount_from(const std::vector<IndexPart>& parts) const {
    std::vector<oci::Repository> from = options_.registry.mount_from;
    for (const IndexPart& part : parts) {
      const auto* source = std::get_if<std::shared_ptr<ImageSource>>(&part.source);
      if (source != nullptr) add_sibling(from, **source);
    }
    return from;
  }

  DestinationOptions options_;
  registry::RegistryClient client_;
  std::optional<Learnt> learnt_;  // before the layers of a stream came
};

/// The store in a folder. It is made when it is first asked, so that no empty folder is left when
/// the source turns out to be missing.
class LateStore final : public BlobStore {
 public:
  LateStore(const Address& address, BlobTrust trust) : address_(address), trust_(trust) {}

  std::optional<BlobOutcome> find(const oci::Descriptor& blob, std::stop_token stop) override {
    return store().find(blob, stop);
  }
  PutBlob put(const ByteSource& bytes, std::string media_type, std::optional<oci::Descriptor> known,
              std::atomic<std::uint64_t>& sent, std::stop_token stop) override {
    return store().put(bytes, std::move(media_type), std::move(known), sent, stop);
  }
  ManifestOutcome put_manifest(const oci::Descriptor& manifest, std::string_view json,
                               std::span<const std::string> tags, std::stop_token stop) override {
    return store().put_manifest(manifest, json, tags, stop);
  }
  ManifestOutcome put_listed(const oci::Descriptor& manifest, std::string_view json,
                             std::stop_token stop) override {
    return store().put_listed(manifest, json, stop);
  }

 private:
  BlobStore& store() {
    std::call_once(made_, [this] {
      if (address_.kind == Kind::dir) {
        store_ = std::make_unique<DirStore>(address_.path, trust_);
      } else {
        store_ = std::make_unique<LayoutStore>(address_.path, trust_);
      }
    });
    return *store_;
  }

  Address address_;
  BlobTrust trust_;
  std::once_flag made_;
  std::unique_ptr<BlobStore> store_;
};

/// A folder: an OCI layout or a dir:.
class FolderPlace final : public ImageDestination {
 public:
  FolderPlace(Address address, BlobTrust trust)
      : address_(std::move(address)), store_(address_, trust) {}

  std::string str() const override { return address_.str(); }

  PushReport push(const Image& image, const PushOptions& options, Progress& progress,
                  std::stop_token stop) override {
    PushOptions chosen = options;
    add_tag(chosen.tags);
    chosen.must_be = address_.digest;
    return with_context("writing " + str(),
                        [&] { return push_to_store(image, store_, chosen, progress, stop); });
  }

  CopyReport copy(const std::shared_ptr<ImageSource>& source, const CopyOptions& options,
                  Progress& progress, std::stop_token stop) override {
    CopyOptions chosen = options;
    add_tag(chosen.tags);
    chosen.must_be = address_.digest;
    return with_context("copying to " + str(),
                        [&] { return copy_to_store(source, store_, chosen, progress, stop); });
  }

  IndexReport push_index(const std::vector<IndexPart>& parts, const IndexOptions& options,
                         Progress& progress, std::stop_token stop) override {
    IndexOptions chosen = options;
    add_tag(chosen.push.tags);
    chosen.push.must_be = address_.digest;
    return with_context("writing " + str(),
                        [&] { return n2c::push_index(parts, store_, chosen, progress, stop); });
  }

  std::unique_ptr<LayerIntake> open_intake(const PushOptions& options, Progress& progress,
                                           std::stop_token) override {
    return std::make_unique<StoreIntake>(store_, options.compression, options.compression_threads,
                                         KnownForms{}, progress);
  }

 private:
  void add_tag(std::vector<std::string>& tags) const {
    if (address_.kind == Kind::dir && !tags.empty()) {
      throw Error(ErrorKind::usage, str() + ": a dir: folder has no tags", "leave --tag out");
    }
    tags = distinct_tags(address_.tag, tags);
  }

  Address address_;
  LateStore store_;
};

Error not_possible(const Address& address, std::string_view what, const std::string& hint) {
  return {ErrorKind::usage, cat(address.str(), ": ", what), hint};
}

}  // namespace

IndexReport ImageDestination::push_index(const std::vector<IndexPart>&, const IndexOptions&,
                                         Progress&, std::stop_token) {
  throw Error(ErrorKind::usage, str() + ": an index is not written there directly",
              "write it to oci:FOLDER first, then n2c copy oci:FOLDER oci-archive:FILE");
}

std::unique_ptr<LayerIntake> ImageDestination::open_intake(const PushOptions&, Progress& progress,
                                                           std::stop_token) {
  return std::make_unique<LayerSpool>(str(), progress);
}

OpenedSource open_source(const Address& address, Registries& registries, const StoreView& store) {
  expect_right_word(address);
  switch (address.kind) {
    case Kind::registry: return std::make_shared<RegistrySource>(registries, *address.reference);
    case Kind::oci_layout:
      return std::make_shared<LayoutSource>(std::make_unique<FolderFiles>(address.path),
                                            address.tag, address.digest);
    case Kind::oci_archive:
      return std::make_shared<LayoutSource>(open_archive(address), address.tag, address.digest);
    case Kind::dir: return std::make_shared<DirSource>(address.path);
    case Kind::docker_archive: return open_docker_archive(open_archive(address), address.reference);
    case Kind::image_json: return load_image_json(address.path, store);
    case Kind::docker_daemon:
    case Kind::containers_storage: break;
  }
  throw not_possible(address, "an engine's images cannot be read from there",
                     "save the image first (docker save, podman save) and name the archive: "
                     "docker-archive:FILE");
}

std::unique_ptr<ImageDestination> open_destination(const Address& address,
                                                   const DestinationOptions& options) {
  expect_word_for_writing(address);
  switch (address.kind) {
    case Kind::registry: return std::make_unique<RegistryPlace>(address, options);
    case Kind::oci_layout:
    case Kind::dir: return std::make_unique<FolderPlace>(address, options.trust);
    case Kind::docker_archive: return std::make_unique<DockerArchiveDestination>(address);
    case Kind::oci_archive: return std::make_unique<OciArchiveDestination>(address);
    case Kind::docker_daemon:
    case Kind::containers_storage: return std::make_unique<EngineDestination>(address);
    case Kind::image_json:
      throw not_possible(address, "an image is not written as image.json",
                         "n2c image-from-dir makes one from a dir: folder");
  }
  throw Error(ErrorKind::internal, "unknown kind of address");
}

}  // namespace n2c
