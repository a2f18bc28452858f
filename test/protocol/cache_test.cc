#include <doctest/doctest.h>

#include <thread>

#include "cache/digest_cache.h"
#include "test/support/faulty_registry.h"
#include "test/support/moved_clock.h"
#include "test/support/push_scene.h"
#include "test/support/silent_progress.h"
#include "test/support/transports.h"

namespace cache_test {

using namespace n2c;
using namespace n2c::test;

namespace {

/// What --debug says.
class DebugLines {
 public:
  RegistryOptions options() {
    return {.trace = [this](const Printable& line) {
      lines_.with([&](auto& lines) { lines.push_back(line.str()); });
    }};
  }
  bool say(const std::string& beginning) const {
    return lines_.with([&](const auto& lines) {
      return std::ranges::any_of(
          lines, [&](const std::string& line) { return line.starts_with(beginning); });
    });
  }

 private:
  Locked<std::vector<std::string>> lines_;
};

/// An image of two layers, one of them large, and where it is pushed to.
struct Scene : PushScene {
  WatchedImage watched;

  explicit Scene(std::size_t bytes = 5'000'000) {
    watched.add(pattern(bytes));
    watched.add("a small layer");
    watched.describe("amd64");
  }

  PushReport push_traced(const std::string& to, RegistryOptions options) {
    SilentProgress progress;
    Registries registries(std::move(options));
    return push_to_registry(watched.image, registries, push_to(to), progress, {});
  }

