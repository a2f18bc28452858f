#include "cli/attest/bill_of_image.h"

#include <CLI/CLI.hpp>

#include "base/text.h"
#include "console/output.h"
#include "statement/bill_layers.h"
#include "statement/cyclonedx.h"
#include "statement/spdx.h"

namespace n2c::cli {

namespace {

/// pkg:oci/NAME@DIGEST?repository_url=HOST/PATH (purl-spec, "oci").
std::string purl_of_stored(const oci::Repository& repository, const oci::Digest& digest) {
  const std::string path = lower_ascii(repository.path);
  return cat("pkg:oci/", purl_encoded(path.substr(path.rfind('/') + 1)), "@",
             purl_encoded(digest.str()), "?repository_url=", purl_encoded(repository.str()));
}

std::string created_in(std::string_view config_json) {
  const auto json = go::Json::parse(config_json);
  return json ? json->text_at("created") : "";
}

BillSubject subject_of_image(const Image& image, std::string name) {
  return {.name = name.empty() ? "image" : std::move(name),
          .config = oci::Digest::of(image.config_json),
          .platform = image.platform,
          .created = created_in(image.config_json)};
}

Bill bill_of_described(const BillArguments& arguments, const PlaceArguments& place,
                       const std::string& file, const std::stop_token& stop) {
  const BillFacts facts = bill_facts_of(arguments);
  const StoreView store{.root = place.store_root};
  const ImageRecord record = read_image_json(file);
  return make_bill(subject_of_image(make_image(record, store, file), arguments.name),
                   described_bill_layers(record, facts.closure, store, stop), facts.closure,
                   facts.packages);
}

}  // namespace

void add_bill_options(CLI::App& command, BillArguments& arguments) {
  command.add_option(
      "--closure-graph", arguments.closure_graph,
      "the closure graph that the layers commands take, for references and NAR hashes");
  command.add_option("--package-info", arguments.package_info,
                     "what Nix knows about packages: licences, homepages, patches (JSON)");
}

BillFacts bill_facts_of(const BillArguments& arguments) {
  BillFacts facts;
  if (const auto& file = arguments.closure_graph; !file.empty()) {
    facts.closure =
        or_throw(parse_closure_facts(read_description(file)), ErrorKind::input, printable(file));
  }
  if (const auto& file = arguments.package_info; !file.empty()) {
    facts.packages =
        or_throw(parse_package_info(read_description(file)), ErrorKind::input, printable(file));
  }
  return facts;
}

Bill bill_of_image(const BillArguments& arguments, const PlaceArguments& place_arguments,
                   bool debug, const std::stop_token& stop) {
  const Address address = place_of(place_arguments.image);
  if (address.kind == Address::Kind::image_json) {
    return bill_of_described(arguments, place_arguments, address.path.string(), stop);
  }
  const BillFacts facts = bill_facts_of(arguments);
  OpenPlace place(place_arguments, debug);
  const OpenedSource opened = place.source({.codec = Codec::none, .level = 0}, stop);
  if (const auto* image = std::get_if<Image>(&opened)) {
    return make_bill(subject_of_image(*image, arguments.name), stored_bill_layers(*image, stop),
                     facts.closure, facts.packages);
  }
  const auto& source = std::get<std::shared_ptr<ImageSource>>(opened);
  const oci::RawManifest manifest = manifest_for(*source, place.platform(), stop);
  const Image image = image_of(source, manifest, stop);
  const auto repository = source->repository();
  BillSubject subject = repository
                            ? subject_of_stored(image, *repository, manifest.descriptor.digest)
                            : subject_of_image(image, "");
  subject.manifest = manifest.descriptor.digest;
  if (!arguments.name.empty()) subject.name = arguments.name;
  return make_bill(std::move(subject), stored_bill_layers(image, stop), facts.closure,
                   facts.packages);
}

BillSubject subject_of_stored(const Image& image, const oci::Repository& repository,
                              const oci::Digest& manifest) {
  BillSubject subject = subject_of_image(image, repository.str());
  subject.manifest = manifest;
  subject.purl = purl_of_stored(repository, manifest);
  return subject;
}

void write_document(const std::string& output, const std::string& text) {
  if (output.empty() || output == "-") {
    print_lines(text);
  } else {
    write_output(output, text);
  }
}

std::string bill_text(const Bill& bill, std::string_view format) {
  return format == "spdx" ? spdx_json(bill) : cyclonedx_json(bill);
}

}  // namespace n2c::cli
