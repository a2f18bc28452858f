#include "cli/attest/signer.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include "base/deadline.h"
#include "base/file.h"
#include "base/process.h"
#include "base/terminal.h"
#include "base/text.h"
#include "codec/codec.h"
#include "layout/archive_reader.h"
#include "layout/oci_layout.h"
#include "remote/attachment.h"

namespace n2c::cli {

namespace {

constexpr std::uint64_t most_answered = 64 << 20;

bool is_tar(std::string_view bytes) {
  constexpr std::size_t magic_at = 257;
  return is_compressed(bytes.substr(0, 8)) ||
         (bytes.size() > 512 && bytes.substr(magic_at, 5) == "ustar");
}

bool is_text(std::string_view bytes) {
  return std::ranges::none_of(bytes, [](char c) { return c == '\0'; });
}

void say_lines(std::string_view text) {
  for (const std::string_view line : split(trim(text), '\n')) {
    if (!line.empty()) terminal::say(printable(line, 1000));
  }
}

ProgramEnd run_signer(const Signer& signer, const std::string& input, const std::string& reference,
                      const std::stop_token& stop) {
  const auto reader = MemorySource(input).open();
  const Deadline deadline(stop, std::chrono::seconds(signer.seconds));
  try {
    return run_program({.arguments = {"sh", "-c", signer.command},
                        .input = reader.get(),
                        .environment = {{"N2C_REFERENCE", reference}},
                        .max_output = most_answered},
                       deadline.token());
  } catch (const Error& error) {
    if (stop.stop_requested()) throw;
    if (error.kind() != ErrorKind::cancelled) throw Error(ErrorKind::local, error.message());
    throw Error(ErrorKind::local, cat("it took more than ", signer.seconds, " s and was ended"),
                "--sign-timeout gives it more time");
  }
}

/// Every artifact of the layout, attached to the manifest.
void attach_answer(const std::string& answer, registry::RegistryClient& client,
                   const oci::Descriptor& manifest, const std::stop_token& stop) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "answer.tar";
  write_file(file, answer);
  const ArchiveReader files(file);
  const auto index =
      or_throw(oci::Index::from_json(files.read("index.json", oci::max_manifest_bytes)),
               ErrorKind::local, "index.json");
  if (index.manifests.empty()) throw Error(ErrorKind::local, "its layout names no artifact");
  for (const oci::Descriptor& one : index.manifests) {
    const auto source =
        std::make_shared<LayoutSource>(std::make_unique<ArchiveReader>(file), "", one.digest);
    const oci::RawManifest artifact = source->root(stop);
    if (oci::subject_of(artifact.json) != manifest.digest) {
      throw Error(ErrorKind::local, cat("its artifact ", one.digest.brief(),
                                        " has another subject than what is to be signed"));
    }
    attach_manifest(
        client, manifest.digest, artifact,
        [&](const oci::Descriptor& blob) {
          return std::make_shared<SourceBlob>(source, blob, stop);
        },
        stop);
  }
}

/// As sign(), but that every failure is an Error.
void run_and_attach(const Signer& signer, registry::RegistryClient& client,
                    const oci::Descriptor& manifest, const std::stop_token& stop) {
  const std::string reference = cat(client.repository().str(), "@", manifest.digest.str());
  with_context(cat("signing ", reference, " by ", printable(signer.command)), [&] {
    const ProgramEnd end =
        run_signer(signer, oci::descriptor_json(manifest) + "\n", reference, stop);
    say_lines(end.messages);
    if (end.exit_code > 128) {
      throw Error(ErrorKind::local, cat("it was killed by signal ", end.exit_code - 128));
    }
    if (end.exit_code != 0) {
      throw Error(ErrorKind::local, cat("it ended with exit code ", end.exit_code));
    }
    if (is_tar(end.output)) {
      try {
        attach_answer(end.output, client, manifest, stop);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::input) throw;
        throw Error(ErrorKind::local, cat("what it answered is no OCI layout: ", error.message()));
      }
    } else if (is_text(end.output)) {
      say_lines(end.output);
    } else {
      throw Error(ErrorKind::local, "what it answered is neither text nor an OCI layout in a tar");
    }
  });
}

}  // namespace

void sign(const Signer& signer, registry::RegistryClient& client, const oci::Descriptor& manifest,
          const std::stop_token& stop) {
  try {
    run_and_attach(signer, client, manifest, stop);
  } catch (const Error& error) {
    if (stop.stop_requested()) throw;
    throw SignerFailed(error);
  }
}

}  // namespace n2c::cli
