#include "cli/line/result.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "base/system.h"
#include "base/terminal.h"
#include "base/text.h"
#include "console/json_object.h"
#include "console/output.h"
#include "console/progress_line.h"
#include "go/encoding_json.h"

namespace n2c::cli {

namespace {

using Attachments = std::vector<AttachedToImage>;

go::Json json_number(std::uint64_t count) { return go::Json(count); }

go::Json counts_json(const Counts& counts) {
  go::Json json;
  json.set("already_there", json_number(counts.present))
      .set("mounted", json_number(counts.mounted));
  return json.set("sent", json_number(counts.sent))
      .set("bytes_sent", json_number(counts.bytes_sent));
}

go::Json attachments_json(const std::vector<AttachedToImage>& attachments) {
  go::Json list(go::Json::Array{});
  for (const AttachedToImage& one : attachments) {
    go::Json json;
    json.set("digest", one.artifact.digest.str()).set("size", go::Json(one.artifact.size));
    json.set("subject", one.subject.str()).set("artifactType", one.type);
    json.set("name", one.title);
    list.push(std::move(json.set("was_there", go::Json(one.was_there))));
  }
  return list;
}

go::Json referrers_json(const CopiedReferrers& referrers) {
  go::Json json;
  json.set("copied", json_number(referrers.copied));
  json.set("already_there", json_number(referrers.present));
  return json.set("left_out", json_number(referrers.left_out));
}

go::Json result_json(const Result& result) {
  using std::chrono::milliseconds;
  go::Json json;
  json.set("command", result.command).set("reference", result.reference);
  if (!result.digest.empty()) json.set("digest", result.digest);
  if (!result.image_id.empty()) json.set("image_id", result.image_id);
  json.set("names", go::Json(go::Json::Array(result.names.begin(), result.names.end())));
  json.set(std::string(result.counted), counts_json(result.counts));
  if (result.attachments) json.set("attachments", attachments_json(*result.attachments));
  if (result.referrers) json.set("referrers", referrers_json(*result.referrers));
  const auto took = std::chrono::duration_cast<milliseconds>(result.elapsed).count();
  return json.set("milliseconds", json_number(static_cast<std::uint64_t>(took)));
}

std::string summary_of(const Result& result) {
  const std::string many(result.counted);
  const std::string one = many.substr(0, many.size() - 1);
  std::string text = cat("### n2c ", result.command, "\n\n| | |\n| --- | --- |\n");
  for (const std::string& line : result.lines) {
    text += cat("| image | `", printable(line, 600), "` |\n");
  }
  for (const std::string& name : result.names) {
    text += cat("| also as | `", printable(name, 600), "` |\n");
  }
  text += cat("| ", many, " | ", result.counts.str(one, many), " |\n");
  const std::string attached = attachment_counts(result.attachments.value_or(Attachments{}));
  if (!attached.empty()) text += cat("| attachments | ", attached.substr(2), " |\n");
  return text + cat("| took | ", brief_duration(result.elapsed), " |\n\n");
}

/// A pipeline's page that cannot be written is no failure of what was done, unless it was asked
/// for.
void append_summary(const Result& result, const std::string& file) {
  if (!file.empty()) return append_output(file, summary_of(result));
  const std::string page = process_environment()("GITHUB_STEP_SUMMARY");
  if (page.empty()) return;
  try {
    append_output(page, summary_of(result));
  } catch (const Error& error) {
    terminal::say(cat("n2c: $GITHUB_STEP_SUMMARY: ", error.message()));
  }
}

void say_sentence(const std::string& sentence, const ProgressArguments& shown) {
  if (shown.style == "plain" || !terminal::error_can_redraw()) return terminal::say(sentence);
  for (const std::string& line : wrapped(sentence, terminal::error_size().columns)) {
    terminal::say(line);
  }
}

}  // namespace

void print_result(const Result& result, const ProgressArguments& shown, bool output_is_taken) {
  // Standard error is a program's with --progress=json, and nobody's with none.
  const bool is_for_people = !shown.quiet && shown.style != "json" && shown.style != "none";
  if (is_for_people) say_sentence(result.sentence, shown);
  append_summary(result, shown.summary);
  if (output_is_taken) return;
  if (shown.json) return print_object("n2c.result/1", result_json(result));
  for (const std::string& line : result.lines) terminal::print(line);
}

std::string attachment_counts(const std::vector<AttachedToImage>& attachments) {
  const auto before = std::ranges::count(attachments, true, &AttachedToImage::was_there);
  const auto now = std::ssize(attachments) - before;
  return cat(now == 0 ? "" : cat(", ", now, " attached"),
             before == 0 ? "" : cat(", ", before, " attached already"));
}

void refuse_json_beside(const Address& place, const ProgressArguments& shown) {
  if (!shown.json || !place.is_standard_output()) return;
  throw Error(ErrorKind::usage, "--json: standard output has the image already",
              "write the image to a file, or leave --json out");
}

}  // namespace n2c::cli
