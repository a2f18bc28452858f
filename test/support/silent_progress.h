#pragma once
/// A Progress that keeps the notes and says nothing.

#include <atomic>
#include <string>
#include <vector>

#include "base/locked.h"
#include "transfer/progress.h"

namespace n2c::test {

/// Thread-safe.
class SilentProgress final : public Progress {
 public:
  void begin(std::vector<BlobToSend>, std::string_view) override {}
  CompressionCount& compression() override { return compression_; }
  std::atomic<std::uint64_t>& meter(const oci::Digest&) override { return meter_; }
  void done(const oci::Digest&, BlobOutcome) override {}
  void note(const Printable& line) override {
    notes_.with([&](auto& notes) { notes.emplace_back(line.str()); });
  }
  std::vector<std::string> notes() const {
    return notes_.with([](const auto& notes) { return notes; });
  }

 private:
  CompressionCount compression_;
  std::atomic<std::uint64_t> meter_ = 0;
  Locked<std::vector<std::string>> notes_;
};

}  // namespace n2c::test
