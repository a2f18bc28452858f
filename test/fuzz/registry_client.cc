// A registry as a script of replies, and the whole client: whatever it answers, a call ends in a
// value or an Error after a bounded number of requests, and a login goes home, or to the token
// server that home names, and shows in no message.
//
// The first byte chooses the call, the second the login and the host's options; then replies with
// 0xff between: a status, header lines, an empty line, a body. "cut" is a connection that breaks.

#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "registry/client/client.h"
#include "registry/client/host.h"
#include "registry/client/tag_list.h"
#include "registry/client/upload.h"
#include "test/fuzz/checks.h"
#include "test/support/fake_clock.h"

using namespace n2c;
using namespace n2c::registry;

namespace {

using fuzz::require;

constexpr std::string_view home = "r.example";
constexpr std::string_view secret_mark = "Zgeheim";  // in each secret, and in nothing else
constexpr std::string_view encoded_mark = "WmdlaGVpb";
constexpr std::size_t most_requests = 500;
const std::string blob_bytes = "what a blob holds, of some forty bytes or so";

class ScriptedRegistry final : public http::Transport {
 public:
  ScriptedRegistry(std::string_view text, bool is_https) : is_https_(is_https), input_(text) {}

  http::Response send(const http::Request& request, std::stop_token) override {
    require(++count_ < most_requests, "a call ends after so many requests");
    const std::string body = body_of(request);
    look_at(request, body);
    if (input_.empty()) throw Error(ErrorKind::network, "the script is over").lasting();
    const std::size_t end = input_.find('\xff');
    const std::string_view reply = input_.substr(0, end);
    input_.remove_prefix(end == input_.npos ? input_.size() : end + 1);
    if (reply.starts_with("cut")) throw Error(ErrorKind::network, "cut");
    http::Response response = parse(reply);
    response.url = request.url;
    response.sent = body.size();
    if (request.url.host() == home) {
      for (const auto& line : response.headers.find_all("WWW-Authenticate")) named_ += line + '\n';
    }
    return given(request, std::move(response));
  }

 private:
  static std::string body_of(const http::Request& request) {
    if (request.body.source == nullptr) return {};
    const auto reader = request.body.source->open(request.body.offset);
    std::string body(std::min<std::uint64_t>(request.body.length.value_or(1 << 16), 1 << 16), '\0');
    body.resize(read_full(*reader, std::as_writable_bytes(std::span(body))));
    if (request.sent != nullptr) request.sent->fetch_add(body.size());
    return body;
  }

  void look_at(const http::Request& request, const std::string& body) const {
    const std::string url = request.url.str();
    for (const char c : url) {
      require(static_cast<unsigned char>(c) > ' ' && c != 0x7f, "a URL is one word");
    }
    require(!url.contains(secret_mark), "a URL has no secret");
    bool has_secret = body.contains(secret_mark);
    for (const auto& [name, value] : request.headers.lines()) {
      require(value.find_first_of(std::string_view("\r\n\0", 3)) == value.npos,
              "a header is a line");
      has_secret |= value.contains(secret_mark) || value.contains(encoded_mark);
    }
    if (!has_secret) return;
    require(request.url.is_https() || !is_https_, "no secret goes in the clear");
    std::string named = lower_ascii(named_);
    std::erase(named, '\\');  // "a\b" in quotes is "ab"
    require(request.url.host() == home || named.contains(request.url.host()),
            "a secret goes home, or where home's challenge says");
  }

  static http::Response parse(std::string_view reply) {
    const auto line = [&] {
      const std::size_t end = reply.find('\n');
      std::string one(reply.substr(0, end));
      reply.remove_prefix(end == reply.npos ? reply.size() : end + 1);
      std::erase_if(one, [](char c) { return c == '\r' || c == '\0'; });
      return one;
    };
    http::Response response;
    response.status = static_cast<int>(200 + parse_number(line()).value_or(0) % 400);
    while (!reply.empty()) {
      const std::string one = line();
      if (one.empty()) break;
      const auto both = cut(one, ':');
      if (both && !both->first.empty()) {
        response.headers.add(std::string(both->first), std::string(trim(both->second)));
      }
    }
    response.body = reply;
    return response;
  }

