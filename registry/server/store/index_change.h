#pragma once
/// One change of a repository's index as a line of its journal:
/// "put DIGEST SIZE MEDIA-TYPE [TAG]…", "remove DIGEST", "untag TAG".

#include <string>
#include <string_view>
#include <vector>

#include "registry/server/store/repository_index.h"

namespace n2c::registry {

std::string put_line(const oci::Descriptor& manifest, const std::vector<std::string>& tags);
std::string remove_line(const oci::Digest& manifest);
std::string untag_line(const std::string& tag);

/// Makes that change. Throws Error{local} for a line that this version does not know.
void apply_line(std::string_view line, RepositoryIndex& index);

}  // namespace n2c::registry
