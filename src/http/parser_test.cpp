#include "http/parser.h"

#include <doctest/doctest.h>

namespace dandori::http {

namespace {

/// Feeds `bytes` in pieces of `size`, as a connection would.
template <class Parser>
std::size_t feed_in_pieces(Parser& parser, std::string_view bytes, std::size_t size) {
  std::string waiting;
  std::size_t used = 0;
  for (std::size_t at = 0; at < bytes.size() && parser.state() == ParseState::reading; at += size) {
    waiting += bytes.substr(at, size);
    const std::size_t consumed = parser.feed(waiting);
    REQUIRE(consumed <= waiting.size());
    waiting.erase(0, consumed);
    used += consumed;
  }
  return used;
}

}  // namespace

TEST_CASE("a request reads the same however its octets are cut") {
  const std::string bytes =
      "\r\nPOST http://h/a?b=c HTTP/1.1\r\nHost: h\r\nX: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    CAPTURE(size);
    RequestParser parser{{}};
    CHECK(feed_in_pieces(parser, bytes, size) == bytes.size());
    REQUIRE(parser.state() == ParseState::complete);
    CHECK(parser.request().path == "/a");
    CHECK(parser.request().query.value("b") == "c");
    CHECK(parser.request().headers.value("x") == "1");
    CHECK(parser.request().body == "abcde");
    CHECK(parser.keep_alive());
  }
}

TEST_CASE("an empty body in chunks is read however it is cut") {
  for (std::size_t size = 1; size < 6; ++size) {
    RequestParser request{{}};
    feed_in_pieces(
        request, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", size);
    CHECK(request.state() == ParseState::complete);
    ResponseParser response{{}};
    feed_in_pieces(response,
                   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n", size);
    CHECK(response.state() == ParseState::complete);
  }
}

TEST_CASE("a request ends where the next begins") {
  const std::string one = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  RequestParser parser{{}};
  CHECK(parser.feed(one + one) == one.size());
  CHECK(parser.state() == ParseState::complete);
  parser.reset();
  CHECK_FALSE(parser.started());
  CHECK(parser.feed(one) == one.size());
  CHECK(parser.state() == ParseState::complete);
}

TEST_CASE("an answer reads the same however its octets are cut; interim answers are skipped") {
  const std::string bytes =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n0\r\n\r\n";
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    CAPTURE(size);
    ResponseParser parser{{}};
    feed_in_pieces(parser, bytes, size);
    REQUIRE(parser.state() == ParseState::complete);
    CHECK(parser.status() == 200);
    CHECK(parser.body() == "abc");
  }
}

TEST_CASE("an answer without a length ends with the connection; one cut short fails") {
  ResponseParser open{{}};
  open.feed("HTTP/1.0 200 OK\r\n\r\nsome");
  CHECK(open.state() == ParseState::reading);
  open.feed_end();
  CHECK(open.state() == ParseState::complete);
  CHECK(open.body() == "some");
  CHECK_FALSE(open.keep_alive());

  for (const char* cut : {"", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
                          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab"}) {
    CAPTURE(cut);
    ResponseParser parser{{}};
    parser.feed(cut);
    parser.feed_end();
    CHECK(parser.state() == ParseState::failed);
    CHECK(parser.fault().error.code == "http.protocol");
  }
}

TEST_CASE("random damage to messages neither crashes a parser nor makes it take more than it got") {
  const std::string request =
      "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: "
      "1\r\n\r\n";
  const std::string response = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nA: b\r\n c\r\n\r\nabc";
  std::uint64_t random = 88172645463325252ULL;
  const auto below = [&random](std::size_t bound) {
    random ^= random << 13U;
    random ^= random >> 7U;
    random ^= random << 17U;
    return static_cast<std::size_t>(random % bound);
  };
  for (int round = 0; round < 5000; ++round) {
    std::string damaged = round % 2 == 0 ? request : response;
    for (std::size_t i = 0; i <= below(3); ++i) {
      damaged[below(damaged.size())] = static_cast<char>(below(256));
      if (below(4) == 0) damaged.insert(below(damaged.size()), below(40), '0');
    }
    const std::size_t size = 1 + below(damaged.size());
    if (round % 2 == 0) {
      RequestParser parser{ParserLimits{.header_bytes_max = 200, .body_bytes_max = 50}};
      feed_in_pieces(parser, damaged, size);
      CHECK(parser.request().body.size() <= 50);
    } else {
      ResponseParser parser{ParserLimits{.header_bytes_max = 200, .body_bytes_max = 50}};
      feed_in_pieces(parser, damaged, size);
      parser.feed_end();
      CHECK(parser.body().size() <= 50);
    }
  }
}

}  // namespace dandori::http
