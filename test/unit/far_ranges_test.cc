#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/text.h"
#include "registry/server/api/api.h"
#include "serve/served_images.h"
#include "test/support/api_caller.h"

namespace far_ranges_test {

using namespace n2c;

namespace {

/// How many readers are on their way to where they were asked to begin.
struct OnTheWay {
  std::atomic<int> now = 0, most = 0;
  void begin() {
    const int count = ++now;
    for (int seen = most; count > seen && !most.compare_exchange_weak(seen, count);) continue;
  }
  void end() { --now; }
};

/// Makes its bytes from the start on, as a layer of the store is made.
class MadeSource final : public ByteSource {
 public:
  MadeSource(std::string bytes, OnTheWay& readers) : bytes_(std::move(bytes)), readers_(readers) {}

  std::unique_ptr<Reader> open(std::uint64_t offset) const override {
    readers_.begin();
    auto reader = bytes_.open(0);
    std::vector<std::byte> block(1024);
    for (std::uint64_t at = 0; at < offset;) {
      at += reader->read(ByteSpan(block).first(std::min<std::uint64_t>(block.size(), offset - at)));
    }
    readers_.end();
    return reader;
  }

 private:
  MemorySource bytes_;
  OnTheWay& readers_;
};

}  // namespace

TEST_CASE("ends of layers that are made while they are read are made in turn (#23)") {
  OnTheWay readers;
  std::string bytes(5 << 20, 'x');
  bytes.back() = 'y';
  const auto digest = oci::Digest::of(bytes);
  Layer layer{
      .diff_id = digest,
      .blob = {oci::Descriptor{std::string(oci::media_type::layer_tar), digest, bytes.size()},
               std::make_shared<MadeSource>(bytes, readers)}};
  std::vector<ServedImage> images;
  images.push_back({"app", "1", Image{.config_json = "{}", .layers = {std::move(layer)}}});
  ServedImages store(std::move(images), {});
  registry::Api api(store);
  const std::string target = cat("/v2/app/blobs/", digest.str());
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < 4; ++i) {
      clients.emplace_back([&] {
        const auto end = test::ApiCaller(api).get(target, {{"Range", "bytes=-3"}});
        right += end.status == 206 && end.body == "xxy" ? 1 : 0;
      });
    }
  }
  CHECK(right == 4);
  CHECK(readers.most <= std::max(1, static_cast<int>(std::thread::hardware_concurrency() / 2)));
  const auto rest = test::ApiCaller(api).get(target, {{"Range", "bytes=4194304-"}});
  CHECK(rest.body == bytes.substr(4 << 20));
  CHECK(test::ApiCaller(api).get(target).body == bytes);
}

}  // namespace far_ranges_test
