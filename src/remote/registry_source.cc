#include "remote/registry_source.h"

#include "base/error.h"
#include "base/text.h"

namespace n2c {

oci::RawManifest RegistrySource::root(std::stop_token stop) {
  const std::string asked =
      reference_.digest ? reference_.digest->str() : reference_.tag.value_or("latest");
  const auto fetched = client_.get_manifest(asked, stop);
  if (!fetched) {
    throw Error(
        ErrorKind::registry, cat(str(), ": no such image at the registry"),
        "check the repository and the tag; a private repository answers so without a login");
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

}  // namespace n2c
