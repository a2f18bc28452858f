#pragma once
/// WWW-Authenticate, as registries write it (RFC 9110 §11.6.1; distribution, "token auth").

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace n2c::registry {

/// One way to log in that a 401 offers.
struct Challenge {
  std::string scheme;                             ///< lower-case: "bearer", "basic"
  std::map<std::string, std::string> parameters;  ///< names in lower case: realm, service, scope
  std::string written{};                          ///< the header line, where it is kept
  std::string at(const std::string& parameter) const;  ///< "" when absent
  bool operator==(const Challenge&) const = default;
};

/// Whether n2c can answer it: Basic, or Bearer with a realm.
bool is_answerable(const Challenge& challenge);

/// One header line's challenges, in order. It accepts what sloppy servers are known to send (no
/// quotes, spaces around '='). It is an error only when nothing can be understood.
Parsed<std::vector<Challenge>> parse_challenges(std::string_view header);

}  // namespace n2c::registry
