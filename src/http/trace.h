#pragma once
/// What --debug prints of requests and replies, with secrets masked.

#include <string>
#include <string_view>
#include <vector>

namespace n2c::http {

/// The lines of a request's or reply's header block, each with its secrets masked: the values
/// of credential headers and cookies, and query values in the request target and in Location.
std::vector<std::string> masked_lines(std::string_view header_block);

}  // namespace n2c::http
