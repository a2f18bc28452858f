#include "cli/attest/file_attachment.h"

#include <memory>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "console/input.h"

namespace n2c::cli {

Attachment attachment_of_argument(const std::filesystem::path& file, std::string type,
                                  oci::Annotations annotations, std::string_view option,
                                  const std::stop_token& stop) {
  constexpr std::uint64_t most_of_a_pipe = 64 << 20;
  require_input(file, option);
  std::error_code ignored;
  if (std::filesystem::is_regular_file(file, ignored)) {
    return make_attachment(std::move(type), file.filename().string(),
                           std::make_shared<FileSource>(file), std::move(annotations), stop);
  }
  return make_attachment(std::move(type), "",
                         std::make_shared<MemorySource>(read_argument(file, most_of_a_pipe)),
                         std::move(annotations), stop);
}

}  // namespace n2c::cli
