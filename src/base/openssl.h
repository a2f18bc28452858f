#pragma once
/// OpenSSL, which is used in several places and begun in one.

namespace n2c {

/// Has OpenSSL make what all of it needs. To be called before anything else of OpenSSL: where it
/// found no memory for that, it would crash later on. Throws std::bad_alloc then. Thread-safe.
void begin_openssl();

}  // namespace n2c
