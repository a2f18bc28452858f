/// Parse, run, turn an Error into a message and an exit code.

#include "cli/run.h"
#include "commit.h"

int main(int argc, char** argv) { return n2c::cli::run(argc, argv, N2C_COMMIT); }
