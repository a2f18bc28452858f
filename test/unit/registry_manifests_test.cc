#include <doctest/doctest.h>

#include "base/file.h"
#include "base/text.h"
#include "registry/server/store/folder_store.h"
#include "registry/server/store/memory_store.h"
#include "test/support/api_caller.h"

namespace registry_manifests_test {

using namespace n2c;
using namespace n2c::registry;
using test::ApiCaller;

namespace {

const std::string image_type{oci::media_type::manifest};
const std::string index_type{oci::media_type::index};

std::string descriptor(std::string_view type, const std::string& bytes,
                       std::string_view more = "") {
  return cat(R"({"mediaType":")", type, R"(","digest":")", oci::Digest::of(bytes).str(),
             R"(","size":)", bytes.size(), more, "}");
}

/// An image of a config and layers; `more` is further JSON members.
std::string image(const std::string& config, const std::vector<std::string>& layers,
                  std::string_view more = "") {
  std::string list;
  for (const std::string& layer : layers) {
    list += cat(list.empty() ? "" : ",", descriptor(oci::media_type::layer_tar, layer));
  }
  return cat(R"({"schemaVersion":2,"config":)", descriptor(oci::media_type::config, config),
             R"(,"layers":[)", list, "]", more, "}");
}

struct Registry {
  explicit Registry(ApiOptions options = {}) : api(store, options) {
    http.push_blob("app", "config");
    http.push_blob("app", "layer");
  }
  test::Answer put(const std::string& reference, const std::string& json,
                   const std::string& type = image_type) {
    return http.put("/v2/app/manifests/" + reference, json, {{"Content-Type", type}});
  }
  MemoryStore store;
  Api api;
  ApiCaller http{api};
};

const std::string small_image = image("config", {"layer"});
const std::string small_digest = oci::Digest::of(small_image).str();

}  // namespace

TEST_CASE("a manifest is put under a tag and read by tag and digest, byte for byte") {
  Registry registry;
  const auto put = registry.put("1", small_image);
  CHECK(put.status == 201);
  CHECK(put.header("Docker-Content-Digest") == small_digest);
  CHECK(put.header("Location") == "/v2/app/manifests/" + small_digest);
  for (const std::string& reference : {std::string("1"), small_digest}) {
    const auto read = registry.http.get("/v2/app/manifests/" + reference);
    CHECK(read.status == 200);
    CHECK(read.body == small_image);
    CHECK(read.header("Content-Type") == image_type);
    CHECK(read.header("Docker-Content-Digest") == small_digest);
  }
  CHECK(registry.http.get("/v2/app/manifests/2").status == 404);
}

TEST_CASE("a tag that cannot be is not there, and nothing is put under it") {
  Registry registry;
  for (const std::string& tag : {std::string(".INVALID_MANIFEST_NAME"), std::string(129, 'a')}) {
    CHECK(registry.http.get("/v2/app/manifests/" + tag).status == 404);
    CHECK(registry.put(tag, small_image).status == 400);
  }
  CHECK(registry.http.get("/v2/app/manifests/sha256:1").status == 400);
}

TEST_CASE("a manifest that names blobs the repository lacks is refused, with each of them") {
  Registry registry;
  registry.http.push_blob("elsewhere", "other");
  const auto refused = registry.put("1", image("config", {"layer", "other", "missing"}));
  CHECK(refused.status == 404);
  CHECK(refused.body.contains("MANIFEST_BLOB_UNKNOWN"));
  CHECK(refused.body.contains(oci::Digest::of("other").str()));
  CHECK(refused.body.contains(oci::Digest::of("missing").str()));
  CHECK_FALSE(refused.body.contains(oci::Digest::of("layer").str()));
  CHECK(registry.http.get("/v2/app/manifests/1").status == 404);
}

