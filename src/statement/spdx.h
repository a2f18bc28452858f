#pragma once
/// A bill of materials as SPDX 2.3 has it (ISO/IEC 5962 and its successor).

#include <string>

#include "statement/bill.h"

namespace n2c {

inline constexpr std::string_view spdx_media_type = "application/spdx+json";

/// A JSON document, with a line end. The same bytes for the same bill.
std::string spdx_json(const Bill& bill);

}  // namespace n2c
