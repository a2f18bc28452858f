/// How fast files compress here, and to what: every codec and level on the files named, one
/// after another, through one pool. `bench_codec THREADS FILE…` prints a line for each.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/stream.h"
#include "codec/codec.h"

using namespace n2c;

namespace {

class Counter final : public Writer {
 public:
  void write(ByteView bytes) override { count += bytes.size(); }
  std::uint64_t count = 0;
};

void measure(const char* how, std::size_t threads, const std::vector<std::string>& files) {
  const auto compression = or_throw(Compression::parse(how), ErrorKind::usage, "compression");
  CompressionPool pool(threads);
  Counter out;
  std::uint64_t in = 0;
  const auto began = std::chrono::steady_clock::now();
  for (const auto& file : files) {
    in += std::filesystem::file_size(file);
    copy(*compress(FileSource(file).open(), compression, pool), out);
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - began;
  const double mega = static_cast<double>(in) / 1e6;
  std::printf("%-8s %8.1f MB/s  %7.1f MB of %.1f  %.2f s\n", how, mega / elapsed.count(),
              static_cast<double>(out.count) / 1e6, mega, elapsed.count());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("bench_codec THREADS FILE…\n", stderr);
    return 2;
  }
  const auto threads = static_cast<std::size_t>(std::strtoul(argv[1], nullptr, 10));
  const std::vector<std::string> files(argv + 2, argv + argc);
  for (const char* how : {"none", "gzip:0", "gzip:1", "gzip:2", "zstd:1", "zstd", "zstd:3"}) {
    measure(how, threads, files);
  }
}
