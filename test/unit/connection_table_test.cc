#include "registry/server/net/connection_table.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <chrono>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace connection_table_test {

using namespace n2c;
using namespace n2c::registry;

namespace {

/// A connection whose client can tell whether it was dropped.
struct Visitor {
  Visitor(ConnectionTable& table, const std::string& peer) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) throw_errno("socketpair");
    client = FileDescriptor(ends[0]);
    server = FileDescriptor(ends[1]);
    place = table.admit(server.get(), peer);
  }
  bool dropped() const {
    char byte = 0;
    return ::recv(client.get(), &byte, 1, MSG_DONTWAIT) == 0;
  }
  FileDescriptor client, server;
  std::unique_ptr<ConnectionTable::Place> place;  // left before the descriptors close
};

constexpr const char* local = "127.0.0.1:1";

}  // namespace

TEST_CASE("the oldest connection without a whole request makes room") {
  ConnectionTable table({.all = 3, .each_peer = 3});
  Visitor idle(table, local), first(table, local), second(table, local);
  CHECK(idle.place->begin_request());
  idle.place->end_request();
  Visitor third(table, local);
  CHECK(third.place);
  CHECK(first.dropped());
  CHECK_FALSE(idle.dropped());
  CHECK_FALSE(first.place->begin_request());
  first.place.reset();  // makes no room a second time
  Visitor fourth(table, local);
  CHECK(second.dropped());
}

TEST_CASE("then the one that has been without a request for longest") {
  ConnectionTable table({.all = 2, .each_peer = 2});
  Visitor first(table, local), second(table, local);
  for (const Visitor* one : {&second, &first}) {
    CHECK(one->place->begin_request());
    one->place->end_request();
  }
  Visitor third(table, local);
  CHECK(third.place);
  CHECK(second.dropped());
  CHECK_FALSE(first.dropped());
}

TEST_CASE("connections at work stay, and one more is turned away until one leaves") {
  ConnectionTable table({.all = 2, .each_peer = 2});
  Visitor first(table, local), second(table, local);
  CHECK(first.place->begin_request());
  CHECK(second.place->begin_request());
  CHECK_FALSE(Visitor(table, local).place);
  CHECK_FALSE(first.dropped());
  CHECK_FALSE(second.dropped());
  first.place->leave();
  CHECK(Visitor(table, local).place);
  second.place->say_farewell();
  Visitor third(table, local), fourth(table, local);
  CHECK(fourth.place);
  CHECK(second.dropped());
}

TEST_CASE("who was answered just now, or came just now, stays where a slow client can go (#23)") {
  ConnectionTable table({.all = 4, .each_peer = 4});
  Visitor slow(table, local), slow_too(table, local), client(table, local), other(table, local);
  for (const Visitor* one : {&slow, &slow_too, &client, &other}) CHECK(one->place->begin_request());
  slow.place->activity().begin_wait();
  slow_too.place->activity().begin_wait();
  const auto now = [] { return std::chrono::steady_clock::now(); };
  const auto known = now() + std::chrono::milliseconds(500),
             deadline = now() + std::chrono::seconds(20);
  while (!Visitor(table, local).place || now() < known) REQUIRE(now() < deadline);
  CHECK(slow.dropped() != slow_too.dropped());
  client.place->end_request();
  Visitor comes(table, local), comes_too(table, local);
  CHECK(comes_too.place);
  CHECK(slow.dropped());
  CHECK(slow_too.dropped());
  CHECK_FALSE(comes.dropped());
  CHECK(comes.place->begin_request());
  CHECK(comes_too.place->begin_request());
  CHECK_FALSE(table.admit(comes.server.get(), local, ConnectionTable::Spare::young));
  CHECK_FALSE(client.dropped());
}

TEST_CASE("one address beyond this machine has no more than its share") {
  ConnectionTable table({.all = 4, .each_peer = 2});
  Visitor other(table, "192.0.2.8:1"), first(table, "192.0.2.7:1"), second(table, "192.0.2.7:2");
  Visitor third(table, "192.0.2.7:3");
  CHECK(third.place);
  CHECK(first.dropped());
  CHECK_FALSE(other.dropped());
  CHECK(second.place->begin_request());
  CHECK(third.place->begin_request());
  CHECK_FALSE(Visitor(table, "192.0.2.7:4").place);
  CHECK(Visitor(table, "192.0.2.9:1").place);
}

TEST_CASE("what one peer is") {
  CHECK(peer_key("192.0.2.7:40312") == "192.0.2.7");
  CHECK(peer_key("[2001:db8:1:2:3:4:5:6]:1") == "[2001:db8:1:2::]");
  CHECK(peer_key("[fe80::1%eth0]:1") == "[fe80::]");
  CHECK(peer_key("[::ffff:192.0.2.7]:1") == "192.0.2.7");
  CHECK(peer_key("[::1]:1") == "[::1]");
  CHECK(peer_key("unix") == "unix");
  for (const char* peer : {"127.0.0.1:1", "[::1]:1", "[::ffff:127.0.0.2]:1", "unix"}) {
    CHECK(is_local_peer(peer_key(peer)));
  }
  CHECK_FALSE(is_local_peer("192.0.2.7"));
}

}  // namespace connection_table_test
