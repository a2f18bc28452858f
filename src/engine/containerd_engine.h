#pragma once
/// containerd through ctr, the program that comes with it.

#include <chrono>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>

#include "engine/first_reply.h"
#include "engine/load.h"

namespace n2c {

struct ContainerdAddress {
  std::filesystem::path socket;
  std::string space = "default";  ///< containerd's namespace; "k8s.io" is the kubelet's
};

/// Throws Error{local} when there is no ctr in $PATH, Error{network} when containerd does not
/// answer on its socket, or not in that time.
std::unique_ptr<Engine> make_containerd_engine(
    const ContainerdAddress& address, const std::stop_token& stop,
    std::chrono::milliseconds patience = first_reply_patience);

}  // namespace n2c
