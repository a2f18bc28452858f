#include "push/pull.h"

#include "base/error.h"
#include "base/text.h"
#include "push/dir_store.h"

namespace n2c {

namespace {

/// An empty folder, made empty again unless what is written into it is kept.
class NewFolder {
 public:
  explicit NewFolder(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::error_code failed;
    was_there_ = std::filesystem::exists(folder_, failed);
    if (was_there_ && !std::filesystem::is_empty(folder_, failed)) {
      throw Error(ErrorKind::usage, cat(folder_.string(), " is there already and not empty"),
                  "name a folder that is empty or does not exist");
    }
  }
  ~NewFolder() {
    if (!kept_) clear();
  }
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  void keep() { kept_ = true; }

 private:
  void clear() {
    std::error_code ignored;
    if (!was_there_) {
      std::filesystem::remove_all(folder_, ignored);
      return;
    }
    for (const auto& entry : std::filesystem::directory_iterator(folder_, ignored)) {
      std::filesystem::remove_all(entry.path(), ignored);
    }
  }

  std::filesystem::path folder_;
  bool was_there_ = false;
  bool kept_ = false;
};

}  // namespace

CopyReport pull_image(const std::shared_ptr<ImageSource>& source,
                      const std::filesystem::path& folder, const oci::Platform& platform,
                      Progress& progress, std::stop_token stop) {
  NewFolder fresh(folder);
  DirStore store(folder);
  auto report = copy_to_store(source, store, {.platform = platform}, progress, std::move(stop));
  fresh.keep();
  return report;
}

void pull_blob(Registries& registries, const oci::Reference& blob, Writer& to,
               std::stop_token stop) {
  auto client = registries.client(blob.repository, registry::Access::pull);
  // The size is not known; the client checks the digest.
  const auto reader = client.open_blob(*blob.digest, stop);
  copy(*reader, to);
}

}  // namespace n2c
