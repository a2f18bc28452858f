#include "layout/file_batch.h"

#include <doctest/doctest.h>

#include "test/support/check_fails.h"

namespace file_batch_test {

using namespace n2c;

namespace {

std::unique_ptr<AtomicFile> written(const std::filesystem::path& folder, std::string_view text) {
  auto file = std::make_unique<AtomicFile>(AtomicFile::In{.folder = folder, .shown = "a blob"});
  file->write(bytes_of(text));
  return file;
}

}  // namespace

TEST_CASE("far more files than are open at once all have their names when the batch is finished") {
  const TemporaryFolder folder;
  FileBatch batch;
  for (std::size_t i = 0; i < 3 * FileBatch::most_files; ++i) {
    batch.add(written(folder.path(), std::to_string(i)), folder.path() / std::to_string(i));
  }
  batch.finish();
  CHECK_FALSE(batch.has(folder.path() / "0"));  // the file system has it
  for (std::size_t i = 0; i < 3 * FileBatch::most_files; ++i) {
    CHECK(read_file(folder.path() / std::to_string(i), 100) == std::to_string(i));
  }
  batch.finish();  // nothing more to wait for
}

TEST_CASE("a file that cannot get its name fails the batch, whenever it is finished") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "taken" / "inside");
  FileBatch batch;
  batch.add(written(folder.path(), "a"), folder.path() / "taken");
  batch.add(written(folder.path(), "b"), folder.path() / "free");
  CHECK_FAILS(batch.finish(), ErrorKind::local, "taken");
  CHECK_FAILS(batch.finish(), ErrorKind::local, "taken");
}

TEST_CASE("a batch that nobody finishes leaves whole files and no others") {
  const TemporaryFolder folder;
  {
    FileBatch batch;
    for (const char* name : {"1", "2", "3"}) {
      batch.add(written(folder.path(), name), folder.path() / name);
    }
  }
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    CHECK(read_file(entry.path(), 10) == entry.path().filename().string());
    ++count;
  }
  CHECK(count == 3);
}

}  // namespace file_batch_test
