#pragma once
/// Files that a command was told to write.

#include <string>
#include <string_view>

namespace n2c {

/// Writes the file whole or not at all. Two things are written in place, as upstream does: what is
/// not a regular file (/dev/stdout, a symbolic link), and a file in a folder that takes no new
/// file. Throws Error{local}.
void write_output(const std::string& file, std::string_view text);

/// To be called before work whose result write_output() is to keep: throws what it would throw for
/// a folder that is not there or takes no file, and writes nothing. "" is no file. `option` names
/// it in the error: "--digest-file".
void require_output(const std::string& file, std::string_view option);

/// Writes behind what the file holds, which is made when it is not there. Throws Error{local}.
void append_output(const std::string& file, std::string_view text);

}  // namespace n2c
