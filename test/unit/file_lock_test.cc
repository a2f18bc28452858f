#include "base/file_lock.h"

#include <doctest/doctest.h>

#include <stop_token>

#include "test/support/check_fails.h"

namespace file_lock_test {

using namespace n2c;

TEST_CASE("a folder that another process locks is waited for until a stop") {
  const TemporaryFolder folder;
  const FolderLock held(folder.path(), {});
  std::stop_source stop;
  stop.request_stop();
  CHECK_FAILS(FolderLock(folder.path(), stop.get_token()), ErrorKind::cancelled,
              "stopped while another process holds it");
}

TEST_CASE("a folder is locked anew once its holder is gone, asked to stop or not") {
  const TemporaryFolder folder;
  {
    const FolderLock held(folder.path(), {});
  }
  std::stop_source stop;
  stop.request_stop();
  const FolderLock again(folder.path(), stop.get_token());
}

}  // namespace file_lock_test
