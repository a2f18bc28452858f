// What engines answer, whatever it is: a value or an error, the same however the bytes arrive, and
// words that can be printed.
//
// The first byte chooses which reply; of streams, the bytes up to the next NUL are the sizes of
// pieces.

#include <vector>

#include "base/text.h"
#include "engine/docker_replies.h"
#include "test/fuzz/checks.h"

using namespace n2c;

namespace {

using fuzz::require;

void read_stream(std::string_view sizes, std::string_view text) {
  ReplyStream whole, pieces;
  whole.write(bytes_of(text));
  fuzz::PieceReader reader(text, sizes);
  copy(reader, pieces);
  const auto failure = whole.failure();
  require(failure == pieces.failure(), "a failure does not depend on how it arrives");
  require(whole.last_words() == pieces.last_words(), "nor do last words");
  require(failure.has_value() || !whole.failure(), "asked twice, it says the same");
}

void read_facts(std::string_view text) {
  if (const auto info = read_docker_info(text)) why_not_our_loopback(*info, "6.1.0-18-amd64");
  if (const auto api = negotiate_api(text)) {
    require(!is_older_api(*api, "1.24"), "no version is asked for that is too old");
    require(!is_older_api("1.99", *api), "nor one that is too new");
  }
  const std::string words = words_of({.status = 500, .body = std::string(text), .url = {}});
  // A thousand bytes at most, each of which may be written as "\xff", and "…" for the rest.
  require(words.size() <= 4 * 1000 + 3, "an engine's words are not long");
  fuzz::require_printable(words);
}

void read_images(std::string_view text) {
  if (const auto image = read_engine_image(text))
    require(!image->id.empty(), "an image has its id");
  const auto list = read_image_list(text);
  if (!list) return;
  const std::vector<std::string> names{"docker.io/library/app:1", "r.example/a/b:2"};
  const auto chosen = likely_relatives(*list, names, 3);
  require(chosen.size() <= 3, "at most so many are asked for");
  for (const std::string& one : chosen) {
    require(std::ranges::any_of(*list, [&](const ListedImage& held) { return held.id == one; }),
            "those that are asked for were listed");
  }
}

/// Chains of layers, a byte each: what is held by chain is held by content too.
void compare_layers(std::string_view wanted, std::string_view held) {
  const auto chain = [](std::string_view bytes) {
    LayerChain layers;
    for (const char c : bytes) layers.push_back(oci::Digest::of(std::string_view(&c, 1)));
    return layers;
  };
  const LayerChain all = chain(wanted.substr(0, 20));
  const std::vector<LayerChain> others{chain(held.substr(0, 20)), {}};
  const std::size_t count = held_by_chain(all, others);
  require(count <= all.size(), "no more layers than are wanted");
  const auto anywhere = held_anywhere(all, others);
  for (std::size_t i = 0; i < count; ++i)
    require(anywhere.contains(all[i]), "by chain, so anywhere");
  for (const oci::Digest& one : omitted_from_chain(all, count)) {
    require(
        std::find(all.begin() + static_cast<std::ptrdiff_t>(count), all.end(), one) == all.end(),
        "a layer that comes again is not left out");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 1 || size > (16 << 10)) return -1;
  fuzz::Input input(bytes + 1, size - 1);
  switch (bytes[0] % 4) {
    case 0: {
      const std::string_view sizes = input.text_until('\0');
      read_stream(sizes, input.rest());
      break;
    }
    case 1: read_facts(input.rest()); break;
    case 2: read_images(input.rest()); break;
    default: {
      const std::string_view wanted = input.text_until('\0');
      compare_layers(wanted, input.rest());
    }
  }
  return 0;
}
