#include "http/secrets.h"

#include <cstddef>
#include <string_view>

#include "base/text.h"

namespace n2c::http {

std::vector<std::string> secrets_of(const Headers& request) {
  constexpr std::size_t least_bytes = 4;
  std::vector<std::string> secrets;
  for (const std::string& value : request.find_all("Authorization")) {
    const auto parts = cut(value, ' ');
    const std::string_view secret = trim(parts ? parts->second : std::string_view(value));
    if (secret.size() >= least_bytes) secrets.emplace_back(secret);
  }
  return secrets;
}

void hide(std::string& text, std::span<const std::string> secrets) {
  constexpr std::string_view mask = "…";
  for (const std::string& secret : secrets) {
    std::size_t at = 0;
    while ((at = text.find(secret, at)) != std::string::npos) {
      text.replace(at, secret.size(), mask);
      at += mask.size();
    }
  }
}

}  // namespace n2c::http
