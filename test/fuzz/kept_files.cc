// Files that n2c keeps between runs and others may write: auth files, the cache, an index.json,
// htpasswd. What was set is found again, and what n2c does not know stays.
//
// The first byte chooses the file.

#include <vector>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "cache/digest_cache.h"
#include "layout/oci_layout.h"
#include "registry/client/auth/auth_file.h"
#include "registry/server/guard/htpasswd.h"
#include "test/fuzz/checks.h"

using namespace n2c;

namespace {

using fuzz::require;

const std::filesystem::path& scratch_folder() {
  static const TemporaryFolder folder;
  return folder.path();
}

void change_logins(std::string_view text) {
  auto file = registry::AuthFile::parse(text, "auth.json");
  if (!file) return;
  const registry::Credentials login{.username = "me", .password = "p:w"};
  for (const char* host : {"r.example", "docker.io", "r.example:5000", "[::1]:80"}) {
    fuzz::ends_fairly([&] { file->find(host, "a/b"); });
    file->helper_for(host);
    file->set(host, login);
    const auto found = file->find(host, "");
    require(found && found->username == "me" && found->password == "p:w", "a login set is found");
    require(file->erase(host), "and can be taken away");
    require(!file->erase(host), "once");
  }
}

/// Through a file, under its lock, as login does it: what else is in it stays.
void change_on_disk(std::string_view text) {
  const auto path = scratch_folder() / "auth.json";
  write_file(path, text);
  const auto before = go::Json::parse(text);
  fuzz::ends_fairly([&] {
    registry::AuthFile::update(path, {}, [](registry::AuthFile& file) {
      file.set("r.example", {.username = "me", .password = "pw"});
      return true;
    });
    const auto after = go::Json::parse(read_file(path, 1 << 20));
    require(after && after->find("auths") != nullptr, "what is written can be read");
    if (!before || before->as_object() == nullptr) return;
    for (const auto& [name, value] : *before->as_object()) {
      if (name == "auths") continue;
      const go::Json* kept = after->find(name);
      require(kept != nullptr && kept->compact() == before->find(name)->compact(),
              "the rest stays");
    }
  });
}

/// Lines with their checksums, as the cache has them, or the file as it is.
void read_cache(std::string_view text, bool with_sums) {
  const auto path = scratch_folder() / "pushes";
  std::string all(with_sums ? "n2c cache 1\n" : "");
  for (const std::string_view line : split(text, '\n')) {
    if (!with_sums) continue;
    Hash hash(HashAlgorithm::sha256);
    hash.update(bytes_of(line));
    all += cat(hash.finish_hex().substr(0, 16), ' ', line, '\n');
  }
  write_file(path, with_sums ? std::string_view(all) : text);
  DigestCache cache{path};
  for (const oci::Repository& one : cache.all_repositories()) {
    require(oci::is_repository_path(one.path), "a repository that is remembered is one");
    const auto tag = cache.find_last_tag(one);
    require(!tag || oci::is_tag(*tag), "a tag that is remembered is one");
  }
  const oci::Digest digest = oci::Digest::of("layer");
  cache.add_form(digest, "recipe", {digest, 5});
  require(cache.save(), "a cache that is broken is begun anew");
  require(DigestCache{path}.find_form(digest, "recipe") == CompressedLayer{digest, 5},
          "what was added is found by the next run");
}

void add_to_index(std::string_view text) {
  const oci::Descriptor manifest{.media_type = std::string(oci::media_type::manifest),
                                 .digest = oci::Digest::of("x"),
                                 .size = 1};
  const std::vector<std::string> tags{"a", "b"};
  const auto once = with_manifest(text, manifest, tags);
  if (!once) return;
  const auto twice = with_manifest(*once, manifest, tags);
  require(twice && *twice == *once, "adding an image twice is adding it once");
  const bool was_sound = text.empty() || oci::Index::from_json(text).has_value();
  require(!was_sound || oci::Index::from_json(*once), "an index that could be read still can");
}

void read_logins_of_server(std::string_view text) {
  const auto file = registry::Htpasswd::parse(text);
  require(file.has_value() || !file.error().empty(), "an error says what is wrong");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 1 || size > (16 << 10)) return -1;
  fuzz::Input input(bytes + 1, size - 1);
  switch (bytes[0] % 6) {
    case 0: change_logins(input.rest()); break;
    case 1: change_on_disk(input.rest()); break;
    case 2: read_cache(input.rest(), true); break;
    case 3: read_cache(input.rest(), false); break;
    case 4: add_to_index(input.rest()); break;
    default: read_logins_of_server(input.rest());
  }
  return 0;
}
