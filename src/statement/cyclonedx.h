#pragma once
/// A bill of materials as CycloneDX 1.6 has it (ECMA-424).

#include <string>

#include "statement/bill.h"

namespace n2c {

inline constexpr std::string_view cyclonedx_media_type = "application/vnd.cyclonedx+json";

/// A JSON document, with a line end. The same bytes for the same bill.
std::string cyclonedx_json(const Bill& bill);

}  // namespace n2c
