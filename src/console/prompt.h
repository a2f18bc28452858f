#pragma once
/// Lines from the standard input, which may be a terminal.

#include <stop_token>
#include <string>
#include <string_view>

namespace n2c {

/// The next line, without its end. Messages call it `what`. Throws Error{usage} when there is no
/// line or it has no end, and Error{cancelled} as soon as asked to stop.
std::string read_line(std::string_view what, const std::stop_token& stop);

/// The same after "PROMPT: " on standard error.
std::string ask(std::string_view prompt, std::string_view what, const std::stop_token& stop);

/// The same, but the terminal does not show what is typed. It shows it again afterwards, however
/// this ends. Throws Error{local} when the terminal cannot be set so.
std::string ask_secret(std::string_view prompt, std::string_view what, const std::stop_token& stop);

}  // namespace n2c
