#include "cli/attest/signer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "base/deadline.h"
#include "base/file.h"
#include "base/process.h"
#include "base/terminal.h"
#include "base/text.h"
#include "codec/codec.h"
#include "layout/archive_reader.h"
#include "layout/oci_layout.h"
#include "remote/attachment.h"
#include "transfer/image_tree.h"

namespace n2c::cli {

namespace {

constexpr std::uint64_t most_answered = 64 << 20;

bool is_tar(std::string_view bytes) {
  constexpr std::size_t magic_at = 257;
  return is_compressed(bytes.substr(0, 8)) ||
         (bytes.size() > 512 && bytes.substr(magic_at, 5) == "ustar");
}

/// UTF-8, with no control characters but those of a log: white space, bell, backspace and the
/// beginnings of colours.
bool is_text(std::string_view bytes) {
  constexpr std::string_view in_logs = "\a\b\t\n\v\f\r\x1b";
  while (!bytes.empty()) {
    const auto first = static_cast<unsigned char>(bytes.front());
    if ((first < ' ' && !in_logs.contains(bytes.front())) || first == 0x7f) return false;
    const std::size_t length = utf8_length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

/// Says lines as they come.
class LineTeller {
 public:
  void take(std::string_view piece) {
    constexpr std::size_t longest = 1000;
    for (const char c : piece) {
      const bool is_end = c == '\n' || c == '\r';
      if (!is_end) line_ += c;
      if (is_end || line_.size() == longest) end_line();
    }
  }
  void end_line() {
    if (!trim(line_).empty()) terminal::say(printable(line_, 1000));
    line_.clear();
  }

 private:
  std::string line_;
};

/// The program that the shell will run, as far as that is plain to see. What stands before it
/// (TOKEN=… cosign sign) and behind it may be secret, so anything unusual is "the signer".
std::string program_in(std::string_view command) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+";
  const auto is_plain = [&](std::string_view word) {
    return !word.empty() && word.find_first_not_of(plain) == std::string_view::npos;
  };
  for (std::string_view rest = trim(command); !rest.empty();) {
    const std::string_view word = rest.substr(0, rest.find_first_of(" \t\n"));
    const auto assigned = cut(word, '=');
    if (!assigned) {
      const std::string_view name = word.substr(word.rfind('/') + 1);
      return is_plain(word) && !name.empty() ? std::string(name) : "the signer";
    }
    const bool is_simple =
        is_plain(assigned->first) && (assigned->second.empty() || is_plain(assigned->second));
    if (!is_simple) break;
    rest = trim(rest.substr(word.size()));
  }
  return "the signer";
}

std::string signal_name(int number) {
  constexpr auto names = std::to_array<std::pair<int, std::string_view>>({{SIGHUP, "HUP"},
                                                                          {SIGINT, "INT"},
                                                                          {SIGQUIT, "QUIT"},
                                                                          {SIGILL, "ILL"},
                                                                          {SIGABRT, "ABRT"},
                                                                          {SIGBUS, "BUS"},
                                                                          {SIGFPE, "FPE"},
                                                                          {SIGKILL, "KILL"},
                                                                          {SIGSEGV, "SEGV"},
                                                                          {SIGPIPE, "PIPE"},
                                                                          {SIGALRM, "ALRM"},
                                                                          {SIGTERM, "TERM"},
                                                                          {SIGXCPU, "XCPU"},
                                                                          {SIGXFSZ, "XFSZ"}});
  const auto found = std::ranges::find(names, number, &std::pair<int, std::string_view>::first);
  if (found == names.end()) return cat("signal ", number);
  return cat("signal ", number, " (SIG", found->second, ")");
}

void require_success(const ProgramEnd& end) {
  if (end.signal != 0) {
    throw Error(ErrorKind::local, cat("it was killed by ", signal_name(end.signal)));
  }
  if (end.exit_code == 0) return;
  throw Error(ErrorKind::local, cat("it ended with exit status ", end.exit_code),
              end.exit_code == 127 ? "the shell found no such program" : "");
}

/// Its standard output.
std::string run_signer(const Signer& signer, const std::string& input, const std::string& reference,
                       const std::stop_token& stop) {
  const auto reader = MemorySource(input).open();
  const Deadline deadline(stop, std::chrono::seconds(signer.seconds));
  LineTeller teller;
  try {
    ProgramEnd end =
        run_program({.arguments = {"sh", "-c", signer.command},
                     .input = reader.get(),
                     .environment = {{"N2C_REFERENCE", reference}},
                     .max_output = most_answered,
                     .on_messages = [&](std::string_view piece) { teller.take(piece); },
                     .own_session = true},
                    deadline.token());
    teller.end_line();
    require_success(end);
    return std::move(end.output);
  } catch (const Error& error) {
    teller.end_line();
    if (stop.stop_requested() || error.kind() != ErrorKind::cancelled) throw;
    throw Error(ErrorKind::local, cat("it took more than ", signer.seconds, " s and was ended"),
                "--sign-timeout gives it more time");
  }
}

/// The artifacts of the layout in that file, looked through to the last blob. The image itself,
/// which programs that write layouts put into them, is none.
std::vector<StoredArtifact> answered_artifacts(const NamedArchive& file,
                                               const oci::Descriptor& manifest,
                                               const std::stop_token& stop) {
  const ArchiveReader files(file);
  const auto index =
      or_throw(oci::Index::from_json(files.read("index.json", oci::max_manifest_bytes)),
               ErrorKind::input, "index.json");
  std::vector<StoredArtifact> artifacts;
  for (const oci::Descriptor& one : index.manifests) {
    if (one.digest == manifest.digest) continue;
    const auto source =
        std::make_shared<LayoutSource>(std::make_unique<ArchiveReader>(file), "", one.digest);
    oci::RawManifest artifact = source->root(stop);
    if (oci::subject_of(artifact.json) != manifest.digest) {
      throw Error(ErrorKind::input, cat("its artifact ", one.digest.brief(),
                                        " has another subject than what is to be signed"));
    }
    for (const oci::Descriptor& blob : read_tree(*source, artifact, stop).blobs) {
      oci::measure(source->open_blob(blob, stop), blob.media_type, stop);
    }
    artifacts.push_back({source, std::move(artifact)});
  }
  if (artifacts.empty()) throw Error(ErrorKind::input, "its layout names no artifact");
  return artifacts;
}

/// Runs `body`. What the signer did wrong, one of `kinds` or with none any, is SignerFailed.
template <class Body>
auto by_signer(const std::string& doing, std::initializer_list<ErrorKind> kinds,
               const std::stop_token& stop, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const Error& error) {
    const bool is_its = kinds.size() == 0 || std::ranges::find(kinds, error.kind()) != kinds.end();
    if (stop.stop_requested() || !is_its) throw error.within(doing);
    throw SignerFailed(error.as(ErrorKind::local, error.hint()).within(doing));
  }
}

}  // namespace

void sign(const Signer& signer, registry::RegistryClient& client, const oci::Descriptor& manifest,
          Progress& progress, const std::stop_token& stop) {
  const std::string reference = cat(client.repository().str(), "@", manifest.digest.str());
  const std::string program = program_in(signer.command);
  const std::string doing = cat("signing ", reference, " by ", program);
  const std::string answer = by_signer(doing, {}, stop, [&] {
    std::string output = run_signer(signer, oci::descriptor_json(manifest) + "\n", reference, stop);
    if (is_tar(output) || is_text(output)) return output;
    throw Error(ErrorKind::local, "what it answered is neither text nor an OCI layout in a tar");
  });
  if (!is_tar(answer)) {
    LineTeller teller;
    teller.take(answer);
    teller.end_line();
    return;
  }
  const TemporaryFolder folder;
  // Its path is gone when an error is read.
  const NamedArchive file{.path = folder.path() / "answer.tar", .name = "the tar"};
  write_file(file.path, answer);
  const auto artifacts = by_signer(doing, {ErrorKind::input, ErrorKind::integrity}, stop, [&] {
    return at_place("what it answered is no OCI layout of signatures",
                    [&] { return answered_artifacts(file, manifest, stop); });
  });
  with_context(cat("attaching what ", program, " answered to ", reference), [&] {
    for (const StoredArtifact& artifact : artifacts) {
      attach_stored(client, manifest.digest, artifact, progress, stop);
    }
  });
}

}  // namespace n2c::cli
