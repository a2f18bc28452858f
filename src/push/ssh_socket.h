#pragma once
/// A Docker host behind ssh, as a unix socket here.

#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/process.h"
#include "base/system.h"
#include "push/docker_host.h"

namespace n2c {

/// Each connection to the socket starts one `ssh HOST docker system dial-stdio`. The connection
/// itself is that program's standard input and output, so no byte passes through n2c. ssh's own
/// messages go to standard error. The socket is in a folder that only this user can enter.
class SshSocket {
 public:
  /// Throws Error{local} when there is no ssh or no socket can be made.
  explicit SshSocket(const DockerHost& host);
  ~SshSocket();
  SshSocket(const SshSocket&) = delete;
  SshSocket& operator=(const SshSocket&) = delete;

  std::filesystem::path path() const;

 private:
  void accept_all();

  TemporaryFolder folder_;
  std::vector<std::string> command_;
  FileDescriptor listener_;
  WakeUp ended_;
  std::vector<std::unique_ptr<BackgroundProgram>> programs_;  // the thread's
  std::jthread thread_;
};

/// The command for a host: `ssh -T -o ConnectTimeout=30 [-p PORT] -- HOST docker … system
/// dial-stdio`.
std::vector<std::string> ssh_command(const DockerHost& host);

}  // namespace n2c
