#pragma once
/// OpenSSL, which is used in several places and begun in one.

namespace n2c {

/// Has OpenSSL make what all of it needs. To be called before anything else of OpenSSL: where it
/// found no memory for that, it would crash later on. Throws std::bad_alloc then. Thread-safe.
void begin_openssl();

/// Has the process end with words and the exit code of ErrorKind::local where a thread finds no
/// memory at all for OpenSSL, which from 3.6 on would recurse there until the stack ends. For a
/// program, before OpenSSL takes any memory; later it does nothing.
void end_at_want_of_memory_in_openssl();

}  // namespace n2c