  static http::Response given(const http::Request& request, http::Response response) {
    if (request.method == http::Method::head) response.body.clear();
    const bool is_for_sink =
        request.reply_sink != nullptr &&
        (request.is_for_sink ? request.is_for_sink(response) : response.status / 100 == 2);
    if (is_for_sink) {
      request.reply_sink->write(bytes_of(std::exchange(response.body, {})));
    } else if (response.body.size() > request.max_reply_bytes) {
      throw Error(ErrorKind::registry, "a reply that is too long");
    }
    return response;
  }

  bool is_https_;
  std::string_view input_;
  std::size_t count_ = 0;
  std::string named_;  // home's challenges
};

std::optional<Credentials> login_of(unsigned kind) {
  const std::string secret = cat(secret_mark, "3");
  switch (kind % 4) {
    case 1: return Credentials{.username = "me", .password = secret, .source = "file"};
    case 2: return Credentials{.username = "me", .identity_token = secret, .source = "file"};
    case 3: return Credentials{.registry_token = secret, .source = "file"};
    default: return {};
  }
}

oci::Descriptor a_blob() {
  return {.media_type = std::string(oci::media_type::layer_tar),
          .digest = oci::Digest::of(blob_bytes),
          .size = blob_bytes.size()};
}

void require_blob(Reader& reader) {
  require(read_all(reader, 1 << 20) == blob_bytes, "what is read to its end is the blob");
}

void upload(RegistryClient& client, bool is_known) {
  std::atomic<std::uint64_t> sent = 0;
  const auto known = is_known ? std::optional(a_blob()) : std::nullopt;
  const Uploaded done =
      client.upload(MemorySource(blob_bytes), a_blob().media_type, known, sent, {});
  require(done.blob.digest == a_blob().digest && done.blob.size == a_blob().size, "what was sent");
}

void ask_for_manifests(unsigned which, RegistryClient& client) {
  const oci::Digest digest = oci::Digest::of("{}");
  if (which == 0) {
    if (const auto got = client.get_manifest("1", {})) {
      require(got->descriptor.size == got->json.size(), "its size is told");
    }
    if (const auto got = client.get_manifest(digest.str(), {})) {
      require(got->json == "{}", "what is asked for by digest has it");
    }
  } else if (which == 1) {
    client.head_manifest("1", {});
    client.has_blob(a_blob(), {});
  } else if (which == 2) {
    const ReadTag tag = client.read_tag("1", {});
    const auto manifest = oci::RawManifest::of(oci::media_type::manifest, "{}");
    client.put_unless_changed("1", manifest, tag.unless_changed, {});
  } else {
    client.delete_manifest(digest, {});
  }
}

void act(unsigned action, RegistryClient& client) {
  const std::vector<std::string> tags{"1", "2"};
  switch (action % 12) {
    case 0: upload(client, true); break;
    case 1: upload(client, false); break;
    case 2:
      client.mount(a_blob(), {std::string(home), "other"}, {});
      upload(client, true);
      break;
    case 3: require_blob(*client.open_blob(a_blob(), {})); break;
    case 4: require_blob(*client.open_blob(a_blob().digest, {})); break;
    case 5: client.put_manifest("1", oci::media_type::manifest, "{}", {}); break;
    case 6: client.put_tagged(a_blob(), "{}", tags, {}); break;
    case 7:
      client.list_tags({});
      client.list_referrers(a_blob().digest, {});
      break;
    default: ask_for_manifests(action % 4, client);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 2 || size > 8192) return -1;
  const std::string_view script(reinterpret_cast<const char*>(bytes) + 2, size - 2);
  if (script.contains(secret_mark) || script.contains(encoded_mark)) return -1;
  const unsigned how = bytes[1];
  const bool is_https = (how & 4) == 0;
  ScriptedRegistry transport(script, is_https);
  test::FakeClock clock;
  FixedAuth auth(login_of(how));
  const auto look = [](std::string_view text) {
    fuzz::require_printable(text);
    require(!text.contains(secret_mark) && !text.contains(encoded_mark), "a message has no secret");
  };
  HostOptions options{.plain_http = !is_https, .allow_http_redirect = (how & 8) != 0};
  options.seed = 1;
  options.note = [&](const Printable& line) { look(line.str()); };
  if ((how & 16) != 0) options.profile = {.chunk = 20, .continue_from = 10};
  try {
    const auto host = std::make_shared<Host>(std::string(home), transport, auth, clock, options);
    RegistryClient client(host, oci::Repository{std::string(home), "app"});
    act(bytes[0], client);
  } catch (const Error& error) {
    fuzz::require_fair(error);
    look(error.message());
    look(error.hint());
  }
  return 0;
}
