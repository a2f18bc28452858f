// What src/go makes of cases that come on standard input, for a program in Go to compare
// (main.go beside this file). A text is its length, four bytes in little-endian order, and its
// bytes. A case is a count in four bytes and as many texts, the first of which names a function; an
// answer is a byte, 1 where the function had a value and 0 where it had an error, and a text.

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "go/archive_tar.h"
#include "go/encoding_json.h"
#include "go/filepath.h"
#include "go/fmt.h"
#include "go/regexp.h"
#include "go/rfc3339.h"
#include "go/strconv.h"

using namespace n2c;

namespace {

using Texts = std::vector<std::string>;

std::optional<std::uint32_t> read_number() {
  std::array<unsigned char, 4> bytes{};
  if (std::fread(bytes.data(), 1, bytes.size(), stdin) != bytes.size()) return std::nullopt;
  std::uint32_t number = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) number = number << 8U | bytes.at(i);
  return number;
}

std::string read_text() {
  const auto size = read_number();
  std::string text(size.value_or(0), '\0');
  if (!size || std::fread(text.data(), 1, text.size(), stdin) != text.size()) {
    std::fputs("a case was cut\n", stderr);
    std::exit(1);
  }
  return text;
}

void write_answer(const Parsed<std::string>& answer) {
  const std::string& text = answer ? *answer : answer.error();
  std::putchar(answer ? 1 : 0);
  for (unsigned shift = 0; shift < 32; shift += 8) {
    std::putchar(static_cast<int>(text.size() >> shift & 0xffU));
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);  // it may be the last that is waited for
}

std::int64_t number_in(const std::string& text) { return std::stoll(text); }

Parsed<std::string> json(const Texts& given) {
  const auto parsed = go::Json::parse_as_go(given[1]);
  if (!parsed) return std::unexpected(parsed.error());
  return parsed->compact() + "\n" + parsed->indented();
}

Parsed<std::string> is_json(const Texts& given) {
  const auto parsed = go::Json::parse_as_go(given[1]);
  if (!parsed) return std::unexpected(parsed.error());
  return "";
}

Parsed<std::string> tar(const Texts& given) {
  go::TarHeader header{.type = given[1].front(),
                       .name = given[2],
                       .link = given[3],
                       .uname = given[4],
                       .gname = given[5],
                       .mode = number_in(given[6]),
                       .uid = number_in(given[7]),
                       .gid = number_in(given[8]),
                       .size = number_in(given[9]),
                       .mtime = number_in(given[10]),
                       .dev_major = number_in(given[11]),
                       .dev_minor = number_in(given[12])};
  for (std::size_t i = 13; i + 1 < given.size(); i += 2) header.xattrs[given[i]] = given[i + 1];
  std::string bytes;
  const auto appended = go::append_tar_header(header, bytes);
  if (!appended) return std::unexpected(appended.error());
  return bytes;
}

Parsed<std::string> regexp(const Texts& given) {
  const auto compiled = go::Regexp::compile(given[1]);
  if (!compiled) return std::unexpected(compiled.error());
  const go::Template replacement(*compiled, given[2]);
  return cat(compiled->matches(given[3]) ? "matches: " : "does not match: ",
             compiled->replace_all(given[3], replacement));
}

Parsed<std::string> octal(const Texts& given) {
  const auto scanned = go::scan_octal(given[1]);
  if (!scanned) return std::unexpected(scanned.error());
  return std::to_string(scanned->value);
}

Parsed<std::string> integer(const Texts& given) {
  const auto value = go::parse_int(given[1]);
  if (!value) return std::unexpected(value.error());
  return std::to_string(*value);
}

const std::map<std::string_view, std::function<Parsed<std::string>(const Texts&)>> functions = {
    {"json", json},
    {"is_json", is_json},
    {"tar", tar},
    {"regexp", regexp},
    {"octal", octal},
    {"integer", integer},
    {"clean", [](const Texts& given) { return go::clean(given[1]); }},
    {"join", [](const Texts& given) { return go::join({given[1], given[2], given[3]}); }},
    {"quote", [](const Texts& given) { return go::quote(given[1]); }},
    {"time", [](const Texts& given) { return go::rewrite_rfc3339(given[1]); }},
};

}  // namespace

int main() {
  while (const auto count = read_number()) {
    Texts given;
    for (std::uint32_t i = 0; i < *count; ++i) given.push_back(read_text());
    write_answer(functions.at(given.at(0))(given));
  }
}
