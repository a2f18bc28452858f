#pragma once
/// Which HTTP library this is.

#include <string>

namespace n2c::http {

/// "curl 7.88.1, OpenSSL 3.0.15": what is loaded, and not what was compiled against.
std::string library();

}  // namespace n2c::http
