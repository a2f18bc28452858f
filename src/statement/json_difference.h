#pragma once
/// Where two JSON values begin to differ.

#include <optional>
#include <string>

#include "go/encoding_json.h"

namespace n2c {

/// "config.Env[0] is \"A=1\", and should be \"A=2\"". Members may be in any order. Nothing when
/// they are the same.
std::optional<std::string> first_difference(const go::Json& is, const go::Json& should,
                                            const std::string& where = {});

}  // namespace n2c
