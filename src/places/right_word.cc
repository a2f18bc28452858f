#include "places/right_word.h"

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "oci/layout.h"

namespace n2c {

namespace {

namespace fs = std::filesystem;
using Kind = Address::Kind;

constexpr std::string_view docker_manifest_file = "manifest.json";

bool is_archive(Kind kind) { return kind == Kind::oci_archive || kind == Kind::docker_archive; }
bool is_folder_kind(Kind kind) { return kind == Kind::oci_layout || kind == Kind::dir; }

std::string shown(const fs::path& path) { return printable(path.string(), 300); }

bool is_file(const fs::path& path) {
  std::error_code failed;
  return fs::is_regular_file(path, failed);
}

bool is_folder(const fs::path& path) {
  std::error_code failed;
  return fs::is_directory(path, failed);
}

/// A folder may be both: then either word does.
bool is_folder_of(Kind kind, const fs::path& path) {
  return is_file(path /
                 (kind == Kind::oci_layout ? oci::layout::version_file : docker_manifest_file));
}

}  // namespace

std::string_view word_of(Kind kind) {
  switch (kind) {
    case Kind::oci_layout: return "oci:";
    case Kind::dir: return "dir:";
    case Kind::oci_archive: return "oci-archive:";
    case Kind::docker_archive: return "docker-archive:";
    case Kind::registry:
    case Kind::docker_daemon:
    case Kind::containers_storage:
    case Kind::image_json: break;
  }
  return "";
}

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::oci_layout: return "an OCI layout";
    case Kind::dir: return "a dir: folder";
    case Kind::oci_archive: return "an OCI archive";
    case Kind::docker_archive: return "a docker-archive";
    case Kind::registry:
    case Kind::docker_daemon:
    case Kind::containers_storage:
    case Kind::image_json: break;
  }
  return "something else";
}

std::optional<Kind> kind_of_folder(const fs::path& path) {
  for (const Kind kind : {Kind::oci_layout, Kind::dir}) {
    if (is_folder_of(kind, path)) return kind;
  }
  return {};
}

namespace {

/// Nothing where it is no archive of an image.
std::optional<Kind> kind_of_file(const fs::path& path) {
  try {
    const ArchiveReader archive(path);
    if (archive.has(oci::layout::version_file)) return Kind::oci_archive;
    if (archive.has(docker_manifest_file)) return Kind::docker_archive;
  } catch (const Error&) {  // no archive, which is all that is asked
  }
  return {};
}

Error other_kind(const Address& address, std::string_view what, std::optional<Kind> found) {
  std::string hint;
  if (found) hint = cat(name_of(*found), " is named ", word_of(*found), shown(address.path));
  return {ErrorKind::input, cat(shown(address.path), " is ", what), std::move(hint)};
}

}  // namespace

void expect_right_word(const Address& source) {
  const fs::path& path = source.path;
  const Kind kind = source.kind;
  if (is_archive(kind)) {
    if (is_folder(path)) {
      throw other_kind(source, cat("a folder, and ", word_of(kind), " reads a file"),
                       kind_of_folder(path));
    }
    std::error_code failed;
    if (kind == Kind::oci_archive && fs::exists(path, failed) && !is_file(path)) {
      throw Error(
          ErrorKind::input,
          cat(shown(path), " is a pipe or a device, and an OCI archive is read from a file"),
          "save it to a file first; from a pipe a docker-archive can be read");
    }
  }
  if (!is_folder_kind(kind)) return;
  if (is_file(path)) {
    throw other_kind(source, cat("a file, and ", word_of(kind), " reads a folder"),
                     kind_of_file(path));
  }
  const auto found = kind_of_folder(path);
  if (found && !is_folder_of(kind, path)) {
    throw other_kind(source, cat(name_of(*found), ", not ", name_of(kind)), found);
  }
}

std::unique_ptr<ArchiveReader> open_archive(const Address& source) {
  expect_right_word(source);
  if (!is_there(source.path)) {
    throw Error(ErrorKind::input, cat(shown(source.path), ": no such file"));
  }
  auto archive = std::make_unique<ArchiveReader>(source.path);
  const bool is_oci = archive->has(oci::layout::version_file);
  const bool is_docker = archive->has(docker_manifest_file);
  if (source.kind == Kind::oci_archive && !is_oci && is_docker) {
    throw other_kind(source, "a docker-archive, not an OCI archive", Kind::docker_archive);
  }
  if (source.kind == Kind::docker_archive && !is_docker && is_oci) {
    throw other_kind(source, "an OCI archive, not a docker-archive", Kind::oci_archive);
  }
  return archive;
}

void expect_word_for_writing(const Address& destination) {
  const fs::path& path = destination.path;
  const Kind kind = destination.kind;
  if (is_archive(kind) && is_folder(path)) {
    throw Error(ErrorKind::input,
                cat(shown(path), " is a folder, and ", word_of(kind), " writes a file"),
                cat("name a file in it: ", word_of(kind), shown(path / "image.tar"),
                    "; a folder is written by oci: or dir:"));
  }
  if (!is_folder_kind(kind)) return;
  if (is_file(path)) {
    throw Error(ErrorKind::input,
                cat(shown(path), " is a file, and ", word_of(kind), " writes a folder"),
                "an archive is written by oci-archive: or docker-archive:");
  }
  const auto found = kind_of_folder(path);
  if (found && !is_folder_of(kind, path)) {
    throw other_kind(destination, cat(name_of(*found), ", not ", name_of(kind)), found);
  }
}

}  // namespace n2c
