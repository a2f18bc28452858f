#include "engine/containerd_engine.h"

#include "base/counting_reader.h"
#include "base/process.h"
#include "base/system.h"
#include "base/text.h"
#include "engine/outgoing_image.h"
#include "serve/loopback_registry.h"

namespace n2c {

namespace {

constexpr std::uint64_t max_ctr_output = 64 << 20;

/// ctr with an address and a namespace.
class Ctr {
 public:
  explicit Ctr(ContainerdAddress address) : address_(std::move(address)) {}

  const ContainerdAddress& address() const { return address_; }

  ProgramEnd run(const std::vector<std::string>& words, std::stop_token stop,
                 Reader* input = nullptr) const {
    std::vector<std::string> arguments{"ctr", "--address", address_.socket.string(), "--namespace",
                                       address_.space};
    arguments.insert(arguments.end(), words.begin(), words.end());
    return run_program(
        {.arguments = std::move(arguments), .input = input, .max_output = max_ctr_output},
        std::move(stop));
  }

  /// Its output; throws Error{registry} with ctr's words when it failed.
  std::string ask(const std::vector<std::string>& words, std::stop_token stop) const {
    ProgramEnd end = run(words, std::move(stop));
    if (end.exit_code == 0) return std::move(end.output);
    throw Error(ErrorKind::registry, cat("ctr ", words.front(), ": ", words_of(end)));
  }

  /// ctr's last line: the ones before it are its log.
  static std::string words_of(const ProgramEnd& end) {
    const std::string_view messages = trim(end.messages);
    const std::string words = printable(messages.substr(messages.rfind('\n') + 1), 1000);
    return words.empty() ? cat("ctr ended with ", end.exit_code) : words;
  }

 private:
  ContainerdAddress address_;
};

class ContainerdLoad {
 public:
  ContainerdLoad(const Ctr& ctr, const LoadRequest& request, Progress& progress,
                 std::stop_token stop)
      : ctr_(ctr),
        request_(request),
        progress_(progress),
        image_(request, request.compression, progress, stop) {
    report_.image_id = image_.manifest_digest();
    report_.manifest = image_.blobs().manifest;
  }

  LoadReport run(std::stop_token stop) {
    std::string source = whole_name(stop);
    if (source.empty()) {
      // containerd's pull asks one after another for the layers that it has. An archive just leaves
      // them out.
      const std::set<oci::Digest> there = omittable(stop);
      deliver_by(
          request_.method, there.empty() && !linux_release().empty(), progress_,
          [&] { return pull(there, source, stop); }, [&] { source = send(there, stop); });
      expect_there(source, stop);
    }
    name_it(source, stop);
    report_.held = image_.blobs().manifest.digest;
    report_.layers_there = image_.distinct_layers() - report_.layers_sent;
    return std::move(report_);
  }

 private:
  struct Line {
    std::string name, digest;
    bool whole = false;  ///< every blob is there and unpacked
  };

  /// `ctr images check`: REF TYPE DIGEST STATUS (N/M) SIZE… UNPACKED.
  std::vector<Line> images(const std::string& filter, std::stop_token stop) const {
    std::vector<Line> lines;
    const std::string table = ctr_.ask({"images", "check", filter}, std::move(stop));
    for (const std::string_view row : split(table, '\n')) {
      std::vector<std::string_view> words;
      for (const std::string_view word : split(row, ' ')) {
        if (!trim(word).empty()) words.push_back(trim(word));
      }
      if (words.size() < 5 || words[0] == "REF") continue;
      lines.push_back({std::string(words[0]), std::string(words[2]),
                       words[3] == "complete" && words.back() == "true"});
    }
    return lines;
  }

  /// A name under which the very image is there, whole; "" when there is none.
  std::string whole_name(std::stop_token stop) const {
    for (const Line& line : images(cat("target.digest==", report_.image_id), std::move(stop))) {
      if (line.whole && line.digest == report_.image_id) return line.name;
    }
    return {};
  }

  void expect_there(const std::string& name, std::stop_token stop) const {
    if (!whole_name(stop).empty()) return;
    throw Error(ErrorKind::registry,
                cat("containerd says it loaded the image, but ", name, " is not whole there"));
  }

  /// The content store's digests: what a thin archive may leave out.
  std::set<oci::Digest> omittable(std::stop_token stop) const {
    std::set<std::string> held;
    const std::string list = ctr_.ask({"content", "ls", "--quiet"}, std::move(stop));
    for (const std::string_view line : split(list, '\n')) {
      held.insert(std::string(trim(line)));
    }
    return image_.stored_as(held);
  }

