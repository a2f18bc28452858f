#pragma once
/// A file's capabilities: what a program may do although its user is not root (capabilities(7)).

#include <string>
#include <string_view>

#include "base/error.h"

namespace n2c {

/// The extended attribute that holds them.
inline constexpr std::string_view capability_attribute = "security.capability";

/// The attribute's value, in version 2 of its form (VFS_CAP_REVISION_2 in capabilities(7)), for a
/// text as setcap(8) takes it (cap_from_text(3)): "cap_net_bind_service=ep",
/// "cap_net_raw,cap_net_admin+ip". The error says what is wrong with the text, and which name may
/// be meant.
Parsed<std::string> file_capabilities(std::string_view text);

}  // namespace n2c
