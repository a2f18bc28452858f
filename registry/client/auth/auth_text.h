#pragma once
/// Puts a login into the text of an auth file, or takes one out. Every other byte stays as it was:
/// the indentation, members that n2c does not know, numbers and escapes as others write them.

#include <functional>
#include <string>
#include <string_view>

#include "go/encoding_json.h"

namespace n2c::registry {

// Both take a text that go::Json::parse() accepts: an object whose `auths`, if it has one, is one
// object or null.

/// The text with a further member of `auths`, laid out like what is there. `auths` is made when
/// missing. An empty text gives a new file.
std::string with_auth(std::string_view text, std::string_view key, const go::Json& entry);

/// The text without the members of `auths` that have one of these keys.
std::string without_auths(std::string_view text,
                          const std::function<bool(std::string_view key)>& is_one);

}  // namespace n2c::registry
