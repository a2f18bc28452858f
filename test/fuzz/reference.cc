// Any text read as a reference, a digest and a platform: what is taken is printed so that it is
// read again the same.

#include "oci/reference.h"
#include "oci/manifest.h"
#include "test/fuzz/input.h"

using namespace n2c;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::Input input(bytes, size);
  const std::string_view text = input.rest();
  if (const auto reference = oci::Reference::parse(text)) {
    fuzz::require(oci::is_repository_path(reference->repository.path), "its path is one");
    fuzz::require(reference->tag || reference->digest, "it names something");
    fuzz::require(!reference->tag || oci::is_tag(*reference->tag), "its tag is one");
    const std::string written = reference->str();
    fuzz::require(written.find_first_of("\n\r \"\\") == std::string::npos, "it fits a header");
    const auto again = oci::Reference::parse(written);
    fuzz::require(again && again->str() == written, "what is written is read the same");
  }
  if (const auto digest = oci::Digest::parse(text)) {
    fuzz::require(digest->str() == text, "a digest has one form");
    fuzz::require(digest->hex().find_first_of("./") == std::string::npos, "it is a file name");
  }
  if (const auto platform = oci::Platform::parse(text)) {
    fuzz::require(platform->str() == text, "a platform has one form");
  }
  return 0;
}
