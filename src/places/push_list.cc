#include "places/push_list.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/folder_entries.h"
#include "base/text.h"

namespace n2c {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t max_list_bytes = 16 << 20;

Address registry_address(std::string_view text, const std::string& where) {
  const Address to = or_throw(Address::parse(std::string(text)), ErrorKind::input, where);
  if (to.kind == Address::Kind::registry) return to;
  throw Error(ErrorKind::input,
              cat(where, ": \"", printable(text), "\" is not a repository of a registry"),
              "HOST/REPOSITORY[:TAG]");
}

std::string_view without_comment(std::string_view line) {
  return trim(line.substr(0, line.starts_with('#') ? 0 : line.find(" #")));
}

std::vector<ImageToPush> read_list(const std::string& file) {
  const std::string text = read_argument(file == "-" ? "/dev/stdin" : file, max_list_bytes);
  const fs::path folder = fs::path(file == "-" ? "" : file).parent_path();
  std::vector<ImageToPush> images;
  std::size_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    const std::string_view said = without_comment(line);
    if (said.empty()) continue;
    const std::string where = cat(printable(file, 300), ": line ", number);
    const std::size_t space = said.find_last_of(" \t");
    if (space == std::string_view::npos) {
      throw Error(ErrorKind::input, where + " names no destination",
                  "each line is: IMAGE.json HOST/REPOSITORY[:TAG]");
    }
    const fs::path image = folder / fs::path(trim(said.substr(0, space)));
    images.push_back({image.string(), registry_address(said.substr(space + 1), where)});
  }
  return images;
}

std::vector<ImageToPush> read_folder(const std::string& folder, const std::string& below) {
  const Address prefix = registry_address(below, "--all: DESTINATION");
  std::vector<fs::path> files;
  for (const auto& entry : folder_entries(folder)) {
    if (entry.extension() == ".json") files.push_back(entry);
  }
  std::ranges::sort(files);
  std::vector<ImageToPush> images;
  for (const fs::path& file : files) {
    const oci::Repository& top = prefix.reference->repository;
    const auto& tag = prefix.reference->tag;
    const std::string to = cat(top.str(), "/", file.stem().string(), tag ? cat(':', *tag) : "");
    images.push_back({file.string(), registry_address(to, printable(file.string(), 300))});
  }
  return images;
}

void refuse_twins(const std::vector<ImageToPush>& images) {
  std::set<std::string> seen;
  for (const ImageToPush& one : images) {
    if (seen.insert(one.to.str()).second) continue;
    throw Error(ErrorKind::input, cat("two images are to go to ", one.to.str()),
                "give each its own repository or tag");
  }
}

}  // namespace

std::vector<ImageToPush> read_push_list(const std::string& list_or_folder,
                                        const std::optional<std::string>& below) {
  if (list_or_folder != "-" && !is_there(list_or_folder)) {
    throw Error(ErrorKind::input,
                cat("--all: ", printable(list_or_folder, 300), ": no such file or folder"));
  }
  std::error_code failed;
  const bool is_folder = fs::is_directory(list_or_folder, failed);
  if (is_folder && !below) {
    throw Error(ErrorKind::usage, "--all: a folder of images needs a DESTINATION",
                "HOST/PREFIX[:TAG]: NAME.json goes to HOST/PREFIX/NAME");
  }
  if (!is_folder && below) {
    throw Error(ErrorKind::usage, "--all: the lines of a list say where images go",
                "leave DESTINATION out, or name a folder of images");
  }
  auto images = is_folder ? read_folder(list_or_folder, *below) : read_list(list_or_folder);
  if (images.empty()) {
    throw Error(
        ErrorKind::input, printable(list_or_folder, 300) + " names no image",
        is_folder ? "it has no NAME.json files" : "each line is: IMAGE.json HOST/REPOSITORY[:TAG]");
  }
  refuse_twins(images);
  return images;
}

}  // namespace n2c
