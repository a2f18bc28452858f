#include "oci/descriptor.h"

#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/hash.h"
#include "base/text.h"

namespace n2c::oci {

namespace {

/// The variant that is meant where none is said, as other tools read it.
std::string_view usual_variant(std::string_view architecture) {
  if (architecture == "arm64") return "v8";
  if (architecture == "amd64") return "v1";
  if (architecture == "arm") return "v7";
  return "";
}

/// "v7" is 700, "v8.1" 801; 0 for what is no such number.
int level_of(std::string_view variant) {
  if (variant.starts_with('v')) variant.remove_prefix(1);
  const auto parts = cut(variant, '.').value_or(std::pair(variant, std::string_view("0")));
  const auto major = parse_number(parts.first), minor = parse_number(parts.second);
  if (!major || !minor || *major > 99 || *minor > 99) return 0;
  return static_cast<int>(*major * 100 + *minor);
}

}  // namespace

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
      {"armv6l", "arm/v6"},
      {"loongarch64", "loong64"},
      {"mips64", "mips64le"},
      {"mips", "mipsle"},
  }};
  struct utsname machine{};
  if (::uname(&machine) != 0) return {.architecture = "amd64"};
  const std::string_view found = machine.machine;
  for (const auto& [kernel, go] : names) {
    if (kernel == found) return or_throw(parse(cat("linux/", go)), ErrorKind::internal, "platform");
  }
  return {.architecture = std::string(found)};  // riscv64, ppc64le, s390x: the same word
}

std::string Platform::str() const {
  return cat(os, '/', architecture, variant.empty() ? "" : "/", variant);
}

std::string Platform::plain_str() const {
  Platform plain = *this;
  if (plain.variant == usual_variant(architecture)) plain.variant.clear();
  return plain.str();
}

std::optional<int> platform_rank(const Platform& asked, const Platform& found) {
  if (asked.os != found.os || asked.architecture != found.architecture) return {};
  if (asked.variant == found.variant) return 0;
  const auto usual = usual_variant(asked.architecture);
  const auto level = [&](const Platform& one) {
    return level_of(one.variant.empty() ? usual : one.variant);
  };
  const int wanted = level(asked), is = level(found);
  constexpr int last = 1'000'000;
  if (asked.variant.empty() || found.variant.empty()) {  // one of them does not say
    if (wanted == is) return 1;
    if (wanted == 0 || is == 0) return last;
    return is < wanted ? 2 + (wanted - is) : last / 2 + (is - wanted);
  }
  if (wanted == 0 || is == 0 || is > wanted) return {};
  return 2 + (wanted - is);
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