  PushReport push(const std::string& to, bool reuse = true, bool dry_run = false) {
    SilentProgress progress;
    Registries registries({});
    RegistryPush push = push_to(to);
    push.reuse = reuse;
    push.options.dry_run = dry_run;
    return push_to_registry(watched.image, registries, push, progress, {});
  }
};

}  // namespace

TEST_CASE("a layer compressed once is not read again for another tag or repository") {
  Scene scene;
  CHECK(scene.push("/acme/app:1").count(BlobOutcome::sent) == 2);
  const int opened = scene.watched.opened();
  const auto second = scene.push("/acme/app:2");
  CHECK(second.count(BlobOutcome::present) == 2);
  const auto sibling = scene.push("/acme/other:1");
  CHECK(sibling.count(BlobOutcome::sent) == 0);
  CHECK(scene.watched.opened() == opened);
}

TEST_CASE("a dry run says what would be mounted, and writes nothing") {
  Scene scene;
  scene.push("/acme/app:1");
  scene.forget_requests();
  CHECK(scene.push("/acme/other:1", true, true).count(BlobOutcome::mounted) == 2);
  CHECK(scene.requests("GET ") + scene.requests("HEAD ") == scene.requests());
  CHECK(scene.push("/acme/other:1").count(BlobOutcome::mounted) == 2);
}

TEST_CASE("an unchanged push asks once with a cache, and twice without") {
  Scene scene;
  scene.push("/acme/app:1");
  scene.forget_requests();
  CHECK(scene.push("/acme/app:1").nothing_written);
  CHECK(scene.requests() == 1);
  scene.lose_cache();
  scene.forget_requests();
  CHECK(scene.push("/acme/app:1").nothing_written);
  CHECK(scene.requests() == 2);
}

TEST_CASE("a lost cache is made up for by the repository") {
  Scene scene;
  scene.push("/acme/app:1");
  const int opened = scene.watched.opened();
  scene.lose_cache();
  CHECK(scene.push("/acme/app:1").nothing_written);
  CHECK(scene.watched.opened() == opened);
}

TEST_CASE("the tag pushed last teaches what the cache does not know") {
  Scene scene;
  scene.push("/acme/app:1");
  const int opened = scene.watched.opened();
  // Only the push is remembered, as if another recipe had been used here.
  const auto file = scene.cache_file();
  std::filesystem::remove(file);
  DigestCache cache(file);
  cache.add_push({scene.host(), "acme/app"}, "1");
  cache.save();
  CHECK(scene.push("/acme/app:2").count(BlobOutcome::present) == 2);
  CHECK(scene.watched.opened() == opened);
}

TEST_CASE("what the cache says is asked for, never believed") {
  Scene scene;
  const auto file = scene.cache_file();
  DigestCache cache(file);
  const auto diff_id = scene.watched.image.layers[0].diff_id;
  cache.add_form(diff_id, Compression{}.recipe(), {oci::Digest::of("a blob long gone"), 16});
  cache.save();
  const auto report = scene.push("/acme/app:1");
  CHECK(report.count(BlobOutcome::sent) == 2);
  CHECK(report.layers[0].form->digest != oci::Digest::of("a blob long gone"));
  // And what the cache said wrong is put right.
  CHECK(DigestCache(file).find_form(diff_id, Compression{}.recipe())->digest ==
        report.layers[0].form->digest);
}

TEST_CASE("what is remembered wrong is put right also where the registry has the layer already") {
  Scene scene;
  scene.push("/acme/app:1");
  const auto file = scene.cache_file();
  const auto diff_id = scene.watched.image.layers[1].diff_id;
  const auto right = DigestCache(file).find_form(diff_id, Compression{}.recipe());
  std::filesystem::remove(file);
  DigestCache cache(file);
  cache.add_form(diff_id, Compression{}.recipe(), {oci::Digest::of("no such blob"), 12});
  cache.save();
  const auto report = scene.push("/acme/app:2");
  CHECK(report.layers[1].outcome == BlobOutcome::present);
  CHECK(report.layers[1].form->digest == right->digest);
  CHECK(DigestCache(file).find_form(diff_id, Compression{}.recipe()) == right);
}

TEST_CASE("without reuse everything is compressed anew") {
  Scene scene;
  scene.push("/acme/app:1");
  const int opened = scene.watched.opened();
  scene.push("/acme/app:1", false);
  CHECK(scene.watched.opened() > opened);
}

TEST_CASE("a layer whose remembered mount is refused costs three requests, and none is repeated") {
  PushScene scene;
  WatchedImage image;
  for (int i = 0; i < 40; ++i) image.add(cat("layer ", i));
  image.describe("amd64");
  const auto push = [&](const std::string& to) {
    SilentProgress progress;
    Registries registries({});
    return push_to_registry(image.image, registries, scene.push_to(to), progress, {});
  };
  for (const LayerOutcome& layer : push("/acme/other:1").layers) {
    CHECK(scene.store().remove_blob("acme/other", layer.form->digest));
  }
  scene.forget_requests();
  CHECK(push("/acme/app:1").count(BlobOutcome::sent) == 40);
  CHECK(scene.requests("HEAD /v2/acme/app/blobs/") == 41);  // and the config
  CHECK(scene.requests("POST /v2/acme/app/blobs/uploads/") <= 41);
  CHECK(scene.requests("PUT /v2/acme/app/blobs/uploads/") <= 41);
  CHECK(scene.requests("DELETE") == 0);
}

TEST_CASE("a blob that vanished under a kept manifest is sent when blobs are to be checked") {
  Scene scene(100'000);
  const auto first = scene.push("/acme/app:1");
  const oci::Digest lost = first.layers[0].form->digest;
  CHECK(scene.store().remove_blob("acme/app", lost));
  CHECK(scene.push("/acme/app:1").count(BlobOutcome::present) == 2);  // nobody looked
  SilentProgress progress;
  Registries registries({});
  RegistryPush push = scene.push_to("/acme/app:1");
  push.options.check_blobs = true;
  const auto mended = push_to_registry(scene.watched.image, registries, push, progress, {});
  CHECK(mended.layers[0].outcome == BlobOutcome::sent);
  CHECK(mended.layers[1].outcome == BlobOutcome::present);
  CHECK_FALSE(mended.nothing_written);
  CHECK(scene.store().stat("acme/app", lost));
}

TEST_CASE("several tags are written by one request") {
  Scene scene(100'000);
  SilentProgress progress;
  Registries registries({});
  RegistryPush push = scene.push_to("/acme/app:1");
  push.more_tags = {"latest", "stable"};
  const auto report = push_to_registry(scene.watched.image, registries, push, progress, {});
  CHECK(scene.requests("PUT /v2/acme/app/manifests/") == 1);
  for (const char* tag : {"1", "latest", "stable"}) {
    CHECK(scene.store().find_tag("acme/app", tag) == report.manifest->digest);
  }
}

TEST_CASE("a new tag of an unchanged image, on a machine that knows nothing, reads no layer") {
  Scene scene(100'000);
  scene.push("/acme/app:3f2a1bc");
  const int opened = scene.watched.opened();
  scene.lose_cache();
  scene.forget_requests();
  const auto report = scene.push("/acme/app:90ab12c");
  CHECK(report.count(BlobOutcome::present) == 2);
  CHECK(scene.watched.opened() == opened);
  // The new tag, the list of tags, the other tag and its config; and the tag is written.
  CHECK(scene.requests("GET /v2/acme/app/") == 4);
  CHECK(scene.requests("PUT /v2/acme/app/manifests/90ab12c") == 1);
  CHECK(scene.requests("HEAD") + scene.requests("POST") == 0);
  CHECK(scene.store().find_tag("acme/app", "90ab12c") == report.manifest->digest);
}

TEST_CASE("of an image with one new layer, a machine that knows nothing reads that layer alone") {
  Scene scene;
  scene.push("/acme/app:pr-7");
  scene.lose_cache();
  WatchedImage next;
  next.share(scene.watched, 0);
  next.add("another small layer");
  next.describe("amd64");
  const int opened = scene.watched.opened();
  SilentProgress progress;
  Registries registries({});
  const auto report =
      push_to_registry(next.image, registries, scene.push_to("/acme/app:pr-8"), progress, {});
  CHECK(report.layers[0].outcome == BlobOutcome::present);
  CHECK(report.layers[1].outcome == BlobOutcome::sent);
  CHECK(scene.watched.opened() == opened);
  CHECK(next.sources[1]->opened == 1);  // it is compressed once
}

TEST_CASE("of many tags at most eight are looked at, and a second round only while layers lack") {
  Scene scene(100'000);
  for (int i = 0; i < 20; ++i) scene.push(cat("/acme/app:v", i));
  scene.lose_cache();
  scene.forget_requests();
  scene.push("/acme/app:v20");
  CHECK(scene.requests("GET /v2/acme/app/manifests/") == 1 + 4);
  scene.lose_cache();
  scene.forget_requests();
  WatchedImage other;
  other.add("nothing in common");
  other.describe("amd64");
  SilentProgress progress;
  Registries registries({});
  push_to_registry(other.image, registries, scene.push_to("/acme/app:v21"), progress, {});
  CHECK(scene.requests("GET /v2/acme/app/manifests/") == 1 + 8);
  CHECK(scene.requests("GET /v2/acme/app/tags/list") == 1);
}

TEST_CASE("of a list of ten thousand tags a few pages are read, and the neighbour is found") {
  Scene scene(100'000);
  scene.push("/acme/app:main-9990");
  registry::NewManifest empty{.record = oci::RawManifest::of(oci::media_type::index, "{}")};
  for (int i = 0; i < 10'000; ++i) empty.tags.push_back(cat("dev-", 10'000 + i));
  scene.store().put_manifest("acme/app", empty);
  scene.lose_cache();
  scene.forget_requests();
  const int opened = scene.watched.opened();
  CHECK(scene.push("/acme/app:main-9991").count(BlobOutcome::present) == 2);
  CHECK(scene.watched.opened() == opened);
  CHECK(scene.requests("GET /v2/acme/app/tags/list") <= 3);
}

TEST_CASE("a tag list that is refused or broken is asked for once, and does not end a push") {
  for (const int status : {401, 403, 404, 405, 429, 500, 200}) {
    CAPTURE(status);
    Scene scene(100'000);
    scene.push("/acme/app:1");
    scene.lose_cache();
    scene.interfere("GET /v2/acme/app/tags/list", status);
    scene.forget_requests();
    DebugLines debug;
    CHECK(scene.push_traced("/acme/app:2", debug.options()).manifest);
    CHECK(scene.store().find_tag("acme/app", "2"));
    CHECK(scene.requests("GET /v2/acme/app/tags/list") == 1);
    CHECK(debug.say("nothing learnt from " + scene.host() + "/acme/app: "));
  }
}

TEST_CASE("what is not learnt is told where the push goes on, and as its end where it does not") {
  for (const bool goes_on : {true, false}) {
    CAPTURE(goes_on);
    Scene scene(100'000);
    scene.interfere("GET /v2/acme/app/manifests/", 500);
    if (!goes_on) {
      scene.interfere("HEAD /v2/acme/app/blobs/", 500);
      scene.interfere("POST /v2/acme/app/blobs/", 500);
    }
    SilentProgress progress;
    Registries registries({.retry = {.attempts = 1}});
    const auto push = [&] {
      return push_to_registry(scene.watched.image, registries, scene.push_to("/acme/app:1"),
                              progress, {});
    };
    if (goes_on) {
      CHECK(push().count(BlobOutcome::sent) == 2);
      REQUIRE(progress.notes().size() == 1);
      CHECK(progress.notes().front().starts_with("nothing learnt from "));
      continue;
    }
    std::optional<Error> failure;
    try {
      push();
    } catch (const Error& error) {
      failure = error;
    }
    REQUIRE(failure);
    CHECK(failure->doing().ends_with("/v2/acme/app/manifests/1"));
    CHECK(progress.notes().empty());
  }
}

TEST_CASE("a tag list that takes ten seconds is not waited for") {
  Scene scene(100'000);
  scene.push("/acme/app:1");
  scene.lose_cache();
  scene.interfere("GET /v2/acme/app/tags/list", 200, std::chrono::seconds(10));
  MovedClock clock;
  std::jthread later([&] {
    clock.wait_for_waits(1);
    clock.advance(std::chrono::seconds(4));
  });
  DebugLines debug;
  RegistryOptions options = debug.options();
  options.clock = &clock;
  CHECK(scene.push_traced("/acme/app:2", std::move(options)).manifest);
  CHECK(scene.store().find_tag("acme/app", "2"));
  CHECK(debug.say("nothing learnt from " + scene.host() + "/acme/app: "));
}

TEST_CASE("a tag list that pages for ever is asked for three times at most") {
  FaultyRegistry registry;
  registry.when("GET", "/tags/list").times(1000).amend([](registry::Reply& reply) {
    std::string tags;
    for (int i = 0; i < 1000; ++i) tags += cat(i == 0 ? "" : ",", "\"build-", 1000 + i, "\"");
    reply = {.status = 200,
             .headers = {{"Link", "</v2/acme/app/tags/list?last=build-1999>; rel=\"next\""}},
             .body = cat(R"({"name":"acme/app","tags":[)", tags, "]}")};
  });
  for (const char* tag : {"main-3f2a1bc", "v1.2.3", "build-2000", "1"}) {
    CAPTURE(tag);
    const std::size_t asked = registry.requests("GET /v2/acme/app/");
    WatchedImage image;
    image.add(cat("the layer of ", tag));
    image.describe("amd64");
    DebugLines debug;
    Registries registries(debug.options());
    SilentProgress progress;
    const oci::Reference to{{registry.host(), "acme/app"}, tag, {}};
    push_to_registry(image.image, registries, {.to = to}, progress, {});
    CHECK(registry.store().find_tag("acme/app", tag));
    // The tag, three pages, and eight tags that are not there.
    CHECK(registry.requests("GET /v2/acme/app/") - asked <= 1 + 3 + 8);
    CHECK(debug.say(registry.host() + "/acme/app has more tags than are looked through"));
  }
}

TEST_CASE("likely tags whose manifests or configs cannot be read do not end a push") {
  for (const char* what : {"manifests/1", "blobs/"}) {
    Scene scene(100'000);
    scene.push("/acme/app:1");
    scene.lose_cache();
    scene.interfere(cat("GET /v2/acme/app/", what), 403);
    CHECK(scene.push("/acme/app:2").manifest);
    CHECK(scene.store().find_tag("acme/app", "2"));
  }
}

}  // namespace cache_test
