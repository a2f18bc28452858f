#include "oci/descriptor.h"

#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/hash.h"
#include "base/text.h"

namespace n2c::oci {

Parsed<Platform> Platform::parse(std::string_view text) {
  const auto parts = split(text, '/');
  const bool whole = std::ranges::none_of(parts, [](std::string_view p) { return p.empty(); });
  if (!whole || parts.size() < 2 || parts.size() > 3) {
    return std::unexpected("\"" + printable(text, 60) +
                           "\" is not a platform: want OS/ARCHITECTURE[/VARIANT]");
  }
  return Platform{std::string(parts[0]), std::string(parts[1]),
                  parts.size() == 3 ? std::string(parts[2]) : std::string()};
}

Platform Platform::of_this_machine() {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> names = {{
      {"x86_64", "amd64"},
      {"aarch64", "arm64"},
      {"i686", "386"},
      {"i386", "386"},
      {"armv7l", "arm"},
      {"armv6l", "arm"},
      {"loongarch64", "loong64"},
      {"mips64", "mips64le"},
      {"mips", "mipsle"},
  }};
  struct utsname machine{};
  if (::uname(&machine) != 0) return {.architecture = "amd64"};
  const std::string_view found = machine.machine;
  for (const auto& [kernel, go] : names) {
    if (kernel == found) return {.architecture = std::string(go)};
  }
  return {.architecture = std::string(found)};  // riscv64, ppc64le, s390x: the same word
}

std::string Platform::str() const {
  return cat(os, '/', architecture, variant.empty() ? "" : "/", variant);
}

Descriptor describe(std::string_view media_type, std::string_view bytes) {
  return {.media_type = std::string(media_type), .digest = Digest::of(bytes), .size = bytes.size()};
}

Descriptor measure(std::unique_ptr<Reader> from, std::string media_type,
                   const std::stop_token& stop) {
  HashingReader reader(std::move(from));
  std::vector<std::byte> block(256 << 10);
  while (reader.read(block) != 0) {
    if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "cancelled");
  }
  const std::uint64_t size = reader.count();
  return {.media_type = std::move(media_type),
          .digest = Digest::from_hex(HashAlgorithm::sha256, reader.finish_hex()),
          .size = size};
}

}  // namespace n2c::oci
