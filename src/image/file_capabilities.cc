#include "image/file_capabilities.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "base/text.h"

namespace n2c {

namespace {

/// By number, as the kernel has them (capabilities(7)); each begins with "cap_".
constexpr std::array<std::string_view, 41> capability_names{"chown",
                                                            "dac_override",
                                                            "dac_read_search",
                                                            "fowner",
                                                            "fsetid",
                                                            "kill",
                                                            "setgid",
                                                            "setuid",
                                                            "setpcap",
                                                            "linux_immutable",
                                                            "net_bind_service",
                                                            "net_broadcast",
                                                            "net_admin",
                                                            "net_raw",
                                                            "ipc_lock",
                                                            "ipc_owner",
                                                            "sys_module",
                                                            "sys_rawio",
                                                            "sys_chroot",
                                                            "sys_ptrace",
                                                            "sys_pacct",
                                                            "sys_admin",
                                                            "sys_boot",
                                                            "sys_nice",
                                                            "sys_resource",
                                                            "sys_time",
                                                            "sys_tty_config",
                                                            "mknod",
                                                            "lease",
                                                            "audit_write",
                                                            "audit_control",
                                                            "setfcap",
                                                            "mac_override",
                                                            "mac_admin",
                                                            "syslog",
                                                            "wake_alarm",
                                                            "block_suspend",
                                                            "audit_read",
                                                            "perfmon",
                                                            "bpf",
                                                            "checkpoint_restore"};
constexpr std::uint64_t all_capabilities = (std::uint64_t{1} << capability_names.size()) - 1;

struct CapabilitySets {
  std::uint64_t effective = 0, permitted = 0, inheritable = 0;
};

std::string unknown_name(std::string_view name) {
  constexpr std::string_view prefix = "cap_";
  const auto found = std::ranges::find(capability_names, name);
  return cat("\"", printable(name, 60), "\" is not a capability",
             found != capability_names.end() ? cat("; did you mean ", prefix, name, "?") : "");
}

/// The bits of "cap_chown,cap_kill"; of all for "all" and for none that is named.
Parsed<std::uint64_t> named_capabilities(std::string_view list) {
  if (list.empty()) return all_capabilities;
  std::uint64_t bits = 0;
  for (const std::string_view one : split(list, ',')) {
    const std::string name = lower_ascii(one);
    if (name == "all") {
      bits = all_capabilities;
      continue;
    }
    const auto found = std::ranges::find_if(capability_names, [&](std::string_view known) {
      return name.starts_with("cap_") && std::string_view(name).substr(4) == known;
    });
    if (found == capability_names.end()) return std::unexpected(unknown_name(name));
    bits |= std::uint64_t{1} << (found - capability_names.begin());
  }
  return bits;
}

/// The sets of "ep".
std::optional<std::vector<std::uint64_t CapabilitySets::*>> named_sets(std::string_view flags) {
  std::vector<std::uint64_t CapabilitySets::*> sets;
  for (const char flag : flags) {
    if (flag == 'e') {
      sets.push_back(&CapabilitySets::effective);
    } else if (flag == 'p') {
      sets.push_back(&CapabilitySets::permitted);
    } else if (flag == 'i') {
      sets.push_back(&CapabilitySets::inheritable);
    } else {
      return {};
    }
  }
  return sets;
}

/// One clause: capabilities, then "=ep", "+i" and the like. Returns what is wrong with it.
std::optional<std::string> apply_clause(std::string_view clause, CapabilitySets& sets) {
  constexpr std::string_view operators = "=+-";
  const std::size_t end = clause.find_first_of(operators);
  const std::string shown = cat("\"", printable(clause, 60), "\"");
  if (end == clause.npos) {
    return cat(shown, " does not say of which sets; write ", printable(clause, 60), "=ep");
  }
  const auto bits = named_capabilities(clause.substr(0, end));
  if (!bits) return bits.error();
  if (end == 0 && clause[0] != '=') return cat(shown, " names no capability");
  for (std::string_view rest = clause.substr(end); !rest.empty();) {
    const char action = rest.front();
    const std::string_view flags = rest.substr(1, rest.find_first_of(operators, 1) - 1);
    rest.remove_prefix(1 + flags.size());
    const auto named = named_sets(flags);
    if (!named) return cat(shown, ": the sets are e, i and p (effective, inheritable, permitted)");
    if (action == '=') {
      sets.effective &= ~*bits;
      sets.permitted &= ~*bits;
      sets.inheritable &= ~*bits;
    }
    for (const auto set : *named) {
      sets.*set = action == '-' ? sets.*set & ~*bits : sets.*set | *bits;
    }
  }
  return {};
}

void append_little_endian(std::string& to, std::uint64_t value) {
  for (int shift = 0; shift < 32; shift += 8) {
    to += static_cast<char>(static_cast<unsigned char>(value >> shift));
  }
}

}  // namespace

Parsed<std::string> file_capabilities(std::string_view text) {
  CapabilitySets sets;
  std::string spaced(text);
  std::ranges::replace_if(spaced, [](char c) { return c == '\t' || c == '\n'; }, ' ');
  for (const std::string_view clause : split(spaced, ' ')) {
    if (clause.empty()) continue;
    if (auto wrong = apply_clause(clause, sets)) return std::unexpected(*std::move(wrong));
  }
  const std::uint64_t given = sets.permitted | sets.inheritable;
  if ((sets.effective & ~given) != 0) {
    return std::unexpected("what is effective has to be permitted or inheritable, as in =ep");
  }
  if (given == 0) return std::unexpected("it gives no capability");
  // A file has one flag for all (capabilities(7), "File capabilities").
  if (sets.effective != 0 && sets.effective != given) {
    return std::unexpected("a file's capabilities are effective all together or not at all");
  }
  constexpr std::uint64_t version_2 = 0x02000000, is_effective = 1;
  std::string value;
  append_little_endian(value, version_2 | (sets.effective != 0 ? is_effective : 0));
  for (int half = 0; half < 64; half += 32) {
    append_little_endian(value, sets.permitted >> half);
    append_little_endian(value, sets.inheritable >> half);
  }
  return value;
}

}  // namespace n2c