  /// The image has this name until it is whole. Then the name is removed.
  std::string own_name() const { return cat("n2c.invalid/load@", report_.image_id); }

  std::optional<std::string> attempt(const std::set<oci::Digest>& omitted, std::stop_token stop) {
    image_.begin(omitted, "containerd");
    std::atomic<std::uint64_t> sent = 0;
    CountingReader archive(image_.oci_archive(omitted).open(), sent);
    const ProgramEnd end = ctr_.run(
        {"images", "import", "--digests", "--base-name", "n2c.invalid/load", "-"}, stop, &archive);
    report_.bytes_sent += sent;
    if (end.exit_code != 0) return Ctr::words_of(end);
    if (whole_name(stop).empty()) return "containerd has the image, but not whole";
    return {};
  }

  std::string send(const std::set<oci::Digest>& there, std::stop_token stop) {
    const auto left_out = send_thin_or_whole(
        there, progress_,
        [&](const std::set<oci::Digest>& omitted) { return attempt(omitted, stop); });
    report_.layers_sent = image_.distinct_layers() - left_out.size();
    return own_name();
  }

  /// Returns nothing, or why containerd did not pull. On success `source` is the name that it
  /// pulled.
  std::optional<std::string> pull(const std::set<oci::Digest>& there, std::string& source,
                                  std::stop_token stop) {
    image_.begin(there, "containerd");
    const LoopbackRegistry registry(image_.blobs());
    take_off_later(registry.reference());
    ProgramEnd end;
    registry.serve(stop, [&](std::stop_token own) {
      end = ctr_.run({"images", "pull", "--plain-http", registry.reference()}, std::move(own));
    });
    report_.layers_sent = registry.layers_sent();
    report_.bytes_sent += registry.bytes_sent();
    if (end.exit_code != 0) return Ctr::words_of(end);
    source = registry.reference();
    return {};
  }

  /// That name goes with the load.
  void take_off_later(const std::string& name) {
    passing_.emplace(name, progress_, [this, name](std::stop_token own) {
      ctr_.run({"images", "rm", name}, std::move(own));
    });
  }

  void name_it(const std::string& source, std::stop_token stop) {
    if (source == own_name() && !request_.names.empty()) take_off_later(source);
    std::vector<std::string> words{"images", "tag", "--force", source};
    // An image without a name is none to containerd.
    if (request_.names.empty() && source != own_name()) words.push_back(own_name());
    for (const oci::Reference& name : request_.names) {
      if (name.str() != source) words.push_back(name.str());
    }
    if (words.size() > 4 && ctr_.run(words, stop).exit_code != 0) {
      // Another load of the same image may have removed that name. Then any other name does.
      words[3] = whole_name(stop);
      ctr_.ask(words, stop);
    }
    passing_.reset();
  }

  const Ctr& ctr_;
  const LoadRequest& request_;
  Progress& progress_;
  const OutgoingImage image_;
  LoadReport report_;
  std::optional<PassingName> passing_;
};

class ContainerdEngine final : public Engine {
 public:
  ContainerdEngine(const ContainerdAddress& address, const std::stop_token& stop,
                   std::chrono::milliseconds patience)
      : ctr_(address) {
    const std::string told = with_context("ctr version", [&] {
      return first_reply(stop, patience, [&](const std::stop_token& inner) {
        return ctr_.ask({"version"}, inner);
      });
    });
    const std::size_t server = told.find("Server:");
    const std::size_t version = told.find("Version:", server);
    if (version != told.npos) {
      version_ = printable(
          trim(std::string_view(told).substr(version + 8, told.find('\n', version) - version - 8)));
    }
  }
  std::string str() const override {
    return cat("containerd ", version_, " (namespace ", ctr_.address().space, ")");
  }
  LoadReport load(const LoadRequest& request, Progress& progress, std::stop_token stop) override {
    return ContainerdLoad(ctr_, request, progress, stop).run(stop);
  }

 private:
  const Ctr ctr_;
  std::string version_;
};

}  // namespace

std::unique_ptr<Engine> make_containerd_engine(const ContainerdAddress& address,
                                               const std::stop_token& stop,
                                               std::chrono::milliseconds patience) {
  return std::make_unique<ContainerdEngine>(address, stop, patience);
}

}  // namespace n2c
