#include "test/support/certs.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace n2c::test {

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Memory = std::unique_ptr<BIO, decltype(&BIO_free)>;

constexpr long one_day = 24 * 3600;

void check(bool succeeded) {
  if (!succeeded) throw std::runtime_error("OpenSSL refuses to make a certificate");
}

Memory memory_of(const std::string& text = "") {
  Memory memory(BIO_new(BIO_s_mem()), &BIO_free);
  BIO_write(memory.get(), text.data(), static_cast<int>(text.size()));
  return memory;
}

std::string text_in(const Memory& memory) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

Identity identity_of(const Certificate& certificate, const Key& key) {
  const Memory certificate_text = memory_of();
  const Memory key_text = memory_of();
  check(PEM_write_bio_X509(certificate_text.get(), certificate.get()) == 1);
  check(PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                 nullptr) == 1);
  return {text_in(certificate_text), text_in(key_text)};
}

void extend(X509& certificate, X509& issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  check(extension != nullptr);
  X509_add_ext(&certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Certificate begin_certificate(const Key& key, const char* subject, long serial) {
  Certificate certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -one_day);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), one_day);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(subject), -1, -1, 0);
  X509_set_pubkey(certificate.get(), key.get());
  return certificate;
}

}  // namespace

Identity make_authority() {
  const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const Certificate certificate = begin_certificate(key, "n2c test authority", 1);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
  extend(*certificate, *certificate, NID_basic_constraints, "critical,CA:TRUE");
  check(X509_sign(certificate.get(), key.get(), EVP_sha256()) != 0);
  return identity_of(certificate, key);
}

Identity make_identity(const Identity& authority, const std::string& address, bool expired) {
  const Memory issuer_text = memory_of(authority.certificate);
  const Memory issuer_key_text = memory_of(authority.key);
  const Certificate issuer(PEM_read_bio_X509(issuer_text.get(), nullptr, nullptr, nullptr),
                           &X509_free);
  const Key issuer_key(PEM_read_bio_PrivateKey(issuer_key_text.get(), nullptr, nullptr, nullptr),
                       &EVP_PKEY_free);
  const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const Certificate certificate = begin_certificate(key, "n2c test", 2);
  if (expired) X509_gmtime_adj(X509_getm_notAfter(certificate.get()), -3600);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.get()));
  extend(*certificate, *issuer, NID_subject_alt_name, "IP:" + address);
  check(X509_sign(certificate.get(), issuer_key.get(), EVP_sha256()) != 0);
  return identity_of(certificate, key);
}

}  // namespace n2c::test
