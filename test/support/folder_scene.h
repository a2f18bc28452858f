#pragma once
/// What tests put into a registry's store in a folder, and what they ask it.

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/stream.h"
#include "base/text.h"
#include "oci/media_type.h"
#include "registry/server/store/folder_store.h"

namespace n2c::test {

inline const oci::Digest hello = oci::Digest::of("hello");

/// An image whose config is `config`, which has no layers.
inline registry::NewManifest image_of(std::string_view config, std::vector<std::string> tags) {
  const oci::Digest digest = oci::Digest::of(config);
  const std::string json =
      cat(R"({"schemaVersion":2,"config":{"mediaType":")", oci::media_type::config,
          R"(","digest":")", digest.str(), R"(","size":)", config.size(), R"(},"layers":[]})");
  return {.record = {{std::string(oci::media_type::manifest), oci::Digest::of(json), json.size()},
                     json},
          .tags = std::move(tags),
          .required_blobs = {digest}};
}

/// What a store said of what it found.
struct Notes {
  std::vector<std::string> lines;
  registry::FolderStore::Note note() {
    return [this](std::string line) { lines.push_back(std::move(line)); };
  }
};

/// The bytes of a blob as the store gives them.
inline std::string blob_of(registry::FolderStore& store, const std::string& repository,
                           const oci::Digest& blob) {
  const auto reader = store.open(repository, blob, 0);
  return reader ? read_all(*reader, 1 << 20) : "none";
}

inline std::string error_of(const std::function<void()>& call) {
  try {
    call();
    return "no error";
  } catch (const Error& error) {
    return error.message();
  }
}

}  // namespace n2c::test
