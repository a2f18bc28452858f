#pragma once
/// Base64 (RFC 4648 §4), as Basic authorization and auth files have it.

#include <string>
#include <string_view>

#include "base/error.h"

namespace n2c::registry {

std::string base64_encode(std::string_view bytes);
/// Padding may be missing; line ends are not allowed.
Parsed<std::string> base64_decode(std::string_view text);

}  // namespace n2c::registry
