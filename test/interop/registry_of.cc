/// A registry with the habits of one in the field, for real programs:
///
///     registry_of gitlab|ghcr PORT-FILE
///
/// It listens on a free port of the loopback until it is killed. The login is robot's.

#define DOCTEST_CONFIG_IMPLEMENT  // what the tests' servers have of it; this has its own main()
#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>
#include <iostream>

#include "test/support/faulty_registry.h"

int main(int argc, char** argv) {
  using namespace n2c::test;
  const std::string_view name = argc == 3 ? argv[1] : "";
  if (name != "gitlab" && name != "ghcr") {
    std::cerr << "usage: registry_of gitlab|ghcr PORT-FILE\n";
    return 2;
  }
  const FaultyRegistry registry(name == "gitlab" ? gitlab() : ghcr());
  const std::string host = registry.host();
  std::ofstream(argv[2]) << host.substr(host.rfind(':') + 1) << '\n';
  for (;;) pause();
}
