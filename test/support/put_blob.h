#pragma once
/// A blob in a registry's store without a push.

#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "registry/server/store/store.h"

namespace n2c::test {

/// Gives the repository a blob of these bytes. Returns its digest.
inline oci::Digest put_blob(registry::WritableStore& store, const std::string& repository,
                            std::string_view bytes) {
  auto staged = store.stage();
  staged->write(bytes_of(bytes));
  const oci::Digest digest = oci::Digest::of(bytes);
  store.commit(repository, digest, std::move(staged));
  return digest;
}

}  // namespace n2c::test
