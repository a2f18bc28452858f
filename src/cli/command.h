#pragma once
/// How a command family hooks into the command line. Each family is one file that
/// declares its options with CLI11 and sets the action to run.

#include <functional>
#include <stop_token>
#include <string_view>

#include "base/error.h"

namespace CLI {
class App;
}

namespace n2c::cli {

/// What parsing decided on. Runs after the whole command line was understood.
struct Invocation {
  /// Returns the exit code; throws Error.
  std::function<int(std::stop_token)> action;
  /// The five upstream-compatible commands: any failure exits with 1 (docs/format.md H1.5).
  bool is_build_command = false;
  bool debug = false;
};

/// The message behind `before`, and the hint in a line of its own, on standard error.
void print_error(const Error& error, std::string_view before);

/// Every failure of it exits with 1, wrong usage too.
CLI::App& add_build_command(CLI::App& app, const char* word, const char* purpose,
                            Invocation& chosen);

/// layers-from-… and image.
void add_build_commands(CLI::App& app, Invocation& chosen);
/// image-from-dir, image-from-manifest and image-from-dockertools.
void add_base_image_commands(CLI::App& app, Invocation& chosen);
void add_cache_command(CLI::App& app, Invocation& chosen);
/// Of `cache`: a repository's layer index.
void add_prune_command(CLI::App& cache, Invocation& chosen);
void add_config_command(CLI::App& app, Invocation& chosen);
/// Not listed anywhere: what completes command lines asks it.
void add_complete_command(CLI::App& app, Invocation& chosen);
/// Lists what is in `app` when it is run: later commands too.
void add_completion_command(CLI::App& app, Invocation& chosen);
void add_digest_command(CLI::App& app, Invocation& chosen);
void add_delete_command(CLI::App& app, Invocation& chosen);
void add_diff_command(CLI::App& app, Invocation& chosen);
void add_inspect_command(CLI::App& app, Invocation& chosen);
/// login and logout.
void add_login_commands(CLI::App& app, Invocation& chosen);
void add_copy_command(CLI::App& app, Invocation& chosen);
void add_index_command(CLI::App& app, Invocation& chosen);
void add_pull_command(CLI::App& app, Invocation& chosen);
void add_load_command(CLI::App& app, Invocation& chosen);
/// Not listed anywhere: the build makes manual pages by it.
void add_manual_command(CLI::App& app, Invocation& chosen);
void add_push_command(CLI::App& app, Invocation& chosen);
void add_attach_command(CLI::App& app, Invocation& chosen);
void add_referrers_command(CLI::App& app, Invocation& chosen);
/// Of an image: where it comes from.
void add_provenance_command(CLI::App& app, Invocation& chosen);
/// Of an image: its bill of materials.
void add_sbom_command(CLI::App& app, Invocation& chosen);
void add_serve_command(CLI::App& app, Invocation& chosen);
void add_tag_command(CLI::App& app, Invocation& chosen);
void add_tags_command(CLI::App& app, Invocation& chosen);
/// Of an image: whether it is what was described.
void add_verify_command(CLI::App& app, Invocation& chosen);

}  // namespace n2c::cli
