#include "registry/server/store/index_change.h"

#include "base/error.h"
#include "base/text.h"

namespace n2c::registry {

std::string put_line(const oci::Descriptor& manifest, const std::vector<std::string>& tags) {
  std::string line =
      cat("put ", manifest.digest.str(), ' ', manifest.size, ' ', manifest.media_type);
  for (const std::string& tag : tags) line += ' ' + tag;
  return line;
}

std::string remove_line(const oci::Digest& manifest) { return "remove " + manifest.str(); }

std::string untag_line(const std::string& tag) { return "untag " + tag; }

void apply_line(std::string_view line, RepositoryIndex& index) {
  const auto words = split(line, ' ');
  if (words.size() == 2 && words[0] == "untag") {
    index.remove_tag(std::string(words[1]));
    return;
  }
  const auto digest = words.size() < 2 ? Parsed<oci::Digest>(std::unexpected("no digest"))
                                       : oci::Digest::parse(words[1]);
  if (digest && words.size() == 2 && words[0] == "remove") {
    index.remove(*digest);
    return;
  }
  const auto size = words.size() < 4 ? std::nullopt : parse_number(words[2]);
  if (!digest || !size || words[0] != "put") {
    throw Error(ErrorKind::local, cat("a journal's line is not known: ", printable(line, 100)));
  }
  index.put({{std::string(words[3]), *digest, *size}}, {words.begin() + 4, words.end()});
}

}  // namespace n2c::registry
