#pragma once
/// Failures as tests look at them: the kind decides the exit code, the words are for people.

#include <doctest/doctest.h>

#include <string_view>

#include "base/error.h"

namespace n2c::test {

/// What `call` throws. One that throws nothing gives Error{internal}.
template <class Call>
Error failure_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  return {ErrorKind::internal, "nothing was thrown"};
}

inline void check_fails(const Error& error, ErrorKind kind, std::string_view text) {
  CAPTURE(error.message());
  CAPTURE(error.hint());
  CHECK(error.kind() == kind);
  const bool is_told = error.message().find(text) != std::string::npos ||
                       error.hint().find(text) != std::string::npos;
  CHECK_MESSAGE(is_told, "expected: ", text);
}

}  // namespace n2c::test

/// `expression` throws an Error of `kind` whose message or hint holds `text`.
#define CHECK_FAILS(expression, kind, text) \
  n2c::test::check_fails(n2c::test::failure_of([&] { (void)(expression); }), kind, text)
