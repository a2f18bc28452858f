#pragma once
/// How one blob gets into a repository, as decisions without I/O (distribution-spec, "Push"; what
/// registries do otherwise: docs/field-guide.md 2.1).
///
/// The caller performs next(), tells what came of it, and goes on until Done or GiveUp:
///
///     while (!plan.ended()) perform(plan.next());
///
/// One thread at a time.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "registry/client/host_profile.h"

namespace n2c::registry {

/// What a request of an upload came to.
struct UploadReply {
  int status = 0;
  std::optional<std::string> location{};     ///< resolved, absolute
  std::optional<std::uint64_t> received{};   ///< bytes the session has, by its Range header
  std::optional<std::uint64_t> min_chunk{};  ///< OCI-Chunk-Min-Length
  bool digest_refused = false;               ///< DIGEST_INVALID, SIZE_INVALID
  bool session_unknown = false;              ///< BLOB_UPLOAD_UNKNOWN, BLOB_UPLOAD_INVALID
  std::uint64_t sent = 0;                    ///< body bytes of this request
  bool at_end = false;                       ///< the source has no more
};

class UploadPlan {
 public:
  /// POST a new session. With `pause`, wait first: the last failure may pass by itself. `mount`: by
  /// ?mount=, which any other repository of the registry that has the blob may answer. `whole`: by
  /// ?digest=, with the bytes. Where either is not taken, a plain one follows.
  struct Open {
    bool pause = false;
    bool mount = false;
    bool whole = false;
    bool is_plain() const { return !mount && !whole; }
  };
  /// Send the bytes from `first` on: by PATCH, or by PUT with the digest when it `closes`. `count`
  /// unset: to the end, whose place is unknown. `ranged`: with Content-Range.
  struct Send {
    std::string to;
    std::uint64_t first = 0;
    std::optional<std::uint64_t> count{};
    bool closes = false;
    bool ranged = false;
  };
  /// PUT without bytes, with the digest.
  struct Close {
    std::string to;
    bool pause = false;
  };
  /// GET the session: where does it stand?
  struct Ask {
    std::string to;
  };
  /// HEAD the blob: did a PUT whose answer was lost arrive?
  struct Check {};
  /// DELETE the session. Its result does not matter; report it by on_cancelled().
  struct Cancel {
    std::string to;
  };
  struct Done {};
  struct GiveUp {
    std::string why;
  };
  using Step = std::variant<Open, Send, Close, Ask, Check, Cancel, Done, GiveUp>;

  /// `size` unset: the blob's size and digest are known only when all of it was sent. `session`:
  /// one that a refused mount has left open. `shortcuts`: the blob may be mounted from anywhere, or
  /// sent by the request that opens; then `size` is set.
  UploadPlan(HostProfile profile, std::optional<std::uint64_t> size,
             std::optional<std::string> session = {}, bool shortcuts = false);

  const Step& next() const { return step_; }
  bool ended() const;
  /// The reply to next().
  void on_reply(const UploadReply& reply);
  enum class Loss {
    broken,
    stale,  ///< a kept connection was closed already: that is no failure, and nothing is waited for
  };
  /// No reply came to next(), of which `sent` bytes had left.
  void on_lost(std::uint64_t sent, std::string_view why, Loss loss = Loss::broken);
  /// The answer to Check.
  void on_checked(bool present);
  void on_cancelled();

  /// Whether it is done because the registry mounted the blob.
  bool mounted() const { return mounted_; }
  /// The profile with what was learnt.
  const HostProfile& profile() const { return profile_; }
  /// The session that is open now, to be cancelled when the upload is abandoned.
  const std::optional<std::string>& session() const { return session_; }

 private:
  Open shortest_open(int not_mounted) const;
  void on_open_reply(const Open& open, const UploadReply& reply);
  void open_plainly(const Open& open, int status);
  void on_send_reply(const Send& send, const UploadReply& reply);
  void on_accepted(const Send& send, const UploadReply& reply);
  void on_too_large(const Send& send);
  void on_ask_reply(const UploadReply& reply);
  void on_close_reply(const UploadReply& reply);
  bool fall_back(const Send& send, const UploadReply& reply);

  void send_from(std::uint64_t first);
  void restart(bool pause, std::string why);
  void give_up(std::string why);

  HostProfile profile_;
  std::optional<std::uint64_t> size_;
  Step step_;
  std::optional<std::string> session_;
  std::uint64_t acknowledged_ = 0;  ///< bytes of the blob that the session has, as we count
  int sessions_ = 1;                ///< used up, the first included
  int closes_ = 0;                  ///< closing PUTs repeated in this session
  bool mounted_ = false;
  bool pause_ = false;      ///< before the next Open
  bool continued_ = false;  ///< this session was continued after a loss
  bool fell_back_ = false;  ///< from the whole PUT, or from chunks: once
  bool limited_ = false;    ///< a 413 was met
  std::string why_;         ///< the last failure
  struct Doubt {            ///< what Check decides
    bool may_continue = false;
    bool close_again = false;
  } doubt_;
};

}  // namespace n2c::registry
