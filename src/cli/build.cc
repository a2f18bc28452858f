#include "cli/command.h"

namespace n2c::cli {

void add_build_commands(CLI::App&, Invocation&) {}

}  // namespace n2c::cli
