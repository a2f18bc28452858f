#pragma once
/// Tar headers read back by a reader that shares nothing with the writer.

#include <string_view>

#include "base/error.h"
#include "go/archive_tar.h"

namespace n2c::fuzz {

/// What the header that fills `bytes` says once PAX records, GNU long texts and the USTAR
/// prefix are applied. The error says how it is malformed.
Parsed<go::TarHeader> read_tar_header(std::string_view bytes);

}  // namespace n2c::fuzz
