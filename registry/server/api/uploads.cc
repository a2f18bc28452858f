#include "registry/server/api/uploads.h"

#include "base/read_ahead.h"
#include "base/text.h"
#include "oci/reference.h"
#include "registry/server/api/byte_range.h"

namespace n2c::registry {

namespace {

Reply blob_created(const Call& call, const oci::Digest& digest) {
  return {.status = 201,
          .headers = {{"Location", cat("/v2/", call.route.repository, "/blobs/", digest.str())},
                      {"Docker-Content-Digest", digest.str()}}};
}

/// What every reply about a session says: where it is and how far it is. An empty session says
/// "0-0" too, as Docker's registry does; clients parse nothing else.
Reply session_reply(const Call& call, int status, const Session& session) {
  const std::uint64_t last = session.size() == 0 ? 0 : session.size() - 1;
  Reply reply{
      .status = status,
      .headers = {{"Location", cat("/v2/", call.route.repository, "/blobs/uploads/", session.id())},
                  {"Range", cat("0-", last)},
                  {"Docker-Upload-UUID", session.id()}}};
  if (status == 202 && call.options.chunk_min_length) {
    reply.headers.add("OCI-Chunk-Min-Length", cat(*call.options.chunk_min_length));
  }
  return reply;
}

/// What is wrong with a request to a session, which goes on. The reply has the session's place.
Reply session_error(const Call& call, const Session& session, const ApiError& error) {
  Reply reply = reply_to(error);
  for (const auto& [field, value] : session_reply(call, error.status, session).headers) {
    reply.headers.add(field, value);
  }
  return reply;
}

/// A body as a reader that can be given away.
class BodyView final : public Reader {
 public:
  explicit BodyView(Reader& body) : body_(body) {}
  std::size_t read(ByteSpan into) override { return body_.read(into); }

