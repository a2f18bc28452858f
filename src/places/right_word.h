#pragma once
/// Whether an address has the right word for what is at its path, and which one it is if not.

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "layout/archive_reader.h"
#include "places/address.h"

namespace n2c {

/// What image the folder holds. Nothing where it holds none.
std::optional<Address::Kind> kind_of_folder(const std::filesystem::path& folder);
/// Of oci:, dir: and the archives: "oci:", and "an OCI layout".
std::string_view word_of(Address::Kind kind);
std::string_view name_of(Address::Kind kind);

/// Throws Error{input} when the source's path is a folder and its word reads a file, or the other
/// way, or when the folder is one of another word. The hint has the right address. What is not
/// there is no error here.
void expect_right_word(const Address& source);
/// The archive that an oci-archive: or docker-archive: names, after expect_right_word(). Throws
/// what ArchiveReader does, and Error{input} when it is an archive of the other word.
std::unique_ptr<ArchiveReader> open_archive(const Address& source);
/// Throws Error{input} when the destination's path is a folder and its word writes a file, or the
/// other way, or when the folder is one of another word.
void expect_word_for_writing(const Address& destination);

}  // namespace n2c
