#pragma once
/// Keeps what a request carried out of texts that its reply brought.

#include <span>
#include <string>
#include <vector>

#include "http/headers.h"

namespace n2c::http {

/// What follows the scheme of a request's Authorization. Nothing where that is shorter than four
/// bytes: it would stand in any text.
std::vector<std::string> secrets_of(const Headers& request);

/// Puts "…" in each secret's place. None of them may be empty.
void hide(std::string& text, std::span<const std::string> secrets);

}  // namespace n2c::http
