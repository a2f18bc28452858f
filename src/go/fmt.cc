#include "go/fmt.h"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

#include "base/text.h"

namespace n2c::go {

namespace {

/// The character at the start of `text` that Go's scanner skips, newline left out; "" if none.
std::string_view leading_blank(std::string_view text) {
  static constexpr std::array<std::string_view, 24> blanks = {
      " ",      "\t",     "\v",     "\f",     "\r",     "\u0085", "\u00a0", "\u1680",
      "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007",
      "\u2008", "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};
  for (const std::string_view blank : blanks) {
    if (text.starts_with(blank)) return blank;
  }
  return {};
}

char escape_letter(char c) {
  switch (c) {
    case '\a': return 'a';
    case '\b': return 'b';
    case '\f': return 'f';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    case '\v': return 'v';
    case '"':
    case '\\': return c;
    default: return 0;
  }
}

/// What other C libraries than glibc call otherwise, musl first among them.
constexpr std::array<std::pair<int, std::string_view>, 8> own_words = {{
    {EBUSY, "device or resource busy"},
    {EIO, "input/output error"},
    {ELOOP, "too many levels of symbolic links"},
    {EMFILE, "too many open files"},
    {ENAMETOOLONG, "file name too long"},
    {ENOMEM, "cannot allocate memory"},
    {EOVERFLOW, "value too large for defined data type"},
    {EXDEV, "invalid cross-device link"},
}};

}  // namespace

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char first = text.front();
    if (const char letter = escape_letter(first)) {
      quoted += {'\\', letter};
    } else if (length == 0 || (length == 1 && (first < ' ' || first == 0x7f))) {
      quoted += cat("\\x", hex_of(text.substr(0, 1)));
    } else {
      quoted += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return quoted += '"';
}

Parsed<ScannedOctal> scan_octal(std::string_view text) {
  std::string_view rest = text;
  while (const std::size_t blank = leading_blank(rest).size()) rest.remove_prefix(blank);
  if (rest.starts_with('\n')) return std::unexpected("unexpected newline");
  const bool is_signed = rest.starts_with('-') || rest.starts_with('+');
  const std::string_view digits_on = rest.substr(is_signed ? 1 : 0);
  if (digits_on.empty()) return std::unexpected("EOF");
  const std::string_view digits = digits_on.substr(0, digits_on.find_first_not_of("01234567"));
  if (digits.empty()) return std::unexpected("not an octal number");
  const std::size_t token_size = digits.size() + (is_signed ? 1 : 0);
  const std::string_view token = rest.substr(0, token_size);
  ScannedOctal scanned;
  const char* begin = token.data() + (token.starts_with('+') ? 1 : 0);
  const auto result = std::from_chars(begin, token.data() + token.size(), scanned.value, 8);
  if (result.ec != std::errc{}) {
    return std::unexpected(cat(quote(token), " is too large"));
  }
  scanned.whole = digits.size() == text.size() && digits.size() <= 7;
  return scanned;
}

std::string mode_text(std::uint32_t st_mode) {
  std::string text;
  const std::uint32_t type = st_mode & S_IFMT;
  if (type == S_IFDIR) text += 'd';
  if (type == S_IFLNK) text += 'L';
  if (type == S_IFBLK || type == S_IFCHR) text += 'D';
  if (type == S_IFIFO) text += 'p';
  if (type == S_IFSOCK) text += 'S';
  if ((st_mode & S_ISUID) != 0) text += 'u';
  if ((st_mode & S_ISGID) != 0) text += 'g';
  if (type == S_IFCHR) text += 'c';
  if ((st_mode & S_ISVTX) != 0) text += 't';
  if (text.empty()) text = "-";
  static constexpr std::string_view letters = "rwxrwxrwx";
  for (std::size_t i = 0; i < letters.size(); ++i) {
    text += (st_mode & (0400U >> i)) != 0 ? letters[i] : '-';
  }
  return text;
}

std::string errno_text(int number) {
  for (const auto& [known, words] : own_words) {
    if (known == number) return std::string(words);
  }
  const std::string text = std::generic_category().message(number);
  return lower_ascii(text.substr(0, 1)) + text.substr(1);
}

}  // namespace n2c::go
