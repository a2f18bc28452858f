#include "registry/server/store/index_file.h"

#include <sys/stat.h>

#include <optional>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "oci/layout.h"

namespace n2c::registry {

namespace {

/// An index up to this size is read in one piece. No limit of the JSON reader can be met below it.
constexpr std::uint64_t small_file = 4 << 20;
constexpr std::size_t batch_bytes = 256 << 10;
constexpr std::size_t max_entry_bytes = 1 << 20;

/// Cuts the entries out of an index as its text passes. They are the elements of the outermost
/// object's member "manifests".
class EntryCutter {
 public:
  /// Calls `each` with the text of every entry that ends in `text`.
  template <class Each>
  void pass(std::string_view text, Each&& each) {
    for (const char c : text) {
      refuse_control(c);
      if (depth_ >= entry_depth && in_manifests_) entry_ += c;
      if (in_string_) {
        pass_string(c);
        continue;
      }
      if (c == '"') begin_string();
      if (c == '{' || c == '[') open(c);
      if (c == '}' || c == ']') {
        --depth_;
        if (depth_ == entry_depth - 1 && in_manifests_) {
          each(std::exchange(entry_, {}));
        } else if (depth_ < entry_depth - 1) {
          in_manifests_ = false;
        }
      }
      if (entry_.size() > max_entry_bytes) {
        throw Error(ErrorKind::input, cat("an entry of more than ", max_entry_bytes, " bytes"));
      }
    }
  }
  bool is_whole() const { return depth_ == 0 && began_; }

 private:
  static constexpr int entry_depth = 3;  // { "manifests": [ {

  /// A file whose end was lost may have zeros there, as many as it says.
  static void refuse_control(char c) {
    if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\r' || c == '\t') return;
    throw Error(ErrorKind::input, "a control character, which JSON has not");
  }
  void begin_string() {
    in_string_ = true;
    if (depth_ == 1) key_.clear();
  }
  void pass_string(char c) {
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      in_string_ = false;
      return;
    }
    if (depth_ == 1 && key_.size() < sizeof "manifests") key_ += c;
  }
  void open(char c) {
    began_ = true;
    ++depth_;
    if (depth_ == entry_depth - 1) in_manifests_ = c == '[' && key_ == "manifests";
    if (depth_ == entry_depth && in_manifests_) entry_ = c;
  }

