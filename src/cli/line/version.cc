#include "cli/line/version.h"

#include "base/text.h"
#include "codec/codec.h"
#include "codec/codec_deflate.h"
#include "codec/codec_zstd.h"
#include "http/library.h"

namespace n2c::cli {

namespace {

std::string compiler() {
#if defined(__clang__)
  return cat("clang ", __clang_major__, '.', __clang_minor__, '.', __clang_patchlevel__);
#else
  return cat("g++ ", __VERSION__);
#endif
}

/// "isal-2.30.0" as people write it: "ISA-L 2.30.0".
std::string spelt(const std::string& library) {
  const auto both = cut(library, '-');
  if (!both) return library;
  return cat(both->first == "isal" ? "ISA-L" : both->first, ' ', both->second);
}

std::string recipe_of(std::string_view compression) {
  return Compression::parse(compression)->recipe();
}

}  // namespace

std::vector<std::string> version_lines(std::string_view commit) {
  return {"n2c " N2C_VERSION, cat("commit ", commit), cat("compiler ", compiler()),
          cat("libraries ", spelt(deflate_library()), ", ", spelt(zstd_library()), ", ",
              http::library()),
          cat("recipes ", recipe_of("gzip"), ", ", recipe_of("zstd"))};
}

}  // namespace n2c::cli
