// Texts that registries write, whatever they are: challenges, session ranges, error bodies,
// auth files and Locations end in a value or an error, and a Location never leads to a file.

#include "registry/client/auth/challenge.h"
#include "registry/client/auth/auth_file.h"
#include "registry/client/auth/base64.h"
#include "registry/client/failure.h"
#include "registry/client/redirect.h"
#include "registry/client/upload.h"
#include "test/fuzz/input.h"

using namespace n2c;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::Input input(bytes, size);
  const std::string_view text = input.rest();
  if (const auto challenges = registry::parse_challenges(text)) {
    for (const auto& challenge : *challenges) {
      fuzz::require(!challenge.scheme.empty(), "a challenge has a scheme");
    }
  }
  registry::parse_session_range(text);
  registry::parse_errors(text);
  const auto plain = registry::base64_decode(text);
  if (plain && text.size() % 4 == 0 && !text.contains('=')) {
    fuzz::require(registry::base64_decode(registry::base64_encode(*plain)) == plain, "base64");
  }
  const auto home = http::Url::parse("https://r.example/v2/");
  if (const auto hop = registry::follow(*home, *home, text)) {
    fuzz::require(hop->to.scheme() == "https" || hop->to.scheme() == "http", "only HTTP");
    fuzz::require(!hop->with_authorization || hop->to.host() == "r.example", "the login stays");
  }
  if (const auto file = registry::AuthFile::parse(text, "auth.json")) {
    try {
      file->find("r.example", "a/b");
    } catch (const Error&) {
    }
  }
  return 0;
}
