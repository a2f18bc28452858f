#include <doctest/doctest.h>

#include <fstream>

#include "base/file.h"
#include "base/text.h"
#include "oci/layout.h"
#include "oci/media_type.h"
#include "registry/server/store/folder_store.h"

namespace foreign_layout_test {

using namespace n2c;
using registry::FolderStore;
namespace fs = std::filesystem;

TEST_CASE(
    "what an index lists is in the repository and is kept, though index.json does not list it") {
  const TemporaryFolder folder;
  {
    const FolderStore makes_folders(folder.path());
  }
  const fs::path repository = folder.path() / "repositories/app";
  fs::create_directories(repository / "blobs/sha256");
  const auto write = [&](std::string_view bytes) {
    std::ofstream(repository / "blobs/sha256" / oci::Digest::of(bytes).hex()) << bytes;
  };
  const auto index_of = [](const oci::Digest& child, std::string_view media_type) {
    return cat(R"({"schemaVersion":2,"manifests":[{"mediaType":")", media_type, R"(","digest":")",
               child.str(), R"(","size":1},{"mediaType":")", media_type, R"(","digest":")",
               oci::Digest::of("not here").str(), R"(","size":1}]})");
  };
  const oci::Digest config = oci::Digest::of("hello");
  const std::string image =
      cat(R"({"schemaVersion":2,"config":{"mediaType":")", oci::media_type::config,
          R"(","digest":")", config.str(), R"(","size":5},"layers":[]})");
  const oci::Digest child = oci::Digest::of(image);
  const std::string inner = index_of(child, oci::media_type::manifest);
  const std::string outer = index_of(oci::Digest::of(inner), oci::media_type::index);
  for (const std::string_view bytes : {std::string_view("hello"), std::string_view(image),
                                       std::string_view(inner), std::string_view(outer)}) {
    write(bytes);
  }
  write("nobody names this");
  std::ofstream(repository / "oci-layout") << oci::layout::version_json;
  std::ofstream(repository / "index.json")
      << cat(R"({"schemaVersion":2,"manifests":[{"mediaType":")", oci::media_type::index,
             R"(","digest":")", oci::Digest::of(outer).str(), R"(","size":)", outer.size(),
             R"(,"annotations":{"org.opencontainers.image.ref.name":"1"}}]})");
  {
    std::vector<std::string> notes;
    FolderStore store(folder.path(), [&](std::string line) { notes.push_back(std::move(line)); });
    CHECK(store.find_manifest("app", child)->json == image);
    store.collect();
    CHECK_FALSE(store.stat("app", oci::Digest::of("nobody names this")));
    CHECK(store.stat("app", config) == 5);
    CHECK(notes.empty());  // an index may list what is elsewhere
    CHECK(store.remove_manifest("app", child));
  }
  FolderStore again(folder.path());
  CHECK_FALSE(again.find_manifest("app", child));  // what was removed does not come back
}

}  // namespace foreign_layout_test
