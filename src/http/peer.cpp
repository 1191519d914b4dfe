#include "http/peer.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>

#include <array>
#include <cstring>

namespace dandori::http::detail {

namespace {

Peer ipv4_peer(const in_addr& address, in_port_t port) {
  std::array<char, INET_ADDRSTRLEN> name{};
  ::inet_ntop(AF_INET, &address, name.data(), name.size());
  return {fmt::format("{}:{}", name.data(), ntohs(port)), (ntohl(address.s_addr) >> 24U) == 127};
}

Peer ipv6_peer(const sockaddr_in6& address) {
  if (IN6_IS_ADDR_V4MAPPED(&address.sin6_addr)) {
    in_addr inner{};
    std::memcpy(&inner, &address.sin6_addr.s6_addr[12], sizeof inner);
    return ipv4_peer(inner, address.sin6_port);
  }
  std::array<char, INET6_ADDRSTRLEN> name{};
  ::inet_ntop(AF_INET6, &address.sin6_addr, name.data(), name.size());
  return {fmt::format("[{}]:{}", name.data(), ntohs(address.sin6_port)),
          IN6_IS_ADDR_LOOPBACK(&address.sin6_addr) != 0};
}

}  // namespace

Peer peer_of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return ipv4_peer(v4.sin_addr, v4.sin_port);
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    return ipv6_peer(v6);
  }
  return {};
}

}  // namespace dandori::http::detail
