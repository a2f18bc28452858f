// A pattern, a template and a text, with 0xff between: whatever they are, compiling ends in a
// value or an error, and replacing every match by itself changes nothing.

#include "go/regexp.h"
#include "test/fuzz/input.h"

using namespace n2c;

namespace {

constexpr char separator = '\xff';
constexpr std::size_t longest_pattern = 200;  // the cost of compiling is RE2's affair

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::Input input(bytes, size);
  const std::string_view pattern = input.text_until(separator);
  const std::string_view replacement = input.text_until(separator);
  const std::string_view text = input.rest();
  if (pattern.size() > longest_pattern) return 0;
  const Parsed<go::Regexp> regexp = go::Regexp::compile(pattern);
  if (!regexp) {
    fuzz::require(!regexp.error().empty(), "an error says what is wrong");
    return 0;
  }
  const go::Template itself(*regexp, "${0}");
  fuzz::require(regexp->replace_all(text, itself) == text, "a match replaced by itself");
  const std::string replaced = regexp->replace_all(text, go::Template(*regexp, replacement));
  const bool matches = regexp->matches(text);
  fuzz::require(matches || replaced == text, "nothing is replaced where nothing matches");
  const std::string marked = regexp->replace_all(text, go::Template(*regexp, "<$$>$0"));
  fuzz::require(matches == (marked != text), "every match is replaced");
  return 0;
}
