#pragma once
/// Lines from the standard input, which may be a terminal.

#include <stop_token>
#include <string>
#include <string_view>

namespace n2c::cli {

/// The next line, without its end. `what` is due, for messages. Throws Error{usage} when there is
/// no line or no end to it, Error{cancelled} as soon as asked to stop.
std::string read_line(std::string_view what, const std::stop_token& stop);

/// The same after "PROMPT: " on standard error.
std::string ask(std::string_view prompt, std::string_view what, const std::stop_token& stop);

/// The same on a terminal that does not show what is typed meanwhile, and does again however this
/// ends. Throws Error{local} when the terminal cannot be kept from it.
std::string ask_secret(std::string_view prompt, std::string_view what, const std::stop_token& stop);

}  // namespace n2c::cli
