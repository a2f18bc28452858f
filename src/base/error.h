#pragma once
/// Failures, and the rule about them: an outcome is a value, a failure is an Error.
///
/// - An HTTP status, "blob absent", "mount refused", "token expired" are outcomes:
///   they come back as values (optional, variant, enum) and someone decides.
/// - What cannot go on is an Error. Its kind decides retrying and the exit code; its cause is
///   for people, and what was being done stands after it, outermost first:
///     403 DENIED
///     while: pushing to ghcr.io/acme/app:1: layer 3 of 12 (sha256:9f2c…): PATCH https://…
///   message() is both in one line, as notes, logs and tests have it: what was being done, then the
///   cause.
/// - with_context() adds what was being done where it is known, and only there; at_place() the
///   place (a file, a key) that the cause is about.
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
  Error(ErrorKind kind, Printable cause, Printable hint = {})
      : kind_(kind), cause_(std::move(cause)), hint_(std::move(hint)), message_(cause_) {}

  ErrorKind kind() const { return kind_; }
  const char* what() const noexcept override { return message_.str().c_str(); }
  /// All of it in one line: "pushing to …: PATCH https://…: 403 DENIED".
  const std::string& message() const { return message_.str(); }
  /// What is wrong: "403 DENIED".
  const std::string& cause() const { return cause_.str(); }
  /// What was being done: "pushing to …: PATCH https://…". May be empty.
  const std::string& doing() const { return doing_.str(); }
  /// What the user can try; may be empty. Printed on a line of its own.
  const std::string& hint() const { return hint_.str(); }

  /// Trying again will not help, though errors of this kind may be tried again. Example: a
  /// certificate that nobody vouches for.
  bool is_lasting() const { return lasting_; }

  /// This error, with what was being done put before what is known of that.
  Error within(std::string_view doing) const {
    Error outer = *this;
    outer.doing_ = doing_.empty() ? Printable(doing) : joined(doing, doing_);
    return std::move(outer).told();
  }
  /// This error, with the place of the cause before it: "config.json: Cmd must be a list". Where it
  /// is known what was being done, the place is where that was.
  Error at(std::string_view place) const {
    if (!doing_.empty()) return within(place);
    Error outer = *this;
    outer.cause_ = joined(place, cause_);
    return std::move(outer).told();
  }
  /// This error, with a remark behind its cause.
  Error with_remark(std::string_view remark) const {
    Error longer = *this;
    longer.cause_ = std::string(cause()).append(remark);
    return std::move(longer).told();
  }
  /// This error as one of another kind, with another hint.
  Error as(ErrorKind kind, Printable hint) const {
    Error other = *this;
    other.kind_ = kind;
    other.hint_ = std::move(hint);
    return other;
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
  static Printable joined(std::string_view outer, const Printable& inner) {
    return std::string(outer) + ": " + inner.str();
  }
  Error told() && {
    message_ = doing_.empty() ? cause_ : joined(doing_, cause_);
    return std::move(*this);
  }

  ErrorKind kind_;
  Printable cause_, doing_, hint_;
  Printable message_;  // of both
  bool lasting_ = false;
  bool unreached_ = false;
};

/// Runs `body`. An Error that it throws is thrown on as a copy that says what was being done.
template <class Body>
decltype(auto) with_context(std::string_view doing, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const Error& error) {
    throw error.within(doing);
  }
}

/// Runs `body`. An Error that it throws is thrown on as a copy whose cause is at that place.
template <class Body>
decltype(auto) at_place(std::string_view place, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const Error& error) {
    throw error.at(place);
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
