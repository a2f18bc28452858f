/// Raw bytes as a client's side of one connection: the HTTP parser, the API and the store.
///
/// Up to the first NUL, where there is one, each byte is how many bytes one read of the server
/// gives, over and over again; the rest is what the client sends, as pipelined requests. It is sent
/// to two registries, to be read so and to be read whole: what comes back must be the same, and
/// HTTP, and what the registries then hold must be sound and the same. The id of an upload that is
/// in progress is 32 zeros.

#include <string>

#include "base/text.h"
#include "test/fuzz/input.h"
#include "test/support/conversation.h"

namespace {

using namespace n2c;
using namespace n2c::registry;
using fuzz::require;

constexpr std::size_t max_input = 16 << 10;

/// Every tag is of a manifest that is there and has its digest. Returns what there is.
std::string sound(MemoryStore& store) {
  std::string all;
  for (const std::string& repository : store.repositories()) {
    for (const std::string& tag : store.tags(repository, {}).value()) {
      const auto manifest =
          store.find_manifest(repository, store.find_tag(repository, tag).value());
      require(manifest.has_value(), "a tag's manifest is there");
      require(manifest->descriptor.digest.algorithm() == HashAlgorithm::sha512 ||
                  oci::Digest::of(manifest->json) == manifest->descriptor.digest,
              "a manifest has its digest");
      all += cat(repository, ':', tag, '=', manifest->descriptor.digest.str(), '\n');
    }
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size > max_input) return -1;
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  const auto both = cut(input, '\0');
  const std::string_view sizes = both ? both->first : std::string_view{};
  const std::string text(both ? both->second : input);
  test::FurnishedRegistry whole, pieces;
  std::size_t next = 0;
  const auto piece = [&]() -> std::size_t {
    return sizes.empty() ? 1 : static_cast<unsigned char>(sizes[next++ % sizes.size()]);
  };
  const std::string reply = whole.converse(text);
  require(reply.empty() || reply.starts_with("HTTP/1.1 "), "what comes back is HTTP");
  require(pieces.converse(text, piece) == reply, "replies do not depend on how bytes arrive");
  require(sound(whole.store()) == sound(pieces.store()), "nor does what is stored");
  for (auto* one : {&whole, &pieces}) {
    require(one->api().session_count() <= 8, "uploads have a limit");
  }
  return 0;
}
