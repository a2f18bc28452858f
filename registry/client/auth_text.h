#pragma once
/// The text of an auth file with a login put in or taken out, and every other byte as it was: how
/// it is indented, what n2c does not know of, numbers and escapes as others write them.

#include <functional>
#include <string>
#include <string_view>

#include "go/encoding_json.h"

namespace n2c::registry {

// Both take a text that go::Json::parse() takes and that is an object whose `auths`, if it has any,
// is one object or null.

/// With a further member of `auths` (made when missing), laid out as what stands there. An empty
/// text is a new file.
std::string with_auth(std::string_view text, std::string_view key, const go::Json& entry);

/// Without the members of `auths` whose key is one of those.
std::string without_auths(std::string_view text,
                          const std::function<bool(std::string_view key)>& is_one);

}  // namespace n2c::registry
