#include "http/peer.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>

namespace dandori::http::detail {

namespace {

Peer v6(const char* text) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(81);
  REQUIRE(::inet_pton(AF_INET6, text, &address.sin6_addr) == 1);
  return peer_of(reinterpret_cast<const sockaddr&>(address));
}

}  // namespace

TEST_CASE("loopback is 127.0.0.0/8, ::1, both written either way, and a unix socket") {
  CHECK(v6("::1").is_loopback);
  CHECK(v6("::1").name == "[::1]:81");
  CHECK(v6("::ffff:127.1.2.3").is_loopback);
  CHECK(v6("::ffff:127.1.2.3").name == "127.1.2.3:81");
  CHECK_FALSE(v6("::ffff:10.0.0.1").is_loopback);
  CHECK_FALSE(v6("2001:db8::1").is_loopback);
  sockaddr local{};
  local.sa_family = AF_UNIX;
  CHECK(peer_of(local).is_loopback);
  CHECK(peer_of(local).name == "unix");
}

}  // namespace dandori::http::detail
