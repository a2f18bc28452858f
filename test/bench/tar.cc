/// How fast the tar of a tree is made, and made and hashed, beside one `sha256sum` pass over the
/// tree's files. Seconds are of one processor, so that a busy machine changes little.
///
///     bench_tar FOLDER       (every file is read once before, so that the disk does not count)

#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>

#include "base/error.h"
#include "image/store_layer.h"

using namespace n2c;

namespace {

constexpr int rounds = 5;

double seconds_used(int who) {
  rusage usage{};
  getrusage(who, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// The least processor time of some rounds.
double fastest(int who, const std::function<void()>& work) {
  double least = 1e9;
  for (int round = 0; round < rounds; ++round) {
    const double before = seconds_used(who);
    work();
    least = std::min(least, seconds_used(who) - before);
  }
  return least;
}

void read_through(const ByteSource& source) {
  std::vector<std::byte> block(256 << 10);
  const auto reader = source.open();
  while (reader->read(block) != 0) {
  }
}

void run_sha256sum(const char* folder) {
  ::setenv("N2C_BENCH_FOLDER", folder, 1);
  const int status =
      std::system(R"(find "$N2C_BENCH_FOLDER" -type f -print0 | xargs -0 sha256sum >/dev/null)");
  if (status != 0) throw Error(ErrorKind::local, "sha256sum failed");
}

void print(const char* what, double seconds, std::uint64_t bytes) {
  std::printf("%-18s %7.3f s %8.0f MB/s\n", what, seconds,
              static_cast<double>(bytes) / seconds / 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: bench_tar FOLDER\n", stderr);
    return 2;
  }
  try {
    const StoreLayerSource source({{argv[1]}}, {});
    const std::uint64_t size = measure(source).size;
    const double walked = fastest(RUSAGE_SELF, [&] { source.open(); });
    const double read = fastest(RUSAGE_SELF, [&] { read_through(source); });
    const double hashed = fastest(RUSAGE_SELF, [&] { measure(source); });
    const double peer = fastest(RUSAGE_CHILDREN, [&] { run_sha256sum(argv[1]); });
    print("walk", walked, size);
    print("walk, tar", read, size);
    print("walk, tar, hash", hashed, size);
    print("sha256sum", peer, size);
    std::printf("%.2f times as fast as sha256sum\n", peer / hashed);
  } catch (const Error& error) {
    std::fprintf(stderr, "bench_tar: %s\n", error.what());
    return 1;
  }
}
