#include <doctest/doctest.h>

#include "base/text.h"
#include "test/support/upload_steps.h"

namespace upload_replies_test {

using namespace n2c;
using registry::HostProfile;
using registry::UploadPlan;
using registry::UploadReply;
using test::mib;
using test::next;
using test::opened;

TEST_CASE("what answers nothing that was asked changes nothing") {
  UploadPlan mounted({}, 10);
  mounted.on_reply({.status = 201});
  REQUIRE(mounted.ended());
  mounted.on_reply({.status = 404});
  CHECK(next(mounted) == "done");
  CHECK_FALSE(opened({}, 10).ended());
}

TEST_CASE("a POST with the bytes makes the blob, or opens a session that takes them by PUT") {
  const HostProfile no_mounts{.not_mounted = 3};
  UploadPlan made(no_mounts, 10, {}, true);
  made.on_reply({.status = 201});
  CHECK(next(made) == "done");
  CHECK(made.profile().whole_post == true);
  CHECK_FALSE(made.mounted());
  UploadPlan session(no_mounts, 10, {}, true);
  session.on_reply({.status = 202, .location = "s1", .sent = 10});
  CHECK(next(session) == "PUT s1 0+10");
  CHECK(session.profile().whole_post == false);
  UploadPlan refused(no_mounts, 10, {}, true);
  refused.on_reply({.status = 413});
  CHECK(next(refused) == "open");
  CHECK(refused.profile().whole_post == false);
  UploadPlan busy(no_mounts, 10, {}, true);
  busy.on_reply({.status = 503});
  CHECK(next(busy) == "wait, open");
  CHECK_FALSE(busy.profile().whole_post.has_value());
}

TEST_CASE("a POST with the bytes whose answer was lost may have made the blob") {
  UploadPlan plan({.not_mounted = 3}, 10, {}, true);
  plan.on_lost(10, "reset");
  CHECK(next(plan) == "check");
  UploadPlan there = plan;
  there.on_checked(true);
  CHECK(next(there) == "done");
  plan.on_checked(false);
  CHECK(next(plan) == "wait, open");
}

TEST_CASE("a status that is no answer opens no session") {
  for (const int status : {0, 101, 205, 302}) {
    CAPTURE(status);
    UploadPlan plan({}, 10);
    plan.on_reply({.status = status, .location = "s1"});
    CHECK(next(plan) == "give up");
    CHECK(plan.ended());
  }
}

TEST_CASE("a least chunk of nothing is none; one that a proxy lets through is honoured") {
  CHECK(next(opened({}, 10, 0)) == "PUT s1 0+10");
  auto plan = opened({}, 20 * mib);
  plan.on_reply({.status = 413});
  plan.on_cancelled();
  plan.on_reply({.status = 202, .location = "s2", .min_chunk = mib});
  CHECK(next(plan) == cat("PATCH s2 0+", 4 * mib, " ranged"));
}

TEST_CASE("a body whose length was told is not made shorter by a 411") {
  auto plan = opened({}, 10);
  plan.on_reply({.status = 411});
  CHECK(next(plan) == "give up");
}

TEST_CASE("a stream that is too large goes in chunks; the chunks end at the smallest") {
  auto stream = opened({}, std::nullopt);
  stream.on_reply({.status = 413});
  CHECK(stream.profile().chunk == 4 * mib);
  auto small = opened({}, 100 << 10);
  small.on_reply({.status = 413});
  CHECK(small.profile().chunk == 64 << 10);
  auto smallest = opened({.chunk = 100 << 10}, 20 * mib);
  smallest.on_reply({.status = 413});
  CHECK(next(smallest) == "give up");
}

TEST_CASE("416 is believed once, for a chunk, and only within what was sent of it") {
  struct Row {
    const char* what;
    UploadReply reply;
  };
  const Row rows[] = {
      {"no Range", {.status = 416, .sent = 10}},
      {"the chunk's own first byte", {.status = 416, .received = 10, .sent = 10}},
      {"more than was sent", {.status = 416, .received = 21, .sent = 10}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    auto plan = opened({.chunk = 10}, 100);
    plan.on_reply({.status = 202, .sent = 10});
    plan.on_reply(row.reply);
    CHECK(next(plan) == "cancel s1");
  }
  auto twice = opened({.chunk = 10}, 100);
  twice.on_reply({.status = 416, .received = 4, .sent = 10});
  CHECK(next(twice) == "PATCH s1 4+10 ranged");
  twice.on_reply({.status = 416, .received = 8, .sent = 10});
  CHECK(next(twice) == "cancel s1");
  auto whole = opened({}, 100);
  whole.on_reply({.status = 416, .received = 4, .sent = 10});
  CHECK(next(whole) == "cancel s1");
}

TEST_CASE("a PUT with bytes that fails in passing may have succeeded: the blob is asked for") {
  auto plan = opened({}, 10);
  plan.on_reply({.status = 503});
  CHECK(next(plan) == "check");
  plan.on_checked(false);
  CHECK(next(plan) == "cancel s1");
  plan.on_cancelled();
  CHECK(next(plan) == "wait, open");
}

TEST_CASE("another way to send is tried once, and not in a session that was continued") {
  for (const int status : {400, 404, 415, 501}) {
    CAPTURE(status);
    auto plan = opened({}, 10);
    plan.on_reply({.status = status});
    CHECK(next(plan) == "cancel s1");
    CHECK_FALSE(plan.profile().whole_put);
  }
  auto twice = opened({.chunk = 4}, 10);
  twice.on_reply({.status = 405});
  twice.on_cancelled();
  twice.on_reply({.status = 202, .location = "s2"});
  twice.on_reply({.status = 405});
  CHECK(next(twice) == "give up");
  auto stream = opened({}, std::nullopt);
  stream.on_reply({.status = 400});
  CHECK(next(stream) == "give up");
  auto chunks = opened({.chunk = 4}, std::nullopt);
  chunks.on_reply({.status = 400});
  CHECK(next(chunks) == "give up");
  auto second = opened({.chunk = 4}, 10);
  second.on_reply({.status = 202, .sent = 4});
  second.on_reply({.status = 400});
  CHECK(next(second) == "give up");
  auto continued = opened({.continue_from = 50}, 100);
  continued.on_lost(80, "cut");
  continued.on_checked(false);
  continued.on_reply({.status = 204, .received = 60});
  continued.on_reply({.status = 400});
  CHECK(next(continued) == "give up");
}

TEST_CASE("a digest that is refused while bytes are sent ends a continued session") {
  auto plan = opened({.continue_from = 50}, std::nullopt);
  plan.on_lost(80, "cut");
  plan.on_reply({.status = 204, .received = 60});
  plan.on_reply({.status = 400, .digest_refused = true});
  CHECK(next(plan) == "cancel s1");
  auto straight = opened({.whole_put = false}, 10);
  straight.on_reply({.status = 403, .digest_refused = true});
  CHECK(next(straight) == "give up");
}

TEST_CASE("a session that is gone when it is closed is replaced") {
  for (const UploadReply& reply : {UploadReply{.status = 404}, UploadReply{.status = 416},
                                   UploadReply{.status = 400, .session_unknown = true}}) {
    CAPTURE(reply.status);
    auto plan = opened({}, std::nullopt);
    plan.on_reply({.status = 202, .sent = 10, .at_end = true});
    plan.on_reply(reply);
    CHECK(next(plan) == "cancel s1");
  }
}

TEST_CASE("a closing PUT is repeated a few times, then the blob is sent anew") {
  auto plan = opened({}, std::nullopt);
  plan.on_reply({.status = 202, .sent = 10, .at_end = true});
  int closes = 0;
  while (closes < 100 && next(plan).ends_with("close s1")) {
    ++closes;
    plan.on_lost(0, "cut");
    plan.on_checked(false);
  }
  CHECK(closes == 5);
  CHECK(next(plan) == "cancel s1");
}

TEST_CASE("a connection lost while a session is opened is final, while one is asked it is not") {
  UploadPlan opening({}, 10);
  opening.on_lost(0, "cut");
  CHECK(next(opening) == "give up");
  auto asking = opened({.continue_from = 50}, std::nullopt);
  asking.on_lost(80, "cut");
  REQUIRE(next(asking) == "ask s1");
  asking.on_lost(0, "cut");
  CHECK(next(asking) == "cancel s1");
}

}  // namespace upload_replies_test
