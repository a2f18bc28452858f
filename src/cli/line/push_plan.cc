#include "cli/line/push_plan.h"

#include <algorithm>
#include <cstdint>
#include <functional>

#include "base/terminal.h"
#include "base/text.h"
#include "cli/line/result.h"
#include "console/output.h"
#include "go/encoding_json.h"

namespace n2c::cli {

namespace {

std::string_view verb(const LayerOutcome& layer) {
  if (!layer.outcome) return "send";
  return *layer.outcome == BlobOutcome::mounted ? "mount" : "already there";
}

/// What the push would do, for --json.
go::Json plan_of(const Address& to, const Image& image, const PushReport& report) {
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
  return json.set("layers", std::move(layers));
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

std::uint64_t size_to_send(const Image& image, const LayerOutcome& layer) {
  if (layer.outcome) return 0;
  return layer.form ? layer.form->size : image.layers[layer.first].blob.descriptor.size;
}

/// "would send 2 layers (146.2 MiB), mount 1; 15 are there already; tags: 1, latest"
std::string totals_of(const Image& image, const PushReport& report,
                      const std::vector<std::string>& tags) {
  std::size_t sent = 0, mounted = 0;
  std::uint64_t bytes = 0;
  for (const LayerOutcome& layer : report.layers) {
    if (!layer.outcome) ++sent;
    if (layer.outcome == BlobOutcome::mounted) ++mounted;
    bytes += size_to_send(image, layer);
  }
  std::string text = cat("would send ", sent, sent == 1 ? " layer (" : " layers (");
  text += cat("at most ", brief_bytes(bytes), ")");
  if (mounted != 0) text += cat(", mount ", mounted);
  text += cat("; ", report.layers.size() - sent - mounted, " already there");
  for (const std::string& tag : tags) text += cat(&tag == &tags.front() ? "; tags: " : ", ", tag);
  return text;
}

/// The layers that are most of what is sent, and why each is.
void say_largest(const Image& image, const PushReport& report) {
  constexpr std::size_t shown = 3;
  std::vector<const LayerOutcome*> sent;
  for (const LayerOutcome& layer : report.layers) {
    if (!layer.outcome) sent.push_back(&layer);
  }
  std::ranges::stable_sort(sent, std::greater<>(),
                           [&](const LayerOutcome* layer) { return size_to_send(image, *layer); });
  for (std::size_t i = 0; i < std::min(shown, sent.size()); ++i) {
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
    print_result_json(plan_of(to, image, report));
  } else {
    print_plan_lines(image, report);
  }
  if (shown.quiet || shown.style == "json" || shown.style == "none") return;
  std::vector<std::string> tags = further_tags;
  if (to.reference && to.reference->tag) tags.insert(tags.begin(), *to.reference->tag);
  terminal::say(totals_of(image, report, tags));
  say_largest(image, report);
}

}  // namespace n2c::cli
