#include "base/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <new>

#include "base/error.h"
#include "base/openssl.h"
#include "base/text.h"

namespace n2c {

void begin_openssl() {
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
  if (OSSL_LIB_CTX_get0_global_default() == nullptr) throw std::bad_alloc();
#endif
}

struct Hash::State {
  State() {
    begin_openssl();
    context = EVP_MD_CTX_new();
    if (context == nullptr) throw std::bad_alloc();
  }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  EVP_MD_CTX* context = nullptr;
};

Hash::Hash(HashAlgorithm algorithm) : state_(std::make_unique<State>()) {
  const EVP_MD* type = algorithm == HashAlgorithm::sha256 ? EVP_sha256() : EVP_sha512();
  // Both are always there: what can be absent is memory.
  if (EVP_DigestInit_ex(state_->context, type, nullptr) != 1) throw std::bad_alloc();
}

Hash::~Hash() = default;
Hash::Hash(Hash&&) noexcept = default;
Hash& Hash::operator=(Hash&&) noexcept = default;

void Hash::update(ByteView bytes) {
  if (EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) != 1) {
    throw Error(ErrorKind::internal, "OpenSSL does not go on with a hash");
  }
}

std::string Hash::finish_hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
  unsigned int size = 0;
  if (EVP_DigestFinal_ex(state_->context, raw.data(), &size) != 1) {
    throw Error(ErrorKind::internal, "OpenSSL does not end a hash");
  }
  return hex_of({reinterpret_cast<const char*>(raw.data()), size});
}

}  // namespace n2c
