#include "registry/client/upload_plan.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "test/support/upload_steps.h"

namespace upload_plan_test {

using namespace n2c;
using registry::HostProfile;
using registry::UploadPlan;
using registry::UploadReply;
using test::mib;
using test::next;
using test::opened;

TEST_CASE("a known blob goes in one PUT that carries the bytes and closes") {
  auto plan = opened({}, 10);
  CHECK(next(plan) == "PUT s1 0+10");
  plan.on_reply({.status = 201, .sent = 10});
  CHECK(next(plan) == "done");
}

TEST_CASE("a mount that took place needs no upload") {
  UploadPlan plan({}, 10);
  plan.on_reply({.status = 201});
  CHECK(next(plan) == "done");
}

TEST_CASE("a session that a refused mount opened is used") {
  UploadPlan plan({}, 10, "s0");
  CHECK(next(plan) == "PUT s0 0+10");
}

TEST_CASE(
    "what may be mounted from anywhere is opened so; what comes is the mount or the session") {
  UploadPlan mounted({}, 10, {}, true);
  CHECK(next(mounted) == "open by mount");
  mounted.on_reply({.status = 201});
  CHECK(next(mounted) == "done");
  CHECK(mounted.mounted());
  CHECK(mounted.profile().mounted);
  UploadPlan session({}, 10, {}, true);
  session.on_reply({.status = 202, .location = "s1"});
  CHECK(next(session) == "PUT s1 0+10");
  CHECK(session.profile().not_mounted == 1);
  CHECK_FALSE(session.mounted());
  CHECK(next(UploadPlan({}, 10, "s0", true)) == "PUT s0 0+10");
}

TEST_CASE("where the mount parameter is refused a plain session is opened, and it is learnt") {
  struct Row {
    int status;
    const char* then;
    bool still_asked;
  };
  for (const auto& [status, then, still_asked] : {Row{400, "open", false},
                                                  {404, "open", false},
                                                  {405, "open", false},
                                                  {500, "wait, open", false},
                                                  {503, "wait, open", true},
                                                  {429, "wait, open", true},
                                                  {202, "open", false}}) {  // without a Location
    CAPTURE(status);
    UploadPlan plan({}, 10, {}, true);
    plan.on_reply({.status = status});
    CHECK(next(plan) == then);
    CHECK(plan.profile().mount_anywhere == still_asked);
  }
  UploadPlan lost({}, 10, {}, true);
  lost.on_lost(0, "reset");
  CHECK(next(lost) == "wait, open");
  CHECK(next(UploadPlan({.mount_anywhere = false}, 2 * mib, {}, true)) == "open");
}

TEST_CASE("where mounts do not take place, a blob that fits goes with the POST that opens") {
  const HostProfile no_mounts{.not_mounted = 3};
  CHECK(next(UploadPlan(no_mounts, 64 << 10, {}, true)) == "open whole");
  CHECK(next(UploadPlan(no_mounts, (64 << 10) + 1, {}, true)) == "open by mount");
  HostProfile taken = no_mounts;
  taken.whole_post = true;
  CHECK(next(UploadPlan(taken, mib, {}, true)) == "open whole");
  CHECK(next(UploadPlan(taken, mib + 1, {}, true)) == "open by mount");
  HostProfile chunked = taken;
  chunked.chunk = 100;
  CHECK(next(UploadPlan(chunked, 101, {}, true)) == "open by mount");
  HostProfile mounts = taken;
  mounts.mounted = true;
  CHECK(next(UploadPlan(mounts, 10, {}, true)) == "open by mount");
  taken.whole_post = false;
  CHECK(next(UploadPlan(taken, 10, {}, true)) == "open by mount");
}

TEST_CASE("an empty blob is a PUT of nothing") {
  auto plan = opened({}, 0);
  CHECK(next(plan) == "PUT s1 0+0");
}

TEST_CASE("a blob whose digest comes out of the sending streams by PATCH, then closes") {
  auto plan = opened({}, std::nullopt);
  CHECK(next(plan) == "PATCH s1 0+rest");
  plan.on_reply({.status = 202, .location = "s2", .sent = 10, .at_end = true});
  CHECK(next(plan) == "close s2");
  plan.on_reply({.status = 201});
  CHECK(next(plan) == "done");
}

TEST_CASE("chunks carry ranges, each goes to the latest Location, and the last is closed by PUT") {
  auto plan = opened({.chunk = 4}, 10);
  CHECK(next(plan) == "PATCH s1 0+4 ranged");
  plan.on_reply({.status = 202, .location = "s2", .sent = 4});
  CHECK(next(plan) == "PATCH s2 4+4 ranged");
  plan.on_reply({.status = 202, .location = "s3", .sent = 4});
  CHECK(next(plan) == "PATCH s3 8+2 ranged");
  plan.on_reply({.status = 202, .location = "s4", .sent = 2});
  CHECK(next(plan) == "close s4");
}

TEST_CASE("a blob no larger than a chunk goes whole") {
  auto plan = opened({.chunk = 10}, 10);
  CHECK(next(plan) == "PUT s1 0+10");
}

TEST_CASE("a chunk answered 200, 201 or 204 is accepted (ECR: tart#273)") {
  for (const int status : {200, 201, 202, 203, 204}) {
    auto plan = opened({.chunk = 4}, 10);
    plan.on_reply({.status = status, .sent = 4});
    CHECK(next(plan) == "PATCH s1 4+4 ranged");
  }
}

TEST_CASE("a Range that is untrue is ignored on success (ECR: containers-roadmap#2831)") {
  auto plan = opened({.chunk = 4}, 12);
  plan.on_reply({.status = 202, .received = 4, .sent = 4});
  plan.on_reply({.status = 202, .received = 4, .sent = 4});
  CHECK(next(plan) == "PATCH s1 8+4 ranged");
}

TEST_CASE("a registry's least chunk makes chunks, up to a bound (spec#391, ocm#3642)") {
  CHECK(next(opened({}, 20 * mib, 5 * mib)) == cat("PATCH s1 0+", 5 * mib, " ranged"));
  CHECK(next(opened({.chunk = mib}, 20 * mib, 5 * mib)) == cat("PATCH s1 0+", 5 * mib, " ranged"));
  CHECK(next(opened({}, 1024 * mib, 512 * mib)) == cat("PATCH s1 0+", 128 * mib, " ranged"));
}

TEST_CASE("a least chunk of one byte does not make a request of each byte (#23)") {
  CHECK(next(opened({}, 20 * mib, 1)) == cat("PATCH s1 0+", 4 * mib, " ranged"));
  CHECK(next(opened({.chunk = mib}, 20 * mib, 1)) == cat("PATCH s1 0+", mib, " ranged"));
}

TEST_CASE("after a 413 chunks of 4 MiB are sent in a new session, and smaller ones after more") {
  auto plan = opened({}, 20 * mib);
  plan.on_reply({.status = 413});
  CHECK(next(plan) == "cancel s1");
  plan.on_cancelled();
  CHECK(next(plan) == "open");
  CHECK(plan.profile().chunk == 4 * mib);
  plan.on_reply({.status = 202, .location = "s2"});
  CHECK(next(plan) == cat("PATCH s2 0+", 4 * mib, " ranged"));
  plan.on_reply({.status = 413});
  CHECK(plan.profile().chunk == 2 * mib);
}

TEST_CASE(
    "where a length is wanted a stream goes in chunks, which have one (docker-registry#143)") {
  auto plan = opened({}, std::nullopt);
  plan.on_reply({.status = 411});
  plan.on_cancelled();
  plan.on_reply({.status = 202, .location = "s2"});
  CHECK(next(plan) == cat("PATCH s2 0+", 4 * mib, " ranged"));
}

TEST_CASE("a 413 for less than 4 MiB makes chunks smaller than the blob") {
  auto plan = opened({}, 3 * mib);
  plan.on_reply({.status = 413});
  CHECK(plan.profile().chunk == 2 * mib);
}

TEST_CASE("a 413 for the smallest body worth trying is final") {
  auto plan = opened({}, 1000);
  plan.on_reply({.status = 413});
  CHECK(next(plan) == "give up");
}

TEST_CASE("a least chunk above what a proxy lets through ends, and does not go on for ever") {
  auto plan = opened({}, 20 * mib, 5 * mib);
  plan.on_reply({.status = 413});
  plan.on_cancelled();
  plan.on_reply({.status = 202, .location = "s2", .min_chunk = 5 * mib});
  CHECK(next(plan) == "give up");
}

TEST_CASE("a connection lost early opens a new session and replays nothing (jib#4526)") {
  auto plan = opened({}, std::nullopt);
  plan.on_lost(5, "cut");
  CHECK(next(plan) == "cancel s1");
  plan.on_cancelled();
  CHECK(next(plan) == "wait, open");
}

TEST_CASE("a lost PUT may have arrived: the blob is asked for first (build-push-action#634)") {
  auto plan = opened({}, 10);
  plan.on_lost(10, "cut");
  CHECK(next(plan) == "check");
  plan.on_checked(true);
  CHECK(next(plan) == "done");
}

TEST_CASE("a lost PUT that did not arrive goes into a new session") {
  auto plan = opened({}, 10);
  plan.on_lost(10, "cut");
  plan.on_checked(false);
  CHECK(next(plan) == "cancel s1");
}

TEST_CASE("a large blob is continued where the session stands") {
  auto plan = opened({.continue_from = 50}, 100);
  plan.on_lost(80, "cut");
  plan.on_checked(false);
  CHECK(next(plan) == "ask s1");
  plan.on_reply({.status = 204, .location = "s2", .received = 60});
  CHECK(next(plan) == "PATCH s2 60+40 ranged");
  plan.on_reply({.status = 202, .sent = 40});
  CHECK(next(plan) == "close s2");
}

TEST_CASE("a session that has it all is closed") {
  auto plan = opened({.continue_from = 50}, 100);
  plan.on_lost(100, "cut");
  plan.on_checked(false);
  plan.on_reply({.status = 204, .received = 100});
  CHECK(next(plan) == "close s1");
}

TEST_CASE("a session is not continued when its answer cannot be believed") {
  struct Row {
    const char* what;
    UploadReply reply;
  };
  const Row rows[] = {
      {"404 (ECR Public: dotnet/sdk#33019)", {.status = 404}},
      {"no Range", {.status = 204}},
      {"more than was sent", {.status = 204, .received = 90}},
      {"0-0, which an empty session says too", {.status = 204, .received = 1}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    auto plan = opened({.continue_from = 50}, std::nullopt);
    plan.on_lost(80, "cut");
    CHECK(next(plan) == "ask s1");
    plan.on_reply(row.reply);
    CHECK(next(plan) == "cancel s1");
  }
}

TEST_CASE("a session that is lost again after it was continued is not continued twice") {
  auto plan = opened({.continue_from = 50}, std::nullopt);
  plan.on_lost(80, "cut");
  plan.on_reply({.status = 204, .received = 60});
  CHECK(next(plan) == "PATCH s1 60+rest");
  plan.on_lost(30, "cut");
  CHECK(next(plan) == "cancel s1");
}

TEST_CASE("a wrong digest after a continued session starts anew from 0; otherwise it is final") {
  auto continued = opened({.continue_from = 50}, std::nullopt);
  continued.on_lost(80, "cut");
  continued.on_reply({.status = 204, .received = 60});
  continued.on_reply({.status = 202, .sent = 40, .at_end = true});
  continued.on_reply({.status = 400, .digest_refused = true});
  CHECK(next(continued) == "cancel s1");

  auto straight = opened({}, std::nullopt);
  straight.on_reply({.status = 202, .sent = 40, .at_end = true});
  straight.on_reply({.status = 400, .digest_refused = true});
  CHECK(next(straight) == "give up");
}

TEST_CASE("a closing PUT that is refused for another reason is final") {
  auto plan = opened({}, std::nullopt);
  plan.on_reply({.status = 202, .sent = 40, .at_end = true});
  plan.on_reply({.status = 403});
  CHECK(next(plan) == "give up");
}

TEST_CASE("416 with a Range inside the chunk continues the chunk; any other opens a new session") {
  auto inside = opened({.chunk = 10}, 100);
  inside.on_reply({.status = 202, .sent = 10});
  inside.on_reply({.status = 416, .received = 14, .sent = 10});
  CHECK(next(inside) == "PATCH s1 14+10 ranged");
  // "First byte in range must be 0" (apple/containerization#790, acr#866).
  auto zero = opened({.chunk = 10}, 100);
  zero.on_reply({.status = 202, .sent = 10});
  zero.on_reply({.status = 416, .sent = 10});
  CHECK(next(zero) == "cancel s1");
}

TEST_CASE("a connection that was closed already is no failure: the same again, unwaited (#19)") {
  using enum UploadPlan::Loss;
  auto patch = opened({.sessions = 1}, std::nullopt);
  patch.on_lost(5, "closed", stale);
  CHECK(next(patch) == "cancel s1");
  patch.on_cancelled();
  CHECK(next(patch) == "open");
  CHECK(patch.profile().fresh_bodies);

  auto put = opened({.sessions = 1}, 10);
  put.on_lost(5, "closed", stale);
  CHECK(next(put) == "check");
  put.on_checked(false);
  CHECK(next(put) == "cancel s1");

  auto close = opened({.sessions = 1}, std::nullopt);
  close.on_reply({.status = 202, .sent = 10, .at_end = true});
  close.on_lost(0, "closed", stale);
  CHECK(next(close) == "check");
  close.on_checked(false);
  CHECK(next(close) == "close s1");
}

TEST_CASE("a session that is gone is replaced (regclient#331)") {
  auto plan = opened({.chunk = 4}, 10);
  plan.on_reply({.status = 202, .sent = 4});
  plan.on_reply({.status = 404, .session_unknown = true});
  CHECK(next(plan) == "cancel s1");
}

TEST_CASE("408, 429 and 5xx wait and begin anew within the budget; other refusals are final") {
  for (const int status : {408, 429, 500, 502, 503, 504}) {
    auto plan = opened({.sessions = 2}, std::nullopt);
    plan.on_reply({.status = status});
    CHECK(next(plan) == "cancel s1");
    plan.on_cancelled();
    CHECK(next(plan) == "wait, open");
    plan.on_reply({.status = 202, .location = "s2"});
    plan.on_reply({.status = status});
    CHECK(next(plan) == "give up");
  }
  for (const int status : {401, 403, 409}) {
    auto plan = opened({}, 10);
    plan.on_reply({.status = status});
    CHECK(next(plan) == "give up");
  }
}

TEST_CASE("a closing PUT that fails in passing is repeated alone, in the same session") {
  auto plan = opened({}, std::nullopt);
  plan.on_reply({.status = 202, .sent = 10, .at_end = true});
  plan.on_reply({.status = 503});
  CHECK(next(plan) == "check");
  plan.on_checked(false);
  CHECK(next(plan) == "wait, close s1");
  plan.on_lost(0, "cut");
  plan.on_checked(true);
  CHECK(next(plan) == "done");
}

TEST_CASE("where a PUT with bytes is refused they go by PATCH (old Artifactory: containerd#3533)") {
  auto plan = opened({}, 10);
  plan.on_reply({.status = 405});
  plan.on_cancelled();
  plan.on_reply({.status = 202, .location = "s2"});
  CHECK(next(plan) == "PATCH s2 0+10");
  plan.on_reply({.status = 202, .sent = 10});
  CHECK(next(plan) == "close s2");
  CHECK_FALSE(plan.profile().whole_put);
}

TEST_CASE("where chunks are not known the blob goes whole (tart#159, regclient#75)") {
  auto plan = opened({.chunk = 4}, 10);
  plan.on_reply({.status = 501});
  plan.on_cancelled();
  plan.on_reply({.status = 202, .location = "s2"});
  CHECK(next(plan) == "PUT s2 0+10");
}

TEST_CASE("a session without a Location, and a POST that is refused, are final") {
  UploadPlan without({}, 10);
  without.on_reply({.status = 202});
  CHECK(next(without) == "give up");
  UploadPlan refused({}, 10);
  refused.on_reply({.status = 403});
  CHECK(next(refused) == "give up");
}

}  // namespace upload_plan_test
