// What pushes and deletes do to a registry's store: the one in a folder answers as the one in
// memory does, after every step and when it is opened again, and what another program did to its
// files is reported, not served.
//
// Each byte is a step: its low three bits what is done, the others with which blob, tag and
// repository. The step 7 damages, removes or replaces a file of the folder; nothing is compared
// from then on.

#include <fstream>
#include <memory>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "registry/server/store/folder_store.h"
#include "registry/server/store/memory_store.h"
#include "test/fuzz/checks.h"
#include "test/support/put_blob.h"

using namespace n2c;
using namespace n2c::registry;

namespace {

namespace fs = std::filesystem;
using fuzz::require;

const std::vector<std::string> repositories{"app", "a/b", "a/b/c"};
const std::vector<std::string> blobs{"", "one", "two", std::string(5000, '3')};
const std::vector<std::string> tags{"1", "latest", "_", "x.y-z"};

struct Step {
  unsigned byte;
  unsigned action() const { return byte & 7; }
  const std::string& repository() const { return repositories[byte % repositories.size()]; }
  const std::string& other() const { return repositories[(byte >> 4) % repositories.size()]; }
  const std::string& blob() const { return blobs[(byte >> 3) % blobs.size()]; }
  const std::string& tag() const { return tags[(byte >> 5) % tags.size()]; }
};

/// An image whose config is that blob; every other one is about the image of the next blob.
NewManifest image_of(const Step& step) {
  const std::string& config = step.blob();
  std::string json = cat(R"({"schemaVersion":2,"config":{"mediaType":")", oci::media_type::config,
                         R"(","digest":")", oci::Digest::of(config).str(), R"(","size":)",
                         config.size(), R"(},"layers":[])");
  if ((step.byte & 0x40) != 0) {
    json += cat(R"(,"subject":{"mediaType":")", oci::media_type::manifest, R"(","digest":")",
                oci::Digest::of(step.tag()).str(), R"(","size":1})");
  }
  json += '}';
  NewManifest image{.record = oci::RawManifest::of(oci::media_type::manifest, json)};
  if ((step.byte & 0x80) != 0) image.tags = {step.tag()};
  image.required_blobs = {oci::Digest::of(config)};
  image.sizes = {{oci::Digest::of(config), config.size()}};
  return image;
}

/// An index of that image, which the repository must have.
NewManifest index_of(const Step& step) {
  const oci::Descriptor image = image_of(step).record.descriptor;
  const std::string json =
      cat(R"({"schemaVersion":2,"manifests":[{"mediaType":")", image.media_type, R"(","digest":")",
          image.digest.str(), R"(","size":)", image.size, "}]}");
  NewManifest index{.record = oci::RawManifest::of(oci::media_type::index, json)};
  index.tags = {step.tag()};
  index.required_manifests = {image.digest};
  return index;
}

/// What the step answers, as a text.
std::string take(WritableStore& store, const Step& step) {
  const oci::Digest blob = oci::Digest::of(step.blob());
  switch (step.action()) {
    case 0: test::put_blob(store, step.repository(), step.blob()); return "committed";
    case 1:
      if ((step.byte & 0x80) != 0) return store.mount(step.repository(), blob, {}) ? "m" : "no";
      return store.mount(step.repository(), blob, step.other()) ? "mounted" : "not mounted";
    case 2: return cat("lacks ", store.put_manifest(step.repository(), image_of(step)).size());
    case 3: return cat("lacks ", store.put_manifest(step.repository(), index_of(step)).size());
    case 4: return store.remove_blob(step.repository(), blob) ? "removed" : "no blob";
    case 5: {
      const auto digest = image_of(step).record.descriptor.digest;
      return store.remove_manifest(step.repository(), digest) ? "removed" : "no manifest";
    }
    default: return store.remove_tag(step.repository(), step.tag()) ? "removed" : "no tag";
  }
}

void add_blob(std::string& all, Store& store, const std::string& repository,
              const oci::Digest& digest) {
  const auto size = store.stat(repository, digest);
  if (!size) return;
  const auto reader = store.open(repository, digest, 0);
  require(reader != nullptr, "a blob that is there can be read");
  const std::string bytes = read_all(*reader, 1 << 20);
  require(bytes.size() == *size && oci::Digest::of(bytes) == digest, "and is whole");
  all += cat(digest.str(), '\n');
}

/// All that can be asked of a store, as a text.
std::string contents(Store& store) {
  std::string all;
  for (const std::string& repository : store.repositories()) {
    all += cat("repository ", repository, '\n');
    for (const std::string& bytes : blobs) {
      add_blob(all, store, repository, oci::Digest::of(bytes));
    }
    for (const std::string& tag : store.tags(repository, {}).value_or(std::vector<std::string>{})) {
      const auto digest = store.find_tag(repository, tag);
      require(digest.has_value(), "a tag that is listed names something");
      const auto manifest = store.find_manifest(repository, *digest);
      require(manifest && oci::Digest::of(manifest->json) == *digest, "which is whole");
      all += cat(tag, " = ", digest->str(), '\n');
    }
    for (const std::string& tag : tags) {
      for (const oci::Digest& one : store.referrers(repository, oci::Digest::of(tag))) {
        all += cat("refers to ", tag, ": ", one.str(), '\n');
      }
    }
  }
  return all;
}

/// Does to the folder's `which`th file what the step says.
void damage(const fs::path& root, const Step& step, std::size_t which) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_regular_file() && entry.path().filename() != "lock") files.push_back(entry.path());
  }
  if (files.empty()) return;
  std::ranges::sort(files);
  const fs::path& file = files[which % files.size()];
  std::error_code ignored;
  switch (step.byte >> 3 & 3) {
    case 0: fs::remove(file, ignored); break;
    case 1: fs::resize_file(file, fs::file_size(file) / 2, ignored); break;
    case 2: std::ofstream(file, std::ios::app) << static_cast<char>(step.byte); break;
    default: fs::remove(file, ignored); fs::create_symlink("/etc/passwd", file, ignored);
  }
}

/// A folder that something else wrote into is read without a crash, and never gives wrong bytes.
void read_damaged(const fs::path& root) {
  fuzz::ends_fairly([&] {
    FolderStore store(root, [](const std::string& line) { require(!line.empty(), "it is told"); });
    for (const std::string& repository : store.repositories()) {
      for (const std::string& bytes : blobs) {
        fuzz::ends_fairly([&] { store.stat(repository, oci::Digest::of(bytes)); });
      }
      fuzz::ends_fairly([&] {
        for (const auto& tag : store.tags(repository, {}).value_or(std::vector<std::string>{})) {
          const auto digest = store.find_tag(repository, tag);
          if (!digest) continue;
          const auto manifest = store.find_manifest(repository, *digest);
          require(!manifest || oci::Digest::of(manifest->json) == *digest, "no wrong manifest");
        }
      });
    }
    fuzz::ends_fairly([&] { store.collect(); });
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size > 40) return -1;  // each step may wait for a disk
  const TemporaryFolder folder;
  const fs::path root = folder.path() / "root";
  MemoryStore memory;
  auto store = std::make_unique<FolderStore>(root);
  for (std::size_t i = 0; i < size; ++i) {
    const Step step{bytes[i]};
    if (step.action() == 7) {
      store.reset();
      damage(root, step, size - i);
      read_damaged(root);
      return 0;
    }
    require(take(*store, step) == take(memory, step), "a folder answers as memory does");
  }
  const std::string held = contents(memory);
  require(contents(*store) == held, "a folder holds what memory does");
  store = nullptr;
  FolderStore again(root);
  require(contents(again) == held, "and still does when it is opened again");
  return 0;
}
