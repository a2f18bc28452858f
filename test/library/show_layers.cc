/// An example of libn2c: prints an image's config, and each layer's media type, size and digest, as
/// counted and hashed from the layer's own bytes.
///
///     show-layers IMAGE.json [STORE-ROOT]

#include <n2c.h>

#include <iostream>

#include "base/hash.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: show-layers IMAGE.json [STORE-ROOT]\n";
    return 2;
  }
  try {
    const n2c::Image image =
        n2c::load_image_json(argv[1], {.root = argc > 2 ? argv[2] : std::string()});
    std::cout << image.config_json << "\n";
    for (const n2c::Layer& layer : image.layers) {
      n2c::HashingReader bytes(layer.blob.bytes->open());
      n2c::skip(bytes, layer.blob.descriptor.size + 1);
      const std::uint64_t size = bytes.count();
      std::cout << layer.blob.descriptor.media_type << " " << size
                << " sha256:" << bytes.finish_hex() << "\n";
    }
    return 0;
  } catch (const n2c::Error& error) {
    std::cerr << error.what() << "\n" << error.hint() << "\n";
    return n2c::exit_code(error.kind());
  }
}
