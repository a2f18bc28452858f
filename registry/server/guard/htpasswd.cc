#include "registry/server/guard/htpasswd.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <functional>
#include <iterator>
#include <memory>
#include <tuple>
#include <vector>

#include "base/system.h"
#include "base/text.h"

namespace n2c::registry {

namespace {

std::optional<std::string> base64_decoded(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > 4096) return {};
  std::vector<unsigned char> bytes(text.size());
  const int size =
      EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  if (size < 0) return {};
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  return std::string(bytes.begin(), bytes.begin() + size - static_cast<int>(padding));
}

bool is_known_hash(std::string_view hash) {
  // bcrypt, SHA-256, SHA-512, yescrypt, scrypt; a bare DES hash or $1$ protects nothing today.
  for (const char* prefix : {"$2a$", "$2b$", "$2y$", "$5$", "$6$", "$y$", "$7$"}) {
    if (hash.starts_with(prefix)) return true;
  }
  return false;
}

bool password_fits(const std::string& password, const std::string& hash) {
  const auto scratch = std::make_unique<crypt_data>();
  const char* made = ::crypt_r(password.c_str(), hash.c_str(), scratch.get());
  if (made == nullptr) return false;
  const std::string_view text(made);
  return text.size() == hash.size() && CRYPTO_memcmp(made, hash.data(), hash.size()) == 0;
}

}  // namespace

Parsed<Htpasswd> Htpasswd::parse(std::string_view text) {
  Htpasswd logins;
  std::size_t number = 0;
  for (const std::string_view raw : split(text, '\n')) {
    ++number;
    const std::string_view line = trim(raw);
    if (line.empty() || line.starts_with('#')) continue;
    const auto both = cut(line, ':');
    if (!both || both->first.empty()) {
      return std::unexpected(cat("line ", number, " is not USER:HASH"));
    }
    if (!is_known_hash(both->second)) {
      return std::unexpected(
          cat("line ", number, ": the hash of ", printable(both->first), " is not bcrypt"));
    }
    logins.hashes_.insert_or_assign(std::string(both->first), std::string(both->second));
  }
  return logins;
}

std::optional<BasicLogin> basic_login(std::string_view authorization) {
  if (lower_ascii(authorization.substr(0, 6)) != "basic ") return {};
  const auto decoded = base64_decoded(trim(authorization.substr(6)));
  const auto both = decoded ? cut(*decoded, ':') : std::nullopt;
  if (!both || both->second.contains('\0')) return {};
  return BasicLogin{std::string(both->first), std::string(both->second)};
}

bool Htpasswd::allows(const BasicLogin& login) const {
  if (hashes_.empty()) return false;
  const auto known = hashes_.find(login.user);
  if (known != hashes_.end()) return password_fits(login.password, known->second);
  // An unknown name is checked against somebody's hash, always the same for one name. So the time
  // it takes does not tell that there is no such user, even when hashes differ in cost.
  static const std::size_t secret = random_bits();
  const std::size_t chosen = (std::hash<std::string>{}(login.user) ^ secret) % hashes_.size();
  const auto other = std::next(hashes_.begin(), static_cast<std::ptrdiff_t>(chosen));
  std::ignore = password_fits(login.password, other->second);
  return false;
}

}  // namespace n2c::registry
