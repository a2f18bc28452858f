#pragma once
/// What several pushes tell, as if they were one.

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/locked.h"
#include "transfer/progress.h"

namespace n2c {

/// One count of bytes and blobs for pushes that go on one after the other or side by side. Blobs
/// under way in two of them at once have different keys. Lives no longer than the Progress that
/// hears it. Thread-safe.
class JointProgress {
 public:
  /// `awaited`: what each push may have to send. Once one of them sends something, all of it that
  /// was not told to be there counts as still to be sent.
  JointProgress(Progress& heard, const std::vector<std::vector<BlobToSend>>& awaited);

  /// What one of the pushes tells.
  class Part;

  /// Nothing more is awaited of that push: it is there, or it failed. What it did not send, and no
  /// other push has to, leaves the count.
  void end(std::size_t push);

 private:
  struct Blob {
    std::optional<BlobToSend> awaited{};  // nothing: it was told
    std::set<std::size_t> pushes{};       // that have to send it
  };
  struct State {
    std::map<oci::Digest, Blob> blobs;  // those that are not done
    bool begun = false;
  };
  void phase(std::string_view what);
  void begin(std::size_t push, std::vector<BlobToSend> blobs, std::string_view unit);
  void done(const oci::Digest& diff_id_or_digest, BlobOutcome outcome);

  Progress& heard_;
  Locked<State> state_;
};

class JointProgress::Part final : public Progress {
 public:
  /// `push`: its place in `awaited`. `all` outlives this.
  Part(JointProgress& all, std::size_t push) : all_(all), push_(push) {}

  /// Heard until something is sent: then each push has a phase of its own.
  void phase(std::string_view what) override { all_.phase(what); }
  void begin(std::vector<BlobToSend> blobs, std::string_view unit) override;
  CompressionCount& compression() override { return all_.heard_.compression(); }
  std::atomic<std::uint64_t>& meter(const oci::Digest& diff_id_or_digest) override {
    return all_.heard_.meter(diff_id_or_digest);
  }
  void done(const oci::Digest& diff_id_or_digest, BlobOutcome outcome) override {
    all_.done(diff_id_or_digest, outcome);
  }
  void note(const Printable& line) override { all_.heard_.note(line); }
  void retry(const RetryNotice& notice) override { all_.heard_.retry(notice); }

 private:
  JointProgress& all_;
  const std::size_t push_;
};

}  // namespace n2c
