#pragma once
/// Failures, and the rule about them: an outcome is a value, a failure is an Error.
///
/// - An HTTP status, "blob absent", "mount refused", "token expired" are outcomes:
///   they come back as values (optional, variant, enum) and someone decides.
/// - What cannot go on is an Error. Its kind decides retrying and the exit code;
///   its message is for people, read outermost frame first:
///     pushing ghcr.io/acme/app:1: layer 3 of 12 (sha256:9f2c…): PATCH https://…: 403 DENIED
/// - with_context() adds a frame where the thing being done is known, and only there.
/// - Parsers of outside text return Parsed<T>; the caller knows what the text was
///   (or_throw(Digest::parse(text), ErrorKind::usage, "--digest")).
/// - Nothing is thrown through C: a libcurl or libarchive callback keeps the
///   exception and our side rethrows it.
/// - Only thread roots catch `...`.

#include <exception>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "base/printable.h"

namespace n2c {

enum class ErrorKind {
  usage,      ///< the command line is wrong
  input,      ///< a file or text we were given is wrong
  auth,       ///< the other side does not let us
  registry,   ///< the registry or engine refused for another reason
  network,    ///< no reply came
  integrity,  ///< bytes do not have the digest they should have
  local,      ///< this machine: files, disk, memory, programs
  cancelled,  ///< asked to stop
  internal,   ///< our mistake
};

/// The exit code of `n2c push`, `load`, `serve`, …: 2 to 8, and 130 when cancelled.
/// (The five upstream-compatible build commands exit with 1 whatever the failure.)
int exit_code(ErrorKind kind);

/// A failure. Copyable and immutable, so that several threads may rethrow one. Its text is bounded
/// and fit for a terminal and a log, whatever it was made of.
class Error final : public std::exception {
 public:
  Error(ErrorKind kind, Printable message, Printable hint = {})
      : kind_(kind), message_(std::move(message)), hint_(std::move(hint)) {}

  ErrorKind kind() const { return kind_; }
  const char* what() const noexcept override { return message_.str().c_str(); }
  const std::string& message() const { return message_.str(); }
  /// What the user can try; may be empty. Printed on a line of its own.
  const std::string& hint() const { return hint_.str(); }

  /// Trying again will not help, though errors of this kind may be tried again. Example: a
  /// certificate that nobody vouches for.
  bool is_lasting() const { return lasting_; }

  /// This error, with what was being done put before its message.
  Error within(std::string_view doing) const {
    Error outer = *this;
    outer.message_ = std::string(doing) + ": " + message();
    return outer;
  }
  /// This error with a hint, unless it has one.
  Error with_hint(Printable hint) const {
    Error hinted = *this;
    if (hint_.empty()) hinted.hint_ = std::move(hint);
    return hinted;
  }
  /// Nobody was reached: the name does not resolve, or the connection was refused.
  bool is_unreached() const { return unreached_; }
  /// This error, marked as one of a host that was not reached.
  Error unreached() const {
    Error marked = *this;
    marked.unreached_ = true;
    return marked;
  }
  /// This error, marked as one that trying again will not cure.
  Error lasting() const {
    Error marked = *this;
    marked.lasting_ = true;
    return marked;
  }

 private:
  ErrorKind kind_;
  Printable message_;
  Printable hint_;
  bool lasting_ = false;
  bool unreached_ = false;
};

/// Runs `body`. An Error that it throws is thrown on as a copy whose message begins with `doing`.
template <class Body>
decltype(auto) with_context(std::string_view doing, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const Error& error) {
    throw error.within(doing);
  }
}

/// What a parser of outside text returns: the value, or why there is none.
template <class T>
using Parsed = std::expected<T, std::string>;

/// The value, or Error{kind} "what: why".
template <class T>
T or_throw(Parsed<T> parsed, ErrorKind kind, std::string_view what) {
  if (!parsed) throw Error(kind, std::string(what) + ": " + parsed.error());
  return *std::move(parsed);
}

/// Error{local} for a failed system call: "open /x: Permission denied". Reads errno.
[[noreturn]] void throw_errno(std::string_view doing);

}  // namespace n2c