  std::string entry_, key_;
  int depth_ = 0;
  bool in_string_ = false, escaped_ = false, in_manifests_ = false, began_ = false;
};

oci::Index parse_index(std::string_view json) {
  auto index = oci::Index::from_json(json);
  if (!index) throw Error(ErrorKind::input, index.error());
  return *std::move(index);
}

/// What write_index_file() puts before the entries, each of which is then a line.
const std::string& own_beginning() {
  static const std::string text =
      cat(R"({"schemaVersion":2,"mediaType":")", oci::media_type::index, R"(","manifests":[)");
  return text;
}

/// The text between `before` and the next '"', which must have nothing escaped; both are taken off.
std::optional<std::string_view> take_string(std::string_view& line, std::string_view before) {
  if (!line.starts_with(before)) return {};
  const std::size_t end = line.find_first_of("\"\\", before.size());
  if (end == line.npos || line[end] != '"') return {};
  const std::string_view text = line.substr(before.size(), end - before.size());
  line.remove_prefix(end + 1);
  return text;
}

/// An entry as descriptor_json() writes one with a tag or without; nothing for any other text.
std::optional<oci::Descriptor> own_entry(std::string_view line) {
  static const std::string before_tag =
      cat(R"(,"annotations":{")", oci::layout::ref_name, R"(":")");
  constexpr std::string_view before_size = R"(,"size":)";
  const auto media_type = take_string(line, R"({"mediaType":")");
  const auto digest = media_type ? take_string(line, R"(,"digest":")") : std::nullopt;
  if (!digest || !line.starts_with(before_size)) return {};
  line.remove_prefix(before_size.size());
  const std::string_view number = line.substr(0, line.find_first_of(",}"));
  line.remove_prefix(number.size());
  const auto parsed = oci::Digest::parse(*digest);
  const auto size = parse_number(number);
  if (!parsed || !size) return {};
  oci::Descriptor entry{std::string(*media_type), *parsed, *size};
  if (line == "}") return entry;
  const auto tag = take_string(line, before_tag);
  if (!tag || line != "}}") return {};
  entry.annotations = {{std::string(oci::layout::ref_name), std::string(*tag)}};
  return entry;
}

/// An index that we wrote, in a third of the time that JSON takes. False when it is any other, of
/// which `each` may have seen some.
bool read_own(const std::filesystem::path& file,
              const std::function<void(const oci::Descriptor&)>& each) {
  std::string text;
  bool begun = false;
  const auto reader = FileSource(file).open();
  std::vector<std::byte> buffer(batch_bytes);
  while (const std::size_t count = reader->read(buffer)) {
    text += text_of(ByteView(buffer).first(count));
    std::size_t at = 0;
    for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n', at)) {
      std::string_view line = std::string_view(text).substr(at, end - at);
      at = end + 1;
      if (!begun) {
        if (line != own_beginning()) return false;
        begun = true;
        continue;
      }
      const bool last = line.ends_with("]}");
      line.remove_suffix(last ? 2 : line.ends_with(',') ? 1 : 0);
      const auto entry = own_entry(line);
      if (!entry) return false;
      each(*entry);
      if (last) return at == text.size() && reader->read(buffer) == 0;
    }
    text.erase(0, at);
    if (text.size() > max_entry_bytes) return false;
  }
  return false;
}

void read_large(const std::filesystem::path& file,
                const std::function<void(const oci::Descriptor&)>& each) {
  std::string batch;
  const auto finish_batch = [&] {
    const std::string begin = R"({"schemaVersion":2,"manifests":[)";
    for (const auto& entry : parse_index(cat(begin, batch, "]}")).manifests) each(entry);
    batch.clear();
  };
  EntryCutter cutter;
  const auto reader = FileSource(file).open();
  std::vector<std::byte> buffer(batch_bytes);
  while (const std::size_t count = reader->read(buffer)) {
    cutter.pass(text_of(ByteView(buffer).first(count)), [&](const std::string& entry) {
      batch += cat(batch.empty() ? "" : ",", entry);
      if (batch.size() >= batch_bytes) finish_batch();
    });
  }
  finish_batch();
  if (!cutter.is_whole()) throw Error(ErrorKind::input, "unexpected end of JSON input");
}

}  // namespace

void read_index_file(const std::filesystem::path& file,
                     const std::function<void(const oci::Descriptor&)>& each) {
  struct stat status{};
  if (::lstat(file.c_str(), &status) != 0) throw_errno("open " + file.string());
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::local, cat(file.string(), ": not a regular file"));
  }
  try {
    if (static_cast<std::uint64_t>(status.st_size) > small_file) {
      if (!read_own(file, each)) read_large(file, each);
    } else {
      for (const auto& entry : parse_index(read_file(file, small_file)).manifests) each(entry);
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::input) throw;
    throw Error(ErrorKind::local, cat(file.string(), ": ", error.message()));
  }
}

void write_index_file(const std::filesystem::path& file,
                      const std::function<void(const EntryWriter&)>& list) {
  AtomicFile out({.folder = file.parent_path(), .shown = file.string()});
  std::string text = own_beginning();
  bool first = true;
  list([&](const oci::Descriptor& entry) {
    text += cat(first ? "\n" : ",\n", oci::descriptor_json(entry));
    first = false;
    if (text.size() < batch_bytes) return;
    out.write(bytes_of(text));
    text.clear();
  });
  text += "]}\n";
  out.write(bytes_of(text));
  out.commit_as(file, Durability::fsync);
}

}  // namespace n2c::registry
