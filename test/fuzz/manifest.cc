// Any text read as a manifest, an index and a config: what is taken can be written and read again
// the same, and no text is both a manifest and an index.

#include "oci/manifest.h"
#include "oci/config.h"
#include "test/fuzz/input.h"

using namespace n2c;

namespace {

template <class Document>
bool takes(std::string_view text) {
  const auto document = Document::from_json(text);
  if (!document) {
    fuzz::require(!document.error().empty(), "an error says what is wrong");
    return false;
  }
  const std::string written = document->to_json();
  const auto again = Document::from_json(written);
  fuzz::require(again && again->to_json() == written, "what is written is read the same");
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::Input input(bytes, size);
  const std::string_view text = input.rest();
  const bool is_manifest = takes<oci::Manifest>(text);
  const bool is_index = takes<oci::Index>(text);
  fuzz::require(!(is_manifest && is_index), "one or the other (CVE-2021-41190)");
  const auto facts = oci::read_config_facts(text);
  fuzz::require(facts || !facts.error().empty(), "an error says what is wrong");
  return 0;
}
