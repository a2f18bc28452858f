/// An example of libn2c: writes an image to any place n2c knows, and prints its digest.
///
///     push-image IMAGE.json DESTINATION [STORE-ROOT]

#include <n2c.h>

#include <csignal>
#include <iostream>
#include <map>
#include <mutex>

namespace {

/// Says each blob's outcome; counts nothing else.
class Spoken final : public n2c::Progress {
 public:
  void begin(std::vector<n2c::BlobToSend> blobs, std::string_view unit) override {
    std::uint64_t bytes = 0;
    for (const n2c::BlobToSend& blob : blobs) bytes += blob.bytes;
    std::cerr << "to send: " << blobs.size() << " " << unit << ", about " << bytes << " bytes\n";
  }
  n2c::CompressionCount& compression() override { return compression_; }
  std::atomic<std::uint64_t>& meter(const n2c::oci::Digest& digest) override {
    const std::scoped_lock hold(mutex_);
    return meters_[digest];
  }
  void done(const n2c::oci::Digest& digest, n2c::BlobOutcome outcome) override {
    const std::scoped_lock hold(mutex_);
    std::cerr << digest.brief() << (outcome == n2c::BlobOutcome::sent ? " sent\n" : " was there\n");
  }
  void note(const n2c::Printable& line) override {
    const std::scoped_lock hold(mutex_);
    std::cerr << line.str() << "\n";
  }

 private:
  n2c::CompressionCount compression_;
  std::mutex mutex_;
  std::map<n2c::oci::Digest, std::atomic<std::uint64_t>> meters_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: push-image IMAGE.json DESTINATION [STORE-ROOT]\n";
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const n2c::Image image =
        n2c::load_image_json(argv[1], {.root = argc > 3 ? argv[3] : std::string()});
    const auto address =
        n2c::or_throw(n2c::Address::parse(argv[2]), n2c::ErrorKind::usage, argv[2]);
    n2c::Registries registries({});
    Spoken progress;
    const auto place = n2c::open_destination(address, {.registries = registries});
    const n2c::PushReport report = place->push(image, {}, progress, {});
    std::cout << report.manifest->digest.str() << "\n";
    return 0;
  } catch (const n2c::Error& error) {
    std::cerr << error.what() << "\n" << error.hint() << "\n";
    return n2c::exit_code(error.kind());
  }
}
