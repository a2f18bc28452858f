#include "cli/line/push_plan.h"

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

}  // namespace

void print_push_plan(const Address& to, const Image& image, const PushReport& report,
                     bool is_json) {
  if (is_json) return print_result_json(plan_of(to, image, report));
  print_plan_lines(image, report);
}

}  // namespace n2c::cli