TEST_CASE("a blob that a manifest names a thousand times is looked for once (#23)") {
  Registry registry;
  const auto refused = registry.put("1", image("config", std::vector(1'000, std::string("gone"))));
  CHECK(refused.status == 404);
  const std::string gone = oci::Digest::of("gone").str();
  CHECK(refused.body.find(gone) == refused.body.rfind(gone));
}

TEST_CASE("a registry that accepts sparse manifests takes it") {
  Registry registry({.accept_sparse = true});
  CHECK(registry.put("1", image("nowhere", {"missing"})).status == 201);
}

TEST_CASE("layers that are elsewhere by their media type or their URLs need not be here") {
  Registry registry;
  const std::string nondistributable = "application/vnd.oci.image.layer.nondistributable.v1.tar";
  const std::string foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
  const std::string json = cat(
      R"({"schemaVersion":2,"config":)", descriptor(oci::media_type::config, "config"),
      R"(,"layers":[)", descriptor(nondistributable, "a"), ",", descriptor(foreign, "b"), ",",
      descriptor(oci::media_type::layer_tar, "c", R"(,"urls":["https://example.com/c"])"), "]}");
  CHECK(registry.put("1", json).status == 201);
}

TEST_CASE("an index needs the images it names") {
  Registry registry;
  const std::string index = cat(R"({"schemaVersion":2,"mediaType":")", index_type,
                                R"(","manifests":[)", descriptor(image_type, small_image), "]}");
  CHECK(registry.put("all", index, index_type).status == 404);
  CHECK(registry.put(small_digest, small_image).status == 201);
  CHECK(registry.put("all", index, index_type).status == 201);
  const std::string outer =
      cat(R"({"schemaVersion":2,"manifests":[)", descriptor(index_type, index), "]}");
  CHECK(registry.put("outer", outer, index_type).status == 201);
}

TEST_CASE("what is no manifest is refused with the reason") {
  Registry registry;
  const auto refused = [&](const std::string& json, const std::string& type = image_type) {
    const auto answer = registry.put("1", json, type);
    CHECK(answer.body.contains("MANIFEST_INVALID"));
    return answer.status;
  };
  CHECK(refused("") == 400);
  CHECK(refused("[]") == 400);
  CHECK(refused("{}") == 400);
  CHECK(refused(R"({"schemaVersion":1})") == 400);
  CHECK(refused(R"({"schemaVersion":2})") == 400);
  CHECK(refused(R"({"schemaVersion":2,"config":{"digest":"sha256:.."},"layers":[]})") == 400);
  CHECK(refused(image("config", {}, R"(,"subject":"x")")) == 400);
  CHECK(refused(image("config", {}, cat(R"(,"mediaType":")", index_type, "\""))) == 400);
  CHECK(refused(small_image, "text/plain") == 415);
  CHECK(refused(small_image, "application/vnd.docker.distribution.manifest.v1+prettyjws") == 415);
}

TEST_CASE("Docker's media types are taken and given back") {
  Registry registry;
  const std::string type{oci::media_type::docker_manifest};
  CHECK(registry.put("1", small_image, type + "; charset=utf-8").status == 201);
  CHECK(registry.http.get("/v2/app/manifests/1").header("Content-Type") == type);
}

TEST_CASE("a manifest is put by its own digest only") {
  Registry registry;
  const auto refused = registry.put(oci::Digest::of("other").str(), small_image);
  CHECK(refused.status == 400);
  CHECK(refused.body.contains("DIGEST_INVALID"));
  CHECK(registry.put("sha256:baddigest", small_image).status == 400);
  CHECK(registry.put("no/tag", small_image).status == 404);
  CHECK(registry.put("-tag", small_image).status == 400);
}

TEST_CASE("a manifest larger than 4 MiB is refused with 413") {
  Registry registry;
  const std::string large(oci::max_manifest_bytes, ' ');
  const auto refused = registry.put("1", small_image + large);
  CHECK(refused.status == 413);
  CHECK(registry.put("1", small_image + large.substr(small_image.size())).status == 201);
}

TEST_CASE("tag parameters tag a manifest put by digest, and are named in the reply") {
  Registry registry;
  const auto put = registry.put(small_digest + "?tag=a&tag=b", small_image);
  CHECK(put.status == 201);
  CHECK(put.header("OCI-Tag") == "a");
  for (const char* tag : {"a", "b"}) {
    CHECK(registry.http.get(cat("/v2/app/manifests/", tag)).body == small_image);
  }
  CHECK(registry.put(small_digest + "?tag=..%2f", small_image).status == 400);
}

TEST_CASE("tags are listed in order, a page at a time") {
  Registry registry;
  CHECK(registry.http.get("/v2/none/tags/list").status == 404);
  for (const char* tag : {"b", "a", "c", "B"}) registry.put(tag, small_image);
  const auto list = [&](const std::string& query) {
    return registry.http.get("/v2/app/tags/list" + query);
  };
  CHECK(list("").body == R"({"name":"app","tags":["B","a","b","c"]})");
  CHECK(list("?n=2").body == R"({"name":"app","tags":["B","a"]})");
  CHECK(list("?n=2").header("Link") == R"(</v2/app/tags/list?n=2&last=a>; rel="next")");
  CHECK(list("?n=2&last=a").body == R"({"name":"app","tags":["b","c"]})");
  CHECK(list("?n=2&last=a").header("Link") == "");
  CHECK(list("?last=bb").body == R"({"name":"app","tags":["c"]})");
  CHECK(list("?n=0").body == R"({"name":"app","tags":[]})");
  CHECK(list("?n=-1").status == 400);
  registry.http.push_blob("base", "x");
  CHECK(registry.http.get("/v2/_catalog?n=1").body == R"({"repositories":["app"]})");
  CHECK(registry.http.get("/v2/_catalog?last=app").body == R"({"repositories":["base"]})");
}

TEST_CASE("referrers are listed with type and annotations, and filtered") {
  Registry registry;
  const std::string subject = cat(R"(,"subject":)", descriptor(image_type, small_image));
  const std::string typed =
      image("config", {}, subject + R"(,"artifactType":"a/sbom",)" + R"("annotations":{"k":"v"})");
  const auto put = registry.put("sbom", typed);
  CHECK(put.header("OCI-Subject") == small_digest);
  registry.put("plain", image("config", {"layer"}, subject));
  const std::string target = "/v2/app/referrers/" + small_digest;
  const auto all = registry.http.get(target);
  CHECK(all.status == 200);
  CHECK(all.header("Content-Type") == index_type);
  CHECK(all.body.contains(R"("artifactType":"a/sbom")"));
  CHECK(all.body.contains(R"("annotations":{"k":"v"})"));
  CHECK(all.body.contains(cat(R"("artifactType":")", oci::media_type::config, "\"")));
  const auto filtered = registry.http.get(target + "?artifactType=a%2Fsbom");
  CHECK(filtered.header("OCI-Filters-Applied") == "artifactType");
  CHECK(filtered.body.contains("a/sbom"));
  CHECK_FALSE(filtered.body.contains(oci::media_type::config));
  CHECK(
      registry.http.get("/v2/none/referrers/" + small_digest).body.ends_with("\"manifests\":[]}"));
  registry.http.del("/v2/app/manifests/" + oci::Digest::of(typed).str());
  CHECK_FALSE(registry.http.get(target).body.contains("a/sbom"));
}

TEST_CASE("referrers come in pages of 4 MiB, each with a link to the next") {
  Registry registry;
  const std::string subject = cat(R"(,"subject":)", descriptor(image_type, small_image));
  std::set<std::string> expected;
  for (int i = 0; i < 5; ++i) {
    const std::string manifest =
        image("config", {},
              cat(subject, R"(,"artifactType":"a/b","annotations":{"k":")",
                  std::string(1'500'000, static_cast<char>('a' + i)), R"("})"));
    CHECK(registry.put(oci::Digest::of(manifest).str(), manifest).status == 201);
    expected.insert(oci::Digest::of(manifest).str());
  }
  std::set<std::string> listed;
  int pages = 0;
  std::string next = "/v2/app/referrers/" + small_digest + "?artifactType=a%2Fb";
  for (; !next.empty() && pages < 10; ++pages) {
    const auto page = registry.http.get(next);
    CHECK(page.status == 200);
    CHECK(page.body.size() < (4 << 20) + 1'000);
    const auto index = oci::Index::from_json(page.body);
    REQUIRE(index);
    for (const auto& entry : index->manifests) listed.insert(entry.digest.str());
    const std::string link = page.header("Link");
    next = link.empty() ? "" : link.substr(1, link.find('>') - 1);
  }
  CHECK(pages == 3);
  CHECK(listed == expected);
}

TEST_CASE("a manifest that names too many blobs is refused, and errors are a hundred at most") {
  Registry registry;
  const auto naming = [&](std::size_t count) {
    std::string layers;
    for (std::size_t i = 0; i < count; ++i) {
      layers += cat(i == 0 ? "" : ",", descriptor(oci::media_type::layer_tar, cat(i)));
    }
    return registry.put(
        "many", cat(R"({"schemaVersion":2,"mediaType":")", image_type, R"(","config":)",
                    descriptor(oci::media_type::config, "c"), R"(,"layers":[)", layers, "]}"));
  };
  const auto absent = naming(5'000);
  CHECK(absent.status == 404);
  CHECK(absent.body.contains("(5001 in all)"));
  CHECK(absent.body.size() < 30'000);
  const auto refused = naming(10'001);
  CHECK(refused.status == 400);
  CHECK(refused.body.contains("at most 10000 blobs"));
}

namespace {

void check_preconditions(Store& store) {
  Api api(store);
  ApiCaller http(api);
  http.push_blob("app", "config");
  http.push_blob("app", "layer");
  const auto put = [&](const std::string& reference, const std::string& json, HeaderMap headers) {
    headers.add("Content-Type", image_type);
    return http.put("/v2/app/manifests/" + reference, json, std::move(headers)).status;
  };
  const std::string other = image("config", {});
  const std::string other_digest = oci::Digest::of(other).str();
  const std::string quoted = cat('"', small_digest, '"'),
                    quoted_other = cat('"', other_digest, '"');
  const auto now = [&] { return http.get("/v2/app/manifests/1").header("ETag"); };
  CHECK(put("1", small_image, {{"If-Match", "*"}}) == 412);
  CHECK(put("1", small_image, {{"If-Match", quoted}}) == 412);
  CHECK(http.get("/v2/app/manifests/1").status == 404);
  CHECK(put("1", small_image, {{"If-None-Match", "*"}}) == 201);
  CHECK(now() == quoted);
  CHECK(put("1", other, {{"If-None-Match", "*"}}) == 412);
  CHECK(put("1", other, {{"If-None-Match", quoted}}) == 412);
  CHECK(put("1", other, {{"If-Match", quoted_other}}) == 412);
  CHECK(put("1", other, {{"If-Match", cat("W/", quoted)}}) == 412);
  CHECK(now() == quoted);
  CHECK(put("1", other, {{"If-Match", cat("\"x\" , ", quoted)}}) == 201);
  CHECK(now() == quoted_other);
  CHECK(put("1", small_image, {{"If-Match", "*"}}) == 201);
  CHECK(put("1", small_image, {{"If-None-Match", quoted_other}}) == 201);
  // By digest the manifest itself is meant, whatever the tags name.
  const std::string third = image("config", {"layer", "layer"});
  const std::string third_digest = oci::Digest::of(third).str();
  CHECK(put(third_digest + "?tag=1", third, {{"If-Match", quoted}}) == 412);
  CHECK(now() == quoted);
  CHECK(put(third_digest + "?tag=1", third, {{"If-None-Match", "*"}}) == 201);
  CHECK(now() == cat('"', third_digest, '"'));
}

}  // namespace

TEST_CASE("a manifest is put where the tag names still what If-Match says, and 412 says no") {
  MemoryStore in_memory;
  check_preconditions(in_memory);
  const TemporaryFolder folder;
  FolderStore in_folder(folder.path());
  check_preconditions(in_folder);
}

TEST_CASE("a tag is deleted alone, a manifest with its tags") {
  Registry registry;
  registry.put("1", small_image);
  registry.put("2", small_image);
  CHECK(registry.http.del("/v2/app/manifests/1").status == 202);
  CHECK(registry.http.del("/v2/app/manifests/1").status == 404);
  CHECK(registry.http.get("/v2/app/manifests/2").status == 200);
  CHECK(registry.http.del("/v2/app/manifests/" + small_digest).status == 202);
  CHECK(registry.http.get("/v2/app/manifests/2").status == 404);
  CHECK(registry.http.get("/v2/app/tags/list").body == R"({"name":"app","tags":[]})");
}

TEST_CASE("parts of a blob are served as ranges") {
  Registry registry;
  const std::string target = "/v2/app/blobs/" + oci::Digest::of("config").str();
  const auto part = [&](std::string range) {
    return registry.http.get(target, {{"Range", std::move(range)}});
  };
  CHECK(part("bytes=1-2").status == 206);
  CHECK(part("bytes=1-2").body == "on");
  CHECK(part("bytes=1-2").header("Content-Range") == "bytes 1-2/6");
  CHECK(part("bytes=4-").body == "ig");
  CHECK(part("bytes=-2").body == "ig");
  CHECK(part("bytes=-99").body == "config");
  CHECK(part("bytes=4-99").header("Content-Range") == "bytes 4-5/6");
  for (const char* beyond : {"bytes=6-", "bytes=2-1", "bytes=-0", "bytes=x-y"}) {
    CAPTURE(beyond);
    CHECK(part(beyond).status == 416);
    CHECK(part(beyond).header("Content-Range") == "bytes */6");
  }
  CHECK(part("lines=1-2").status == 200);
  CHECK(part("bytes=0-1,3-4").body == "config");
}

TEST_CASE("methods that a resource has not are 405 and name those it has") {
  Registry registry;
  const auto answer = registry.http.post("/v2/app/tags/list");
  CHECK(answer.status == 405);
  CHECK(answer.header("Allow") == "GET, HEAD");
  CHECK(registry.http.call(Method::other, "/v2/").status == 405);
  CHECK(registry.http.get("/v2/app/blobs/uploads/").status == 405);
  CHECK(registry.http.get("/").status == 404);
  CHECK(registry.http.get("/v2/app").status == 404);
}

}  // namespace registry_manifests_test
