#include "base/error.h"

#include <cerrno>
#include <system_error>

namespace n2c {

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage: return 2;
    case ErrorKind::input: return 3;
    case ErrorKind::auth: return 4;
    case ErrorKind::registry: return 5;
    case ErrorKind::network: return 6;
    case ErrorKind::integrity: return 7;
    case ErrorKind::local:
    case ErrorKind::internal: return 8;
    case ErrorKind::cancelled: return 130;
  }
  return 8;
}

void throw_errno(std::string_view doing) {
  const std::string why = std::generic_category().message(errno);
  throw Error(ErrorKind::local, std::string(doing) + ": " + why);
}

}  // namespace n2c
