#include "console/layer_bars.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/text.h"

namespace n2c {

namespace {

constexpr std::size_t least_columns_for_bars = 60, least_bar = 8, longest_bar = 40;

/// The first `columns` of it; the last is "…" where something was left out.
std::string shortened(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) return std::string(text);
  std::string kept;
  for (std::size_t i = 1; i < columns && !text.empty(); ++i) {
    const std::size_t length = std::max<std::size_t>(utf8_length(text), 1);
    kept += text.substr(0, length);
    text.remove_prefix(std::min(length, text.size()));
  }
  return kept + "…";
}

std::string padded(std::size_t columns, std::string_view text) {
  return cat(text, std::string(columns - std::min(columns, columns_of(text)), ' '));
}

/// The heading and the layers, which are sorted.
std::vector<std::string> bars_of(const std::vector<LayerBar>& layers, bool has_paths,
                                 std::size_t columns) {
  const bool has_names =
      std::ranges::any_of(layers, [](const LayerBar& layer) { return !layer.name.empty(); });
  std::vector<std::string> lines{cat("layer        size", has_paths ? "  paths" : "")};
  const std::size_t rest = columns - std::min(columns, lines.front().size() + 2);
  std::size_t longest = 0;
  if (columns >= least_columns_for_bars) {
    longest = std::clamp(has_names ? rest / 3 : rest, least_bar, longest_bar);
  }
  const std::uint64_t largest = layers.empty() ? 0 : layers.front().size;
  for (const LayerBar& layer : layers) {
    std::string line = fmt::format("{:>5}  {:>10}", layer.place, brief_bytes(layer.size));
    if (has_paths) line += fmt::format("  {:>5}", layer.paths ? cat(*layer.paths) : "");
    if (longest != 0) {
      const double part =
          largest == 0 ? 0 : static_cast<double>(layer.size) / static_cast<double>(largest);
      const auto cells = static_cast<std::size_t>(std::lround(part * static_cast<double>(longest)));
      line += cat("  ", padded(has_names ? longest : 0, std::string(cells, '#')));
    }
    if (!layer.name.empty()) {
      const std::size_t used = columns_of(line) + 2;
      if (used < columns) line += cat("  ", shortened(layer.name, columns - used));
    }
    lines.push_back(line.substr(0, line.find_last_not_of(' ') + 1));
  }
  return lines;
}

}  // namespace

std::string layer_count(std::size_t layers) {
  return cat(layers, layers == 1 ? " layer" : " layers");
}

std::vector<std::string> layer_table(std::vector<LayerBar> layers, std::uint64_t total,
                                     std::size_t columns) {
  std::ranges::stable_sort(layers, std::greater<>(), &LayerBar::size);
  std::size_t paths = 0;
  for (const LayerBar& layer : layers) paths += layer.paths.value_or(0);
  std::vector<std::string> lines = bars_of(layers, paths != 0, columns);
  const std::string counted = paths == 0 ? "" : fmt::format("  {:>5}", paths);
  lines.push_back(fmt::format("total  {:>10}{}  in {}", brief_bytes(total), counted,
                              layer_count(layers.size())));
  return lines;
}

}  // namespace n2c
