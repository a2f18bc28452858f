#pragma once
/// A Docker host behind ssh, as a unix socket here.

#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/process.h"
#include "base/system.h"
#include "engine/docker_host.h"

namespace n2c {

/// Each connection to the socket becomes one `ssh HOST docker system dial-stdio`, which has the
/// connection itself as its standard input and output: no byte passes through us. The connection is
/// over when ssh has ended, whatever it left behind. What ssh, and the machine it reaches, write to
/// standard error is said line by line (base/terminal.h). Lives in a folder that only this user can
/// enter.
class SshSocket {
 public:
  /// Throws Error{local} when there is no ssh or no socket can be made.
  explicit SshSocket(const DockerHost& host);
  ~SshSocket();
  SshSocket(const SshSocket&) = delete;
  SshSocket& operator=(const SshSocket&) = delete;

  std::filesystem::path path() const;

 private:
  void run() noexcept;
  void pass_on();
  bool accept_one();
  void end_connections();
  void say_words(bool last);

  TemporaryFolder folder_;
  std::vector<std::string> command_;
  FileDescriptor listener_;
  WakeUp ended_;
  PipeEnds words_;    // the standard errors of all programs
  std::string line_;  // of words_, without its end so far; the thread's
  /// A connection, and the program that has it.
  struct Bridged {
    FileDescriptor connection;
    std::unique_ptr<BackgroundProgram> program;
  };
  std::vector<Bridged> programs_;  // the thread's
  std::jthread thread_;
};

/// The command for a host: `ssh -T -o ConnectTimeout=30 [-p PORT] -- HOST docker … system
/// dial-stdio`.
std::vector<std::string> ssh_command(const DockerHost& host);

}  // namespace n2c
