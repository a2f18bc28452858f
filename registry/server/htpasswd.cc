#include "registry/server/htpasswd.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "base/hash.h"
#include "base/locked.h"
#include "base/text.h"
#include "registry/server/problem.h"

namespace n2c::registry {

namespace {

constexpr std::size_t most_remembered = 1000;

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

/// The logins, and hashes of the Authorization values that were right.
class Door {
 public:
  explicit Door(Htpasswd logins) : logins_(std::move(logins)) {}

  bool opens(std::string_view authorization) {
    Hash hash;
    hash.update(bytes_of(authorization));
    const std::string form = hash.finish_hex();
    if (seen_.with([&](const Forms& seen) { return seen.contains(form); })) return true;
    if (!logins_.allows(authorization)) return false;
    seen_.with([&](Forms& seen) {
      if (seen.size() < most_remembered) seen.insert(form);
    });
    return true;
  }

 private:
  using Forms = std::set<std::string>;
  Htpasswd logins_;
  Locked<Forms> seen_;
};

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

bool Htpasswd::allows(std::string_view authorization) const {
  if (authorization.size() < 6 || lower_ascii(authorization.substr(0, 6)) != "basic ") return false;
  const auto decoded = base64_decoded(trim(authorization.substr(6)));
  const auto both = decoded ? cut(*decoded, ':') : std::nullopt;
  if (!both || both->second.contains('\0')) return false;
  const auto login = hashes_.find(both->first);
  if (login == hashes_.end()) return false;
  return password_fits(std::string(both->second), login->second);
}

Handler with_login(Htpasswd logins, Handler handler) {
  const auto door = std::make_shared<Door>(std::move(logins));
  return [door, next = std::move(handler)](Exchange& exchange) {
    if (door->opens(exchange.headers.get("Authorization"))) return next(exchange);
    Reply reply = reply_to({ProblemCode::unauthorized, "a user name and password are needed"});
    reply.headers.add("WWW-Authenticate", "Basic realm=\"n2c\", charset=\"UTF-8\"");
    reply.headers.add("Docker-Distribution-API-Version", "registry/2.0");
    return reply;
  };
}

}  // namespace n2c::registry
