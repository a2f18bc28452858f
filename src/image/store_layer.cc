#include "image/store_layer.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "base/error.h"
#include "base/hash.h"
#include "base/read_ahead.h"
#include "base/text.h"
#include "image/layer_tar.h"
#include "image/store_walk.h"

namespace n2c {

namespace {

bool is_missing(const OpenStore& store, const StorePath& path) {
  const auto [folder, at] = store.place(path.path);
  struct stat status{};
  return ::fstatat(folder, at, &status, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
}

/// Error{local} for this path, with a count of those of all layers.
Error missing_path(const StorePath& first, const StoreLayerSource::Layers& layers,
                   const OpenStore& store, const StoreView& view) {
  std::vector<const StorePath*> all;  // there may be a million
  for (const auto& layer : layers) {
    for (const StorePath& path : layer) all.push_back(&path);
  }
  const auto name = [](const StorePath* path) -> std::string_view { return path->path; };
  std::ranges::sort(all, {}, name);
  const auto twice = std::ranges::unique(all, {}, name);
  all.erase(twice.begin(), twice.end());
  const auto missing =
      std::ranges::count_if(all, [&](const StorePath* path) { return is_missing(store, *path); });
  return {ErrorKind::local,
          cat(printable(first.path, 300), " is not on this machine",
              all.size() == 1 ? "" : cat("; ", missing, " of ", all.size(), " paths are missing")),
          view.root.empty()
              ? "build it here, fetch it with nix copy --from CACHE PATH, or name the "
                "folder that has /nix/store by --store-root"
              : "it was looked for below --store-root, and not in this machine's store"};
}

/// Throws for the first of the `paths` that is not there.
void require_those(const std::vector<StorePath>& paths, const StoreLayerSource::Layers& layers,
                   const StoreView& view) {
  const OpenStore store(view);
  const auto first =
      std::ranges::find_if(paths, [&](const StorePath& path) { return is_missing(store, path); });
  if (first != paths.end()) throw missing_path(*first, layers, store, view);
}

}  // namespace

std::unique_ptr<Reader> StoreLayerSource::open(std::uint64_t offset) const {
  std::shared_ptr<const LayerTar> tar;
  try {
    tar = std::make_shared<const LayerTar>(paths_, store_);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::local) require_those(paths_, *layers_, store_);
    throw;
  }
  LayerTar::Position position = tar->find(offset);
  return read_from(std::move(tar), std::move(position));
}

std::string label_of(const std::vector<StorePath>& paths) {
  if (paths.size() != 1) return cat(paths.size(), " store paths");
  constexpr std::size_t hash = 32;
  std::string_view name = paths.front().path;
  name.remove_prefix(name.rfind('/') + 1);
  if (name.size() > hash + 1 && name[hash] == '-') name.remove_prefix(hash + 1);
  return printable(name, 40);
}

void require_paths(const StoreLayerSource::Layers& layers, const StoreView& store) {
  for (const auto& paths : layers) require_those(paths, layers, store);
}

TarFacts measure(const ByteSource& tar, const std::stop_token& stop) {
  ReadAhead reader(tar.open());
  Hash hash;
  std::uint64_t size = 0;
  for (ByteView bytes = reader.next(); !bytes.empty(); bytes = reader.next()) {
    if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped on request");
    hash.update(bytes);
    size += bytes.size();
  }
  return {oci::Digest::from_hex(HashAlgorithm::sha256, hash.finish_hex()), size};
}

}  // namespace n2c
