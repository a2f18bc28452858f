#include "go/filepath.h"

#include "base/text.h"

namespace n2c::go {

std::string clean(std::string_view path) {
  const bool rooted = path.starts_with('/');
  std::vector<std::string_view> kept;
  for (const std::string_view part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      kept.push_back(part);
    } else if (!kept.empty() && kept.back() != "..") {
      kept.pop_back();
    } else if (!rooted) {
      kept.push_back(part);
    }
  }
  std::string cleaned = rooted ? "/" : "";
  for (const std::string_view part : kept) {
    if (part.data() != kept.front().data()) cleaned += '/';
    cleaned += part;
  }
  return cleaned.empty() ? "." : cleaned;
}

std::string join(std::initializer_list<std::string_view> parts) {
  std::string joined;
  for (const std::string_view part : parts) {
    if (part.empty()) continue;
    if (!joined.empty()) joined += '/';
    joined += part;
  }
  return joined.empty() ? joined : clean(joined);
}

std::string join_clean(std::string_view folder, std::string_view file) {
  if (folder == ".") return std::string(file);
  return folder == "/" ? cat("/", file) : cat(folder, "/", file);
}

std::vector<std::string_view> components(std::string_view clean_path) {
  if (clean_path == "/") return {""};
  return split(clean_path, '/');
}

}  // namespace n2c::go
