#include "remote/registry_source.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/nearest_word.h"
#include "base/text.h"
#include "registry/client/tag_list.h"

namespace n2c {

oci::RawManifest RegistrySource::root(std::stop_token stop) {
  const std::string asked =
      reference_.digest ? reference_.digest->str() : reference_.tag.value_or("latest");
  const auto fetched = client_.get_manifest(asked, stop);
  if (!fetched) {
    throw missing(std::move(stop));
  }
  auto parsed = or_throw(oci::RawManifest::parse(fetched->json), ErrorKind::registry, str());
  parsed.descriptor.digest = fetched->descriptor.digest;
  if (reference_.digest) {
    oci::Descriptor expected = parsed.descriptor;
    expected.digest = *reference_.digest;
    return checked_manifest(expected, std::move(parsed.json), str());
  }
  return parsed;
}

oci::RawManifest RegistrySource::manifest(const oci::Descriptor& descriptor, std::stop_token stop) {
  auto fetched = client_.get_manifest(descriptor.digest.str(), stop);
  if (!fetched) {
    throw Error(ErrorKind::registry,
                cat(str(), ": the index names ", descriptor.digest.str(),
                    (descriptor.platform ? " (" + descriptor.platform->str() + ")" : ""),
                    ", which the registry does not have"));
  }
  return checked_manifest(descriptor, std::move(fetched->json), str());
}

/// What is there in its place is asked for: the repository's tags.
Error RegistrySource::missing(std::stop_token stop) {
  constexpr std::size_t most_shown = 5;
  const std::string words = cat(str(), ": no such image at the registry");
  std::vector<std::string> tags;
  try {
    if (auto page = client_.get_tag_page("", std::move(stop))) tags = std::move(page->tags);
  } catch (const Error& error) {  // the refusal is what counts
    if (error.kind() == ErrorKind::cancelled) throw;
  }
  if (tags.empty()) {
    return {ErrorKind::registry, words,
            "check the repository's name; a private repository answers so without a login"};
  }
  if (reference_.digest) {
    return {ErrorKind::registry, words,
            "the repository is there, and has no manifest of that digest: was it deleted, or is it "
            "a layer's?"};
  }
  const std::vector<std::string_view> known(tags.begin(), tags.end());
  const auto nearest = nearest_word(*reference_.tag, known);
  if (nearest) return {ErrorKind::registry, words, cat("did you mean the tag ", *nearest, "?")};
  const auto first = std::span(tags).first(std::min(tags.size(), most_shown));
  return {ErrorKind::registry, words,
          cat("the repository is there; its tags: ", comma_list(first),
              tags.size() > most_shown ? " … (n2c tags lists all)" : "")};
}

}  // namespace n2c
