#include "cli/line/push_plan.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "base/terminal.h"
#include "base/text.h"
#include "console/json_object.h"
#include "console/layer_bars.h"
#include "go/encoding_json.h"

namespace n2c::cli {

namespace {

std::string_view verb(const LayerOutcome& layer) {
  if (!layer.outcome) return "send";
  return *layer.outcome == BlobOutcome::mounted ? "mount" : "already there";
}

std::uint64_t size_to_send(const Image& image, const LayerOutcome& layer) {
  if (layer.outcome) return 0;
  return layer.form ? layer.form->size : image.layers[layer.first].blob.descriptor.size;
}

struct PlanTotals {
  std::size_t sent = 0, mounted = 0, present = 0;
  std::uint64_t bytes = 0;  // at most: what is not compressed yet counts as it is
};

PlanTotals plan_totals(const Image& image, const PushReport& report) {
  PlanTotals totals;
  for (const LayerOutcome& layer : report.layers) {
    if (!layer.outcome) {
      ++totals.sent;
    } else if (*layer.outcome == BlobOutcome::mounted) {
      ++totals.mounted;
    } else {
      ++totals.present;
    }
    totals.bytes += size_to_send(image, layer);
  }
  return totals;
}

go::Json totals_json(const PlanTotals& totals) {
  const auto number = [](std::size_t count) { return go::Json(std::uint64_t{count}); };
  go::Json json;
  json.set("already_there", number(totals.present)).set("mount", number(totals.mounted));
  return json.set("send", number(totals.sent)).set("bytes_to_send", go::Json(totals.bytes));
}

/// What the push would do, for --json.
go::Json plan_of(const Address& to, const Image& image, const PushReport& report,
                 const std::vector<std::string>& further_tags) {
  go::Json layers(go::Json::Array{});
  for (const LayerOutcome& layer : report.layers) {
    const Layer& source = image.layers[layer.first];
    go::Json one;
    one.set("diff_id", source.diff_id.str()).set("would", verb(layer));
    one.set("size", go::Json(layer.form ? layer.form->size : source.blob.descriptor.size));
    layers.push(
        one.set("is_compressed_size", go::Json(layer.form.has_value())).set("why", layer.why));
  }
  go::Json json;
  json.set("command", "push --dry-run").set("reference", shown(to));
  json.set("names", go::Json(go::Json::Array(further_tags.begin(), further_tags.end())));
  json.set("layers", std::move(layers));
  return json.set("totals", totals_json(plan_totals(image, report)));
}

void print_plan_lines(const Image& image, const PushReport& report) {
  for (const LayerOutcome& layer : report.layers) {
    const Layer& source = image.layers[layer.first];
    const std::string size = layer.form ? brief_bytes(layer.form->size)
                                        : brief_bytes(source.blob.descriptor.size) + " plain";
    terminal::print(cat("layer ", layer.first + 1, " ", source.diff_id.brief(), ": ", verb(layer),
                        ", ", size, ", ", layer.why));
  }
}

/// "would send 2 layers (at most 146.2 MiB), mount 1; 15 already there; tags: 1, latest"
std::string totals_words(const PlanTotals& totals, const std::vector<std::string>& tags) {
  std::string text = totals.sent == 0 ? "would send no layer"
                                      : cat("would send ", layer_count(totals.sent), " (at most ",
                                            brief_bytes(totals.bytes), ")");
  if (totals.mounted != 0) text += cat(", mount ", totals.mounted);
  text += cat("; ", totals.present, " already there");
  for (const std::string& tag : tags) text += cat(&tag == &tags.front() ? "; tags: " : ", ", tag);
  return text;
}

/// The layers that are most of what is sent, and why each is; nothing where these are all.
void say_largest(const Image& image, const PushReport& report) {
  constexpr std::size_t shown = 3;
  std::vector<const LayerOutcome*> sent;
  for (const LayerOutcome& layer : report.layers) {
    if (!layer.outcome) sent.push_back(&layer);
  }
  std::ranges::stable_sort(sent, std::greater<>(),
                           [&](const LayerOutcome* layer) { return size_to_send(image, *layer); });
  if (sent.size() <= shown) return;
  for (std::size_t i = 0; i < shown; ++i) {
    const Layer& source = image.layers[sent[i]->first];
    const std::string what = source.label.empty() ? "" : cat(" (", source.label, ")");
    terminal::say(cat("  layer ", sent[i]->first + 1, what, ", ",
                      brief_bytes(size_to_send(image, *sent[i])), ": ", sent[i]->why));
  }
}

}  // namespace

void print_push_plan(const Address& to, const Image& image, const PushReport& report,
                     const std::vector<std::string>& further_tags, const ProgressArguments& shown) {
  if (shown.json) {
    print_object("n2c.plan/1", plan_of(to, image, report, further_tags));
  } else {
    print_plan_lines(image, report);
  }
  if (shown.quiet || shown.style == "json" || shown.style == "none") return;
  std::vector<std::string> tags = further_tags;
  if (to.reference && to.reference->tag) tags.insert(tags.begin(), *to.reference->tag);
  terminal::say(totals_words(plan_totals(image, report), tags));
  say_largest(image, report);
}

}  // namespace n2c::cli
