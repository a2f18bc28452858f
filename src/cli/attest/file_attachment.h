#pragma once
/// A file that a command was told to attach.

#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>

#include "remote/attachment.h"

namespace n2c::cli {

/// Measures it. What is no regular file (a pipe, say) is read into memory, and has no title. Throws
/// Error{input} as require_input() does, and where a pipe gives more than 64 MiB.
Attachment attachment_of_argument(const std::filesystem::path& file, std::string type,
                                  oci::Annotations annotations, std::string_view option,
                                  const std::stop_token& stop);

}  // namespace n2c::cli
