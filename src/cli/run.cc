#include "cli/run.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <new>
#include <optional>
#include <thread>
#include <vector>

#include "base/environment.h"
#include "base/error.h"
#include "base/input_wait.h"
#include "base/openssl.h"
#include "base/system.h"
#include "base/terminal.h"
#include "base/text.h"
#include "base/thread.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/line/memory_end.h"
#include "cli/line/mistake.h"
#include "cli/line/settings.h"
#include "cli/line/version.h"

namespace n2c::cli {

namespace {

constexpr int hangup_exit_code = 128 + SIGHUP;

/// Whether whoever started us wants SIGHUP to be passed over, as nohup does.
bool is_hangup_ignored() {
  struct sigaction now{};
  return ::sigaction(SIGHUP, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

/// Turns SIGINT, SIGTERM and SIGHUP into a stop request for as long as it lives. The signals are
/// blocked in every thread started after it; a second one ends the process at once.
class StopOnSignal {
 public:
  /// Throws Error{local} where no thread can be made.
  StopOnSignal() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    if (!is_hangup_ignored()) sigaddset(&set_, SIGHUP);
    sigaddset(&set_, SIGUSR2);  // ours: ends the wait below
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    process_stop() = stop_.get_token();
    try {
      thread_ = start_thread([this] { wait(); });
    } catch (const Error&) {
      pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
      throw;
    }
  }
  ~StopOnSignal() {
    is_over_ = true;
    pthread_kill(thread_.native_handle(), SIGUSR2);
    thread_.join();
  }
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;

  std::stop_token token() const { return stop_.get_token(); }

 private:
  void wait() {
    int signal = 0;
    while (sigwait(&set_, &signal) == 0 && !is_over_) {
      if (signal == SIGUSR2) continue;
      if (signal == SIGHUP) {
        ++hangup().count;
        if (hangup().means_reload) continue;
      }
      if (stop_.stop_requested()) std::_Exit(exit_code(ErrorKind::cancelled));
      stop_.request_stop();
    }
  }

  sigset_t set_{};
  std::stop_source stop_;
  std::atomic<bool> is_over_ = false;
  std::jthread thread_;
};

int print_help(const CLI::App& app) {
  const std::string help = app.help();
  const std::string_view lines = help;
  for (const auto line : split(lines.substr(0, lines.find_last_not_of('\n') + 1), '\n')) {
    terminal::print(line);
  }
  return 0;
}

int print_version(std::string_view commit) {
  for (const std::string& line : version_lines(commit)) terminal::print(line);
  return 0;
}

int fail(const Invocation& chosen, const Error& error) {
  terminal::flush();  // what was printed before it failed
  print_error(error, "n2c: ");
  if (error.kind() == ErrorKind::cancelled && hangup().count != 0) return hangup_exit_code;
  return chosen.is_build_command ? 1 : exit_code(error.kind());
}

/// Prints, and returns the exit code.
template <class Print>
int run_printing(const Invocation& chosen, Print print) {
  try {
    const int code = print();
    terminal::finish();
    return code;
  } catch (const Error& error) {
    return fail(chosen, error);
  } catch (const std::bad_alloc&) {
    terminal::flush();
    terminal::say_out_of_memory();
    return chosen.is_build_command ? 1 : exit_code(ErrorKind::local);
  } catch (const std::exception& error) {
    return fail(chosen, Error(ErrorKind::internal, error.what()));
  }
}

int run_action(CLI::App& app, const Invocation& chosen, const std::vector<std::string>& words,
               MemoryEnd& while_reading) {
  std::optional<StopOnSignal> signals;  // until the last line is written
  return run_printing(chosen, [&] {
    signals.emplace();
    refuse_empty_values(app, words);
    apply_settings(app, process_environment());
    require_files(app);
    while_reading.over();
    return chosen.action(signals->token());
  });
}

/// The arguments, last first as CLI11 takes them. "help COMMAND" becomes "COMMAND --help";
/// "version", and "-v" alone, become "--version".
/// "--flag=" becomes "--flag" and an empty value; CLI11 would take the next word for the value.
std::vector<std::string> arguments_of(int argc, char** argv) {
  std::vector<std::string> arguments;
  bool flags_ended = false;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    flags_ended = flags_ended || argument == "--";
    const bool is_empty =
        !flags_ended && argument.starts_with("--") && argument.find('=') == argument.size() - 1;
    if (is_empty) argument.pop_back();
    arguments.push_back(std::move(argument));
    if (is_empty) arguments.emplace_back();
  }
  if (!arguments.empty() && arguments.front() == "help") {
    arguments.erase(arguments.begin());
    arguments.emplace_back("--help");
  }
  const bool is_alone = arguments.size() == 1 && arguments.front() == "-v";
  if (is_alone || (!arguments.empty() && arguments.front() == "version")) {
    arguments.front() = "--version";
  }
  std::ranges::reverse(arguments);
  return arguments;
}

/// Makes an option that may be repeated take one value each time, and not the words after it: push
/// --tag latest image.json ghcr.io/acme/app.
void take_one_value_each(CLI::App& app) {
  for (CLI::App* command : app.get_subcommands({})) {
    for (CLI::Option* option : command->get_options()) {
      if (!option->get_positional()) option->allow_extra_args(false);
    }
  }
}

/// All of run() that may want memory.
int run_command(int argc, char** argv, std::string_view commit) {
  MemoryEnd while_reading;
  CLI::App app("Builds, pushes, loads and serves container images described by Nix store paths.");
  app.formatter(help_formatter());
  app.name(std::filesystem::path(argc > 0 ? argv[0] : "n2c").filename().string());
  app.set_help_flag("-h,--help", "print this help");
  app.set_version_flag("-V,--version", "n2c " N2C_VERSION,
                       "print the version, compiler and libraries");
  app.require_subcommand(0, 1);
  Invocation chosen;
  app.add_flag("-d,--debug,-v,--verbose", chosen.debug,
               "show each step and request, with secrets masked");
  app.fallthrough();
  add_build_commands(app, chosen);
  add_base_image_commands(app, chosen);
  add_attach_command(app, chosen);
  add_cache_command(app, chosen);
  add_complete_command(app, chosen);
  add_completion_command(app, chosen);
  add_config_command(app, chosen);
  add_copy_command(app, chosen);
  add_delete_command(app, chosen);
  add_digest_command(app, chosen);
  add_index_command(app, chosen);
  add_inspect_command(app, chosen);
  add_diff_command(app, chosen);
  add_login_commands(app, chosen);
  add_manual_command(app, chosen);
  add_pull_command(app, chosen);
  add_provenance_command(app, chosen);
  add_push_command(app, chosen);
  add_load_command(app, chosen);
  add_referrers_command(app, chosen);
  add_sbom_command(app, chosen);
  add_serve_command(app, chosen);
  add_tag_command(app, chosen);
  add_tags_command(app, chosen);
  add_verify_command(app, chosen);
  take_one_value_each(app);
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  try {
    app.parse(arguments_of(argc, argv));
  } catch (const CLI::CallForHelp&) {
    return run_printing(chosen, [&] { return print_help(app); });
  } catch (const CLI::CallForVersion&) {
    return run_printing(chosen, [&] { return print_version(commit); });
  } catch (const CLI::ParseError& error) {
    return run_printing(chosen, [&] -> int {
      refuse_empty_values(app, words);
      throw mistake_of(app, error);
    });
  }
  if (!chosen.action) return run_printing(chosen, [&] { return print_help(app); });
  return run_action(app, chosen, words, while_reading);
}

}  // namespace

void print_error(const Error& error, std::string_view before) {
  terminal::say(cat(before, error.cause()));
  if (!error.doing().empty()) terminal::say(cat("while: ", error.doing()));
  if (!error.hint().empty()) terminal::say(cat("hint: ", error.hint()));
}

Hangup& hangup() {
  static Hangup one;
  return one;
}

int run(int argc, char** argv, std::string_view commit) {
  keep_little_memory();
  end_at_want_of_memory_in_openssl();
  std::signal(SIGCHLD, SIG_DFL);  // a parent that ignores it passes that on (execve(2))
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow (ulimit -f) fails its write
  terminal::keep_places();
  try {
    return run_command(argc, argv, commit);
  } catch (const std::bad_alloc&) {
    terminal::flush();
    terminal::say_out_of_memory();
    return exit_code(ErrorKind::local);
  }
}

}  // namespace n2c::cli
