#include "image/file_capabilities.h"

#include <doctest/doctest.h>

namespace file_capabilities_test {

using namespace n2c;

namespace {

std::string hex_of(std::string_view text) {
  const auto value = file_capabilities(text);
  if (!value) return value.error();
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (const char c : *value) {
    hex += digits[static_cast<unsigned char>(c) >> 4];
    hex += digits[static_cast<unsigned char>(c) & 15];
  }
  return hex;
}

}  // namespace

TEST_CASE("capabilities have the bytes that setcap gives a file (#18)") {
  CHECK(hex_of("cap_net_bind_service=ep") == "0100000200040000000000000000000000000000");
  CHECK(hex_of("cap_net_raw,cap_net_admin+p") == "0000000200300000000000000000000000000000");
  CHECK(hex_of("CAP_CHOWN=eip") == "0100000201000000010000000000000000000000");
  CHECK(hex_of("cap_bpf,cap_checkpoint_restore=ep") == "0100000200000000000000008001000000000000");
  CHECK(hex_of("all=p") == "00000002ffffffff00000000ff01000000000000");
  CHECK(hex_of("=p cap_sys_admin-p") == "00000002ffffdfff00000000ff01000000000000");
  CHECK(hex_of(" cap_kill=i+p\tcap_kill-i ") == "0000000220000000000000000000000000000000");
}

TEST_CASE("capabilities that a file cannot have are refused in a sentence (#18)") {
  CHECK(hex_of("cap_net_bindservice=ep") == "\"cap_net_bindservice\" is not a capability");
  CHECK(hex_of("net_raw=ep") == "\"net_raw\" is not a capability; did you mean cap_net_raw?");
  CHECK(hex_of("cap_net_raw") ==
        "\"cap_net_raw\" does not say of which sets; write cap_net_raw=ep");
  CHECK(hex_of("cap_net_raw=ex") ==
        "\"cap_net_raw=ex\": the sets are e, i and p (effective, inheritable, permitted)");
  CHECK(hex_of("cap_net_raw=e") ==
        "what is effective has to be permitted or inheritable, as in =ep");
  CHECK(hex_of("cap_net_raw=ep cap_kill=p") ==
        "a file's capabilities are effective all together or not at all");
  for (const char* const none : {"", " ", "cap_net_raw=", "cap_kill=ep cap_kill-ep"}) {
    CHECK_MESSAGE(hex_of(none) == "it gives no capability", none);
  }
  CHECK(hex_of("+ep") == "\"+ep\" names no capability");
  CHECK(hex_of("cap_kill,,cap_chown=p") == "\"\" is not a capability");
}

}  // namespace file_capabilities_test
