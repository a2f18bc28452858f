/// Parse, run, turn an Error into a message and an exit code.

#include "cli/run.h"

int main(int argc, char** argv) { return n2c::cli::run(argc, argv); }
