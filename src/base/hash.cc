#include "base/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "base/error.h"
#include "base/openssl.h"
#include "base/terminal.h"
#include "base/text.h"

namespace n2c {

namespace {

/// A thread that found no memory for OpenSSL. 3.6 notes that in a record of the thread, which it
/// takes memory for, whose lack it notes, and so on, deeper in the stack each time.
struct WantOfMemory {
  std::uintptr_t stack = 0;  // where it last was
  int deeper = 0;            // how often that was below the place before
};
thread_local WantOfMemory want;

/// More than there are between any function of OpenSSL and a lack that it reports.
constexpr int endless = 32;

void* noted(void* memory, std::size_t size) {
  if (memory != nullptr || size == 0) return memory;
  const auto stack = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  want = {stack, stack < want.stack ? want.deeper + 1 : 0};
  if (want.deeper == endless) {
    terminal::say_out_of_memory("n2c: no memory left for OpenSSL\n");
    std::_Exit(exit_code(ErrorKind::local));
  }
  return nullptr;
}

void* take(std::size_t size, const char*, int) { return noted(std::malloc(size), size); }
void* resize(void* memory, std::size_t size, const char*, int) {
  return noted(std::realloc(memory, size), size);
}
void give_back(void* memory, const char*, int) { std::free(memory); }

}  // namespace

void end_at_want_of_memory_in_openssl() { CRYPTO_set_mem_functions(take, resize, give_back); }

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
