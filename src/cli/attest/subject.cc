#include "cli/attest/subject.h"

#include "base/text.h"
#include "places/address.h"
#include "remote/referrers.h"

namespace n2c::cli {

namespace {

oci::Reference subject_reference(const std::string& text) {
  const auto address = or_throw(Address::parse(text), ErrorKind::usage, "REFERENCE");
  if (address.kind == Address::Kind::registry) return *address.reference;
  throw Error(ErrorKind::usage, cat("REFERENCE: ", address.str(), " is not at a registry"),
              "HOST/REPOSITORY[:TAG][@DIGEST]");
}

}  // namespace

Subject::Subject(const std::string& text, const RegistryArguments& registry,
                 registry::Access access, bool debug)
    : reference_(subject_reference(text)),
      registries_(options_of(registry, debug)),
      client_(registries_.client(reference_.repository, access)) {}

RegistryOptions Subject::options_of(const RegistryArguments& registry, bool debug) {
  RegistryOptions options = make_registry_options(registry, progress_, debug);
  options.credentials_host = reference_.repository.host;
  return options;
}

oci::RawManifest Subject::manifest(std::stop_token stop) {
  auto held = client_.get_manifest(reference_.digest ? reference_.digest->str() : *reference_.tag,
                                   std::move(stop));
  if (!held) throw Error(ErrorKind::registry, "no such image at the registry");
  return *std::move(held);
}

oci::Descriptor only_referrer(const std::vector<oci::Descriptor>& referrers,
                              const std::string& wanted) {
  std::vector<const oci::Descriptor*> found;
  std::vector<std::string> digests;
  for (const oci::Descriptor& one : referrers) {
    if (artifact_type_of(one) != wanted && one.digest.str() != wanted) continue;
    found.push_back(&one);
    digests.push_back(one.digest.str());
  }
  if (found.size() == 1) return *found.front();
  if (found.empty()) {
    throw Error(ErrorKind::input, cat("nothing of type ", printable(wanted), " refers to it"),
                "n2c referrers lists what does");
  }
  throw Error(ErrorKind::input,
              cat(found.size(), " artifacts of type ", printable(wanted), " refer to it"),
              cat("name one by its digest: ", comma_list(digests)));
}

}  // namespace n2c::cli
