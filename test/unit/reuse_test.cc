#include "remote/reuse.h"

#include <doctest/doctest.h>

#include "base/text.h"

namespace reuse_test {

using namespace n2c;
namespace mt = oci::media_type;

namespace {

oci::Descriptor listed(const std::string& name, std::string_view media_type = mt::manifest,
                       std::string os = "linux") {
  return {.media_type = std::string(media_type),
          .digest = oci::Digest::of(name),
          .size = 1,
          .platform = oci::Platform{.os = std::move(os), .architecture = "amd64"}};
}

std::vector<oci::Digest> looked_at(const oci::Index& held, const std::set<oci::Digest>& expected,
                                   bool lacks_forms) {
  std::vector<oci::Digest> digests;
  for (const auto& one : worth_a_look(held, expected, lacks_forms)) digests.push_back(one.digest);
  return digests;
}

}  // namespace

TEST_CASE("of a held index what will be written is asked for, the rest only to learn from") {
  const oci::Index held{.manifests = {listed("ours"), listed("older")}};
  const auto ours = oci::Digest::of("ours"), older = oci::Digest::of("older");
  CHECK(looked_at(held, {ours}, false) == std::vector{ours});
  CHECK(looked_at(held, {ours}, true) == std::vector{ours, older});
  CHECK(looked_at(held, {}, false).empty());
}

TEST_CASE("attestations, and indexes in an index, teach nothing about layers") {
  const oci::Index held{
      .manifests = {listed("proof", mt::manifest, "unknown"), listed("inner", mt::index)}};
  CHECK(looked_at(held, {}, true).empty());
}

TEST_CASE("of an index of very many images some are learnt from, and ours are found anywhere") {
  oci::Index held;
  for (int i = 0; i < 100; ++i) held.manifests.push_back(listed(cat("image ", i)));
  CHECK(looked_at(held, {}, true).size() == max_learnt_from);
  const auto last = oci::Digest::of("image 99");
  CHECK(looked_at(held, {last}, true).size() == max_learnt_from + 1);
  CHECK(looked_at(held, {last}, true).back() == last);
}

TEST_CASE("layers pair with diff_ids when there are as many, in OCI's words, if we know the kind") {
  oci::Manifest manifest{.config = listed("config"),
                         .layers = {listed("a", mt::docker_layer_gzip), listed("b", "a/riddle")}};
  const std::vector ids{oci::Digest::of("plain a"), oci::Digest::of("plain b")};
  const auto forms = pair_forms(manifest, ids);
  REQUIRE(forms.size() == 1);
  CHECK(forms[0].first == ids[0]);
  CHECK(forms[0].second.media_type == mt::layer_gzip);
  CHECK(pair_forms(manifest, {ids[0]}).empty());
}

}  // namespace reuse_test
