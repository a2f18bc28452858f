#include "engine/held_layers.h"

#include <doctest/doctest.h>

namespace held_layers_test {

using namespace n2c;

namespace {

/// A chain of layers, one for each letter.
LayerChain chain(std::string_view letters) {
  LayerChain layers;
  for (const char letter : letters) layers.push_back(oci::Digest::of(std::string(1, letter)));
  return layers;
}

std::set<oci::Digest> layers(std::string_view letters) {
  const LayerChain all = chain(letters);
  return {all.begin(), all.end()};
}

}  // namespace

TEST_CASE("a chain is held as far as the longest image that begins with it") {
  const std::vector<LayerChain> held{chain("abX"), chain("abcY"), chain("Zbcd")};
  CHECK(held_by_chain(chain("abcd"), held) == 3);
  CHECK(held_by_chain(chain("ab"), held) == 2);
  CHECK(held_by_chain(chain("bcd"), held) == 0);
  CHECK(held_by_chain(chain(""), held) == 0);
  CHECK(held_by_chain(chain("abcd"), {}) == 0);
}

TEST_CASE("a layer that stands in the chain and above it is not left out") {
  CHECK(omitted_from_chain(chain("abcd"), 2) == layers("ab"));
  CHECK(omitted_from_chain(chain("abcb"), 2) == layers("a"));
  CHECK(omitted_from_chain(chain("abcb"), 4) == layers("abc"));
}

TEST_CASE("a store of blobs holds a layer wherever it stands") {
  const std::vector<LayerChain> held{chain("Xc"), chain("dY")};
  CHECK(held_anywhere(chain("abcd"), held) == layers("cd"));
}

TEST_CASE("relatives are the images of the same repository, then the first of the others") {
  const std::vector<ListedImage> images{
      {"1", {"other:1"}}, {"2", {}}, {"3", {"app:old", "x:y"}}, {"4", {"docker.io/library/app:2"}}};
  const std::vector<std::string> names{"docker.io/library/app:new"};
  CHECK(likely_relatives(images, names, 3) == std::vector<std::string>{"3", "4", "1"});
  CHECK(likely_relatives(images, names, 1) == std::vector<std::string>{"3"});
  CHECK(likely_relatives({}, names, 3).empty());
}

}  // namespace held_layers_test
