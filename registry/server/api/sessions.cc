#include "registry/server/api/sessions.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "base/text.h"

namespace n2c::registry {

namespace {

/// A session with bytes that was untouched for this long may be dropped when there is no room for
/// others. Clients that find no room are told to wait as long.
constexpr std::chrono::seconds give_up_after{10};

std::string id_of(const std::function<std::uint64_t()>& random) {
  std::string bytes;
  for (int i = 0; i < 2; ++i) {
    const auto word = random();
    bytes.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  return hex_of(bytes);
}

}  // namespace

void Session::write(ByteView bytes) {
  is_broken_ = true;  // until all of it is written
  bytes_->write(bytes);
  is_broken_ = false;
  hash_.update(bytes);
  size_ += bytes.size();
}

oci::Digest Session::finish(HashAlgorithm algorithm) {
  if (algorithm == algorithm_) return oci::Digest::from_hex(algorithm, hash_.finish_hex());
  HashingReader again(bytes_->open(), algorithm);
  std::vector<std::byte> block(256 << 10);
  while (again.read(block) != 0) {
  }
  return oci::Digest::from_hex(algorithm, again.finish_hex());
}

Sessions::Lease::~Lease() {
  if (session_ && session_->is_broken()) end();
  if (session_) owner_->give_back(std::move(session_));
}

void Sessions::Lease::end() {
  owner_->entries_.with([&](Entries& entries) { entries.erase(session_->id()); });
  session_.reset();
}

std::optional<Sessions::Lease> Sessions::begin(const std::string& repository,
                                               std::unique_ptr<StagedBlob> bytes,
                                               HashAlgorithm algorithm) {
  auto session = std::make_unique<Session>(id_of(random_), std::move(bytes), algorithm);
  const bool room = entries_.with([&](Entries& entries) {
    drop_idle(entries);
    if (entries.size() >= limit_ && !drop_least_used(entries)) return false;
    entries.emplace(session->id(), Entry{repository, nullptr, Clock::now()});
    return true;
  });
  if (!room) return {};
  return Lease(*this, std::move(session));
}

std::variant<Sessions::Lease, Sessions::Busy, Sessions::Unknown> Sessions::take(
    const std::string& repository, const std::string& id) {
  std::unique_ptr<Session> session;
  const bool known = entries_.with([&](Entries& entries) {
    drop_idle(entries);
    const auto found = entries.find(id);
    if (found == entries.end() || found->second.repository != repository) return false;
    session = std::move(found->second.session);
    return true;
  });
  if (!known) return Unknown{};
  if (!session) return Busy{};
  return Lease(*this, std::move(session));
}

bool Sessions::cancel(const std::string& repository, const std::string& id) {
  return entries_.with([&](Entries& entries) {
    const auto found = entries.find(id);
    if (found == entries.end() || found->second.repository != repository) return false;
    entries.erase(found);
    return true;
  });
}

std::size_t Sessions::count() {
  return entries_.with([&](Entries& entries) {
    drop_idle(entries);
    return entries.size();
  });
}

void Sessions::give_back(std::unique_ptr<Session> session) {
  session->rest();
  // A session that was cancelled meanwhile has no entry any more, and ends with `session`.
  entries_.with([&](Entries& entries) {
    const auto found = entries.find(session->id());
    if (found == entries.end()) return;
    found->second.session = std::move(session);
    found->second.used = Clock::now();
  });
}

bool Sessions::drop_least_used(Entries& entries) {
  const auto rank = [](const auto& entry) {
    const auto& [repository, session, used] = entry.second;
    return std::tuple(session == nullptr, session != nullptr && session->size() != 0, used);
  };
  const auto goes = std::ranges::min_element(entries, {}, rank);
  if (goes == entries.end() || goes->second.session == nullptr) return false;
  const bool holds_bytes = goes->second.session->size() != 0;
  if (holds_bytes && Clock::now() - goes->second.used < give_up_after) return false;
  entries.erase(goes);
  return true;
}

void Sessions::drop_idle(Entries& entries) const {
  const auto now = Clock::now();
  std::erase_if(entries, [&](const auto& entry) {
    return entry.second.session != nullptr && now - entry.second.used > idle_;
  });
}

}  // namespace n2c::registry
