// Any text read as image.json: a record or an error; a record written and read again is the same
// text, and making an image of it ends in an image or an Error.

#include "image/image_json.h"
#include "test/fuzz/input.h"

using namespace n2c;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::Input input(bytes, size);
  const std::string_view text = input.rest();
  const auto image = parse_image_json(text);
  if (!image) {
    fuzz::require(!image.error().empty(), "an error says what is wrong");
    return 0;
  }
  const std::string written = image_json(*image);
  const auto again = parse_image_json(written);
  fuzz::require(again.has_value(), "what is written can be read");
  fuzz::require(image_json(*again) == written, "what is read is written the same");
  try {
    const Image made = make_image(*image, {.root = "/nonexistent"}, "image.json");
    fuzz::require(!image->layers || made.layers.size() == image->layers->size(), "no layer lost");
  } catch (const Error& error) {
    fuzz::require(error.kind() == ErrorKind::input, "a bad image.json is wrong input");
  }
  return 0;
}
