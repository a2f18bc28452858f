#include "statement/tar_difference.h"

#include <fmt/format.h>

#include "base/text.h"
#include "describe/image_diff.h"
#include "image/image_json.h"

namespace n2c {

namespace {

/// "/nix/store/HASH-NAME" of a file in it; "" for what is nowhere there.
std::string_view store_path_in(std::string_view file) {
  if (!file.starts_with(store_folder)) return "";
  return file.substr(0, file.find('/', store_folder.size()));
}

std::string_view type_name(char type) {
  switch (type) {
    case '0': return "a file";
    case '1': return "a hard link";
    case '2': return "a symbolic link";
    case '5': return "a folder";
    default: return "something else";
  }
}

std::string both(std::string_view what, std::string_view is, std::string_view should) {
  return cat("its ", what, " is ", printable(is), ", and should be ", printable(should));
}

std::string both(std::string_view what, std::int64_t is, std::int64_t should) {
  return both(what, cat(is), cat(should));
}

std::string other_name(const std::string& is, const std::string& should) {
  const std::string_view found = store_path_in(is);
  const std::string_view wanted = store_path_in(should);
  const bool is_rebuilt = !found.empty() && found != wanted && !wanted.empty() &&
                          name_of_store_path(found) == name_of_store_path(wanted);
  if (is_rebuilt) return cat("it is of another build: ", printable(wanted), " should be here");
  return cat("it is where ", printable(should), " should be");
}

/// What of the headers differs. "" when nothing does.
std::string header_difference(const go::TarHeader& is, const go::TarHeader& should) {
  if (is.name != should.name) return other_name(is.name, should.name);
  if (is.type != should.type) {
    return cat("it is ", type_name(is.type), ", and should be ", type_name(should.type));
  }
  if (is.link != should.link) return both("target", is.link, should.link);
  if (is.mode != should.mode) {
    return both("mode", fmt::format("{:04o}", is.mode), fmt::format("{:04o}", should.mode));
  }
  if (is.uid != should.uid) return both("owner", is.uid, should.uid);
  if (is.gid != should.gid) return both("group", is.gid, should.gid);
  if (is.uname != should.uname) return both("owner's name", is.uname, should.uname);
  if (is.gname != should.gname) return both("group's name", is.gname, should.gname);
  if (is.size != should.size) return both("size", is.size, should.size);
  if (is.mtime != should.mtime) return both("time", is.mtime, should.mtime);
  return is.xattrs == should.xattrs ? "" : "its extended attributes are others";
}

}  // namespace

std::optional<TarDifference> first_difference(TarEntries& is, TarEntries& should) {
  while (true) {
    const auto found = is.next();
    const auto wanted = should.next();
    if (!found && !wanted) return {};
    if (!found) return TarDifference{wanted->name, "it is missing, and so is all that follows"};
    if (!wanted) return TarDifference{found->name, "it should not be there"};
    std::string why = header_difference(*found, *wanted);
    if (why.empty() && found->size > 0 && is.content() != should.content()) {
      why = "its content differs";
    }
    if (!why.empty()) return TarDifference{found->name, std::move(why)};
  }
}

}  // namespace n2c