 private:
  Reader& body_;
};

void receive(const Call& call, Session& session) {
  constexpr std::uint64_t worth_a_thread = 8 << 20;
  constexpr std::uint64_t its_memory = 1 << 20;
  Request& request = call.request;
  MemoryBudget::Share memory(call.options.memory);
  if (request.body_size.value_or(worth_a_thread) < worth_a_thread ||
      !memory.grow_if_ample(its_memory)) {
    copy(request.body, session);
    return;
  }
  // Hashing takes as long as receiving, so large bodies are received and hashed side by side.
  ReadAhead ahead(std::make_unique<BodyView>(request.body));
  for (ByteView bytes = ahead.next(); !bytes.empty(); bytes = ahead.next()) session.write(bytes);
}

/// Takes the body as the session's next bytes. Returns nothing when it did, else the refusal.
std::optional<Reply> append(Call& call, Sessions::Lease& session) {
  const auto header = call.request.headers.find("Content-Range");
  if (!header) {
    receive(call, *session);
    return {};
  }
  const auto range = parse_chunk_range(*header);
  const auto refuse = [&](std::string message, int status) {
    return session_error(
        call, *session,
        {ApiErrorCode::blob_upload_invalid, "Content-Range: " + std::move(message), {}, status});
  };
  if (!range) return refuse(range.error(), 400);
  if (range->first != session->size()) {
    return refuse(cat("the next byte is ", session->size()), 416);
  }
  if (call.request.body_size && *call.request.body_size != range->count()) {
    return refuse(cat("Content-Length is ", *call.request.body_size), 400);
  }
  if (session->had_short_chunk) {
    return refuse("a chunk below OCI-Chunk-Min-Length must be the last", 400);
  }
  session->had_short_chunk = range->count() < call.options.chunk_min_length.value_or(0);
  receive(call, *session);
  if (session->size() != range->last + 1) {  // only without a Content-Length
    session.end();
    return reply_to({ApiErrorCode::size_invalid, "the body is not as long as its Content-Range"});
  }
  return {};
}

/// Ends the session. Its bytes become the blob if they have the digest.
Reply commit(Call& call, Sessions::Lease& session, const oci::Digest& digest) {
  const oci::Digest found = session->finish(digest.algorithm());
  auto bytes = session->take_bytes();
  session.end();
  if (found != digest) {
    return reply_to({ApiErrorCode::digest_invalid,
                     "the bytes sent have another digest",
                     {cat("expected ", digest.str(), ", got ", found.str())}});
  }
  call.writable->commit(call.route.repository, digest, std::move(bytes));
  return blob_created(call, digest);
}

/// Mounts, if that was asked for and is possible. Otherwise returns nothing, and the upload goes
/// on.
std::optional<Reply> try_mount(Call& call) {
  const auto asked = call.route.query.find("mount");
  if (!asked) return {};
  const auto digest = oci::Digest::parse(*asked);
  if (!digest) return reply_to({ApiErrorCode::digest_invalid, digest.error()});
  const auto from = call.route.query.find("from");
  if (from && !oci::is_repository_path(*from)) {
    return reply_to({ApiErrorCode::name_invalid, "from: no valid repository path"});
  }
  if (!call.writable->mount(call.route.repository, *digest, from)) return {};
  return blob_created(call, *digest);
}

Parsed<HashAlgorithm> algorithm_asked_for(const Call& call,
                                          const std::optional<oci::Digest>& whole) {
  if (whole) return whole->algorithm();
  const std::string text = call.route.query.find("digest-algorithm").value_or("sha256");
  if (text == "sha256") return HashAlgorithm::sha256;
  if (text == "sha512") return HashAlgorithm::sha512;
  return std::unexpected("no such digest-algorithm: sha256 and sha512 are known");
}

Reply begin_upload(Call& call) {
  std::optional<oci::Digest> whole;
  if (const auto text = call.route.query.find("digest")) {
    const auto digest = oci::Digest::parse(*text);
    if (!digest) return reply_to({ApiErrorCode::digest_invalid, digest.error()});
    whole = *digest;
  }
  const auto algorithm = algorithm_asked_for(call, whole);
  if (!algorithm) return reply_to({ApiErrorCode::digest_invalid, algorithm.error()});
  if (auto mounted = try_mount(call)) return *std::move(mounted);
  auto session = call.sessions.begin(call.route.repository, call.writable->stage(), *algorithm);
  if (!session) {
    Reply reply = reply_to({ApiErrorCode::too_many_requests, "too many uploads in progress"});
    reply.headers.add("Retry-After", "10");
    return reply;
  }
  if (!whole) return session_reply(call, 202, **session);
  try {
    receive(call, **session);
  } catch (...) {
    session->end();  // no one was told of it
    throw;
  }
  return commit(call, *session, *whole);
}

Reply close_session(Call& call, Sessions::Lease& session) {
  const auto text = call.route.query.find("digest");
  const auto digest = oci::Digest::parse(text.value_or(""));
  if (!digest) {
    return session_error(call, *session,
                         {ApiErrorCode::digest_invalid, "digest: " + digest.error(), {}, 400});
  }
  if (auto refused = append(call, session)) return *std::move(refused);
  return commit(call, session, *digest);
}

Reply use_session(Call& call, Sessions::Lease& session) {
  if (call.method() == Method::put) return close_session(call, session);
  if (call.method() == Method::get) return session_reply(call, 204, *session);
  if (auto refused = append(call, session)) return *std::move(refused);
  return session_reply(call, 202, *session);
}

Reply upload_unknown() {
  return reply_to({ApiErrorCode::blob_upload_unknown,
                   "no such upload: it ended, was cancelled or was idle for too long"});
}

}  // namespace

Reply serve_uploads(Call& call) {
  if (call.writable == nullptr) return method_refused("");
  if (call.method() != Method::post) return method_refused("POST");
  return begin_upload(call);
}

Reply serve_session(Call& call) {
  if (call.writable == nullptr) return method_refused("");
  const std::string& id = call.route.reference;
  switch (call.method()) {
    case Method::del:
      if (!call.sessions.cancel(call.route.repository, id)) return upload_unknown();
      return {.status = 204};
    case Method::get:
    case Method::patch:
    case Method::put: break;
    case Method::head:
    case Method::post:
    case Method::other: return method_refused("GET, PATCH, PUT, DELETE");
  }
  auto taken = call.sessions.take(call.route.repository, id);
  if (std::holds_alternative<Sessions::Unknown>(taken)) return upload_unknown();
  if (std::holds_alternative<Sessions::Busy>(taken)) {
    return reply_to(
        {ApiErrorCode::blob_upload_invalid, "another request is sending to this upload", {}, 409});
  }
  return use_session(call, std::get<Sessions::Lease>(taken));
}

}  // namespace n2c::registry
