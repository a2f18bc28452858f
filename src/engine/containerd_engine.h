#pragma once
/// containerd through ctr, the program that comes with it.

#include <filesystem>
#include <memory>
#include <string>

#include "engine/load.h"

namespace n2c {

struct ContainerdAddress {
  std::filesystem::path socket;
  std::string space = "default";  ///< containerd's namespace; "k8s.io" is the kubelet's
};

/// Throws Error{local} when there is no ctr in $PATH, Error{network} when containerd does not
/// answer on its socket.
std::unique_ptr<Engine> make_containerd_engine(const ContainerdAddress& address,
                                               std::stop_token stop);

}  // namespace n2c
