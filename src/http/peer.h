#pragma once

#include <sys/socket.h>

#include <string>

namespace dandori::http::detail {

/// Who is at the other end of a connection.
struct Peer {
  std::string name = "unix";  ///< `127.0.0.1:43210`, `[::1]:43210`, `unix`
  bool is_loopback = true;
};

/// address: of the family AF_INET, AF_INET6 or AF_UNIX, complete for its family.
Peer peer_of(const sockaddr& address);

}  // namespace dandori::http::detail
