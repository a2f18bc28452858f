#include "transfer/push_options.h"

#include <algorithm>

namespace n2c {

std::vector<std::string> distinct_tags(const std::string& own,
                                       const std::vector<std::string>& further) {
  std::vector<std::string> tags;
  if (!own.empty()) tags.push_back(own);
  for (const std::string& tag : further) {
    if (std::ranges::find(tags, tag) == tags.end()) tags.push_back(tag);
  }
  return tags;
}

}  // namespace n2c
