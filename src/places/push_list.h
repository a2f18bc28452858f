#pragma once
/// The images of `push --all`: a list of them, or a folder that holds them.

#include <optional>
#include <string>
#include <vector>

#include "places/address.h"

namespace n2c {

/// One image of several, and where it goes.
struct ImageToPush {
  std::string image;  ///< a path
  Address to;
};

/// The images of LIST or DIR, in the order of the list or of their names.
///
/// LIST is a file (or -, or a pipe) of lines `IMAGE.json HOST/REPOSITORY[:TAG]`, where # begins a
/// comment and a path is seen from the folder that the list is in. DIR has NAME.json files, each of
/// which goes to the repository PREFIX/NAME, under the tag that `below` (HOST/PREFIX[:TAG]) names.
/// Throws Error{usage} where `below` is given with a list or not given with a folder, and
/// Error{input} for what is no such list, holds no image, or names one destination twice.
std::vector<ImageToPush> read_push_list(const std::string& list_or_folder,
                                        const std::optional<std::string>& below);

}  // namespace n2c
