#include "cli/line/result.h"

#include "base/terminal.h"
#include "base/text.h"

namespace n2c::cli {

namespace {

constexpr std::string_view result_schema = "n2c.result/1";

go::Json json_number(std::uint64_t count) { return go::Json(count); }

go::Json counts_json(const Counts& counts) {
  go::Json json;
  json.set("already_there", json_number(counts.present))
      .set("mounted", json_number(counts.mounted));
  return json.set("sent", json_number(counts.sent))
      .set("bytes_sent", json_number(counts.bytes_sent));
}

go::Json result_json(const Result& result) {
  using std::chrono::milliseconds;
  go::Json json;
  json.set("command", result.command).set("reference", result.reference);
  if (!result.digest.empty()) json.set("digest", result.digest);
  if (!result.image_id.empty()) json.set("image_id", result.image_id);
  json.set("names", go::Json(go::Json::Array(result.names.begin(), result.names.end())));
  json.set(std::string(result.counted), counts_json(result.counts));
  const auto took = std::chrono::duration_cast<milliseconds>(result.elapsed).count();
  return json.set("milliseconds", json_number(static_cast<std::uint64_t>(took)));
}

}  // namespace

std::string pasteable(const Address& place, const oci::Digest& digest) {
  Address named = place;
  if (place.kind == Address::Kind::registry) {
    named.reference->digest = digest;
    return named.reference->str();
  }
  const bool is_oci =
      place.kind == Address::Kind::oci_layout || place.kind == Address::Kind::oci_archive;
  if (is_oci) named.digest = digest;
  return named.str();
}

void print_result(const Result& result, const ProgressArguments& shown, bool output_is_taken) {
  // Standard error is a program's with --progress=json, and nobody's with none.
  const bool is_for_people = !shown.quiet && shown.style != "json" && shown.style != "none";
  if (is_for_people) terminal::say(result.sentence);
  if (output_is_taken) return;
  if (shown.json) return print_result_json(result_json(result));
  for (const std::string& line : result.lines) terminal::print(line);
}

void refuse_json_beside(const Address& place, const ProgressArguments& shown) {
  if (!shown.json || !place.is_standard_output()) return;
  throw Error(ErrorKind::usage, "--json: standard output has the image already",
              "write the image to a file, or leave --json out");
}

void print_result_json(go::Json facts) {
  go::Json json;
  json.set("schema", result_schema);
  for (const auto& [key, value] : *facts.as_object()) json.set(key, value);
  terminal::print_json(json.compact());
}

}  // namespace n2c::cli
