#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <csignal>

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // as cli/run does: a write to what is gone is an outcome
  return doctest::Context(argc, argv).run();
}
