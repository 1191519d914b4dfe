#include "http/server.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <atomic>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "http/client.h"
#include "http/raw_peer_test.h"

namespace dandori::http {

namespace {

using test::RawPeer;

void echo(Request request, Responder respond) {
  respond(text(200, fmt::format("{} {} [{}]", request.method, request.target, request.body)));
}

struct Running {
  explicit Running(Handler handler, ServerOptions options = {})
      : server{std::move(options), std::move(handler)} {
    const Result<void> started = server.start();
    REQUIRE(started);
  }
  std::uint16_t port() const { return server.port(); }
  Server server;
};

std::string get(std::string_view target) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", target);
}

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("a request reaches the handler whole, and its answer the client") {
  std::promise<Request> seen;
  Running running{[&](Request request, Responder respond) {
    seen.set_value(std::move(request));
    Response response = json(201, R"({"a":1})");
    response.headers.add("X-Own", "split\r\nX-Evil: yes");
    respond(std::move(response));
  }};
  RawPeer peer{running.port()};
  peer.send(
      "POST /runs/a%23b?x=1&y=a+b%21&x=2 HTTP/1.1\r\nhost: h:1\r\nX-Request-Id: abc-1\r\n"
      "content-length: 5\r\nConnection: close\r\n\r\nhello");
  const std::string answer = peer.rest();

  const Request request = seen.get_future().get();
  CHECK(request.method == "POST");
  CHECK(request.path == "/runs/a%23b");
  CHECK(request.query.value("y") == "a b!");
  CHECK(request.query.all("x") == std::vector<std::string_view>{"1", "2"});
  CHECK(request.headers.value("Host") == "h:1");
  CHECK(request.body == "hello");
  CHECK(request.peer.starts_with("127.0.0.1:"));
  CHECK(request.peer_is_loopback);
  CHECK(request.request_id == "abc-1");
  CHECK(answer.starts_with("HTTP/1.1 201 Created\r\nDate: "));
  CHECK(answer.find("Content-Type: application/json\r\n") != std::string::npos);
  CHECK(answer.find("X-Request-Id: abc-1\r\n") != std::string::npos);
  CHECK(answer.find("\r\nX-Evil") == std::string::npos);
  CHECK(answer.find("Connection: close\r\n") != std::string::npos);
  CHECK(answer.ends_with("\r\n\r\n{\"a\":1}"));
}

TEST_CASE("requests sent at once are answered in their order, whoever is slower") {
  std::vector<std::thread> threads;
  std::mutex mutex;
  Running running{[&](Request request, Responder respond) {
    if (request.path == "/now") return respond(text(200, "<now>"));
    const std::lock_guard lock{mutex};
    threads.emplace_back([answer = std::move(respond), path = request.path]() mutable {
      answer(text(200, fmt::format("<{}>", path)));
    });
  }};
  RawPeer peer{running.port()};
  std::string all;
  for (int i = 0; i < 20; ++i) all += get("/later") + get("/now");
  peer.send(all + "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string answers = peer.rest();
  CHECK(count_of(answers, "HTTP/1.1 200 OK") == 41);
  std::size_t at = 0;
  for (int i = 0; i < 20; ++i) {
    at = answers.find("</later>", at);
    REQUIRE(at != std::string::npos);
    at = answers.find("<now>", at);
    REQUIRE(at != std::string::npos);
  }
  CHECK(answers.ends_with("</last>"));
  for (std::thread& thread : threads) thread.join();
}

TEST_CASE("a request that is not answered gets 500, as does one whose handler throws") {
  Running running{[](Request request, Responder /*dropped*/) {
    if (request.path == "/throw") throw std::runtime_error{"no"};
  }};
  RawPeer peer{running.port()};
  peer.send(get("/drop"));
  CHECK(peer.until("http.no_answer").starts_with("HTTP/1.1 500 "));
  peer.send(get("/throw"));
  CHECK(peer.until("http.no_answer").find("HTTP/1.1 500 ") != std::string::npos);
}

TEST_CASE("an answer is given once; later ones, and those after the end, do nothing") {
  Responder kept;
  {
    Running running{[&](Request request, Responder respond) {
                      if (request.path == "/keep") {
                        kept = std::move(respond);
                        return;
                      }
                      respond(text(200, "first"));
                      CHECK_FALSE(respond.is_pending());
                      respond(text(200, "second"));
                    },
                    ServerOptions{.stop_timeout = std::chrono::milliseconds{20}}};
    RawPeer peer{running.port()};
    peer.send(get("/"));
    CHECK(peer.until("first").find("200 OK") != std::string::npos);
    peer.send("GET /keep HTTP/1.1\r\nHost: x\r\n\r\n");
    running.server.stop();
    CHECK(peer.rest().empty());
  }
  kept(text(200, "late"));
  CHECK_FALSE(kept.is_pending());
}

TEST_CASE("HEAD gets the header of GET without its body") {
  Running running{echo};
  RawPeer peer{running.port()};
  peer.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n" + get("/b"));
  const std::string answers = peer.until("GET /b []");
  CHECK(answers.find("Content-Length: 10") != std::string::npos);
  CHECK(answers.find("HEAD /a") == std::string::npos);
}

TEST_CASE("HTTP/1.0 is answered and closed, unless it asks to be kept alive") {
  Running running{echo};
  RawPeer closing{running.port()};
  closing.send("GET /a HTTP/1.0\r\n\r\n");
  CHECK(closing.rest().find("Connection: close\r\n") != std::string::npos);
  RawPeer keeping{running.port()};
  keeping.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(keeping.until("GET /a []").find("Connection: keep-alive\r\n") != std::string::npos);
  keeping.send("GET /b HTTP/1.0\r\n\r\n");
  CHECK(keeping.rest().ends_with("GET /b []"));
}

TEST_CASE("a client that waits for 100 is told to go on, and not when it is refused anyway") {
  Running running{echo, ServerOptions{.body_bytes_max = 10}};
  RawPeer peer{running.port()};
  peer.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  CHECK(peer.until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  peer.send("body");
  CHECK(peer.until("POST / [body]").starts_with("HTTP/1.1 200"));

  RawPeer refused{running.port()};
  refused.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 40\r\n\r\n");
  const std::string answer = refused.rest();
  CHECK(answer.starts_with("HTTP/1.1 413 "));
  CHECK(answer.find("http.body_too_large") != std::string::npos);
}

TEST_CASE("a body in chunks arrives whole, also octet by octet; its trailer is dropped") {
  Running running{echo};
  RawPeer peer{running.port()};
  const std::string request =
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "5;name=value\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nX-Trailer: 1\r\n\r\n";
  for (const char c : request) peer.send({&c, 1});
  CHECK(peer.until("]").ends_with("POST / [hello world]"));
}

TEST_CASE("what is no proper request is refused with a problem, closed, and harms nobody else") {
  Running running{echo, ServerOptions{.header_bytes_max = 2048, .body_bytes_max = 1000}};
  struct Case {
    std::string_view name;
    std::string input;
    std::string_view status;
    std::string_view code;
  };
  const std::string host = "Host: x\r\n";
  const std::string post = "POST / HTTP/1.1\r\n" + host;
  const std::string large(3000, 'a');
  const std::vector<Case> cases{
      {"no HTTP at all", "hello\r\n\r\n", "400", "http.bad_request"},
      {"TLS", std::string{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11}, "400",
       "http.bad_request"},
      {"NUL", std::string{"GET /\0 HTTP/1.1\r\n\r\n", 19}, "400", "http.bad_request"},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505", "http.unsupported"},
      {"HTTP/0.9 version", "GET / HTTP/0.9\r\n\r\n", "505", "http.unsupported"},
      {"no version", "GET /\r\n\r\n", "400", "http.bad_request"},
      {"bare line feeds", "GET / HTTP/1.1\nHost: x\n\n", "400", "http.bad_request"},
      {"no Host", "GET / HTTP/1.1\r\n\r\n", "400", "http.bad_request"},
      {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400", "http.bad_request"},
      {"bad Host", "GET / HTTP/1.1\r\nHost: a/b@c\r\n\r\n", "400", "http.bad_request"},
      {"a field without colon", "GET / HTTP/1.1\r\nHost x\r\n\r\n", "400", "http.bad_request"},
      {"space before colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", "400", "http.bad_request"},
      {"control in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: \x01\r\n\r\n", "400",
       "http.bad_request"},
      {"relative target", "GET runs HTTP/1.1\r\n" + host + "\r\n", "400", "http.bad_request"},
      {"fragment", "GET /#a HTTP/1.1\r\n" + host + "\r\n", "400", "http.bad_request"},
      {"bad query", "GET /?a=%zz HTTP/1.1\r\n" + host + "\r\n", "400", "http.bad_request"},
      {"query not UTF-8", "GET /?a=%ff HTTP/1.1\r\n" + host + "\r\n", "400", "http.bad_request"},
      {"long target", "GET /" + large + " HTTP/1.1\r\n" + host + "\r\n", "414",
       "http.header_too_large"},
      {"endless target", "GET /" + large, "414", "http.header_too_large"},
      {"large field", "GET / HTTP/1.1\r\n" + host + "A: " + large + "\r\n\r\n", "431",
       "http.header_too_large"},
      {"endless field", "GET / HTTP/1.1\r\n" + host + "A: " + large, "431",
       "http.header_too_large"},
      {"many fields",
       "GET / HTTP/1.1\r\n" + host +
           [] {
             std::string fields;
             for (int i = 0; i < 200; ++i) fields += "a:\r\n";
             return fields;
           }() +
           "\r\n",
       "431", "http.header_too_large"},
      {"length no number", post + "Content-Length: x\r\n\r\n", "400", "http.bad_request"},
      {"length negative", post + "Content-Length: -1\r\n\r\n", "400", "http.bad_request"},
      {"length signed", post + "Content-Length: +1\r\n\r\n", "400", "http.bad_request"},
      {"length huge", post + "Content-Length: 99999999999999999999999\r\n\r\n", "400",
       "http.bad_request"},
      {"two lengths", post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", "400",
       "http.bad_request"},
      {"length too large", post + "Content-Length: 1001\r\n\r\n", "413", "http.body_too_large"},
      {"length and chunks",
       post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400",
       "http.bad_request"},
      {"chunks and length",
       post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", "400",
       "http.bad_request"},
      {"gzip coding", post + "Transfer-Encoding: gzip, chunked\r\n\r\n", "501", "http.unsupported"},
      {"unknown coding", post + "Transfer-Encoding: xchunked\r\n\r\n", "501", "http.unsupported"},
      {"chunks in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400",
       "http.bad_request"},
      {"chunk size no number", post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "400",
       "http.bad_request"},
      {"chunk size overflow", post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
       "400", "http.bad_request"},
      {"chunk too large", post + "Transfer-Encoding: chunked\r\n\r\n1000\r\n", "413",
       "http.body_too_large"},
      {"chunks together too large",
       post + "Transfer-Encoding: chunked\r\n\r\n200\r\n" + std::string(512, 'a') + "\r\n200\r\n",
       "413", "http.body_too_large"},
      {"chunk without its end", post + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", "400",
       "http.bad_request"},
      {"endless chunk extension",
       post + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(9000, 'a'), "400",
       "http.bad_request"},
      {"unknown expectation", post + "Expect: tea\r\nContent-Length: 1\r\n\r\n", "417",
       "http.unsupported"},
  };
  RawPeer bystander{running.port()};
  for (const Case& one : cases) {
    CAPTURE(one.name);
    RawPeer peer{running.port()};
    const std::string answer = peer.send(one.input).rest();
    CHECK_FALSE(peer.timed_out());
    CHECK(answer.starts_with(fmt::format("HTTP/1.1 {} ", one.status)));
    CHECK(answer.find("Content-Type: application/problem+json\r\n") != std::string::npos);
    CHECK(answer.find("Connection: close\r\n") != std::string::npos);
    CHECK(answer.find(fmt::format("{{\"code\":\"{}\"", one.code)) != std::string::npos);
    CHECK(bystander.send(get("/ok")).until("GET /ok []").find("200 OK") != std::string::npos);
  }
}

TEST_CASE("random damage to requests never takes the server down") {
  Running running{echo, ServerOptions{.header_bytes_max = 1024, .body_bytes_max = 1000}};
  const std::string proper =
      "POST /a/b?c=d HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  std::uint64_t random = 0x9E3779B97F4A7C15ULL;
  const auto below = [&random](std::size_t bound) {
    random ^= random << 13U;
    random ^= random >> 7U;
    random ^= random << 17U;
    return static_cast<std::size_t>(random % bound);
  };
  for (int round = 0; round < 200; ++round) {
    std::string damaged = proper;
    for (std::size_t i = 0; i <= below(4); ++i) {
      damaged[below(damaged.size())] = static_cast<char>(below(256));
      if (below(3) == 0) damaged.erase(below(damaged.size()), below(8));
    }
    RawPeer peer{running.port()};
    peer.send(damaged).end_sending();
    peer.rest();
    CHECK_FALSE(peer.timed_out());
  }
  RawPeer peer{running.port()};
  CHECK(peer.send(get("/ok")).until("GET /ok []").starts_with("HTTP/1.1 200"));
}

TEST_CASE("who sends too slowly is cut: 408 inside a request, silence between requests") {
  const std::chrono::milliseconds brief{40};
  Running running{
      echo, ServerOptions{.header_timeout = brief, .body_timeout = brief, .idle_timeout = brief}};
  RawPeer silent{running.port()};
  RawPeer in_header{running.port()};
  RawPeer in_body{running.port()};
  RawPeer idle{running.port()};
  in_header.send("GET / HTTP/1.1\r\nHo");
  in_body.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc");
  idle.send(get("/"));
  CHECK(idle.until("GET / []").starts_with("HTTP/1.1 200"));
  CHECK(idle.rest().empty());
  CHECK(silent.rest().empty());
  for (RawPeer* peer : {&in_header, &in_body}) {
    const std::string answer = peer->rest();
    CHECK(answer.starts_with("HTTP/1.1 408 "));
    CHECK(answer.find("http.request_timeout") != std::string::npos);
  }
  CHECK_FALSE(silent.timed_out());
}

TEST_CASE("trickling octets do not move the deadline of a header") {
  Running running{echo, ServerOptions{.header_timeout = std::chrono::milliseconds{60}}};
  RawPeer peer{running.port()};
  const auto started = std::chrono::steady_clock::now();
  std::promise<void> over;
  std::thread trickle{[&, ended = over.get_future()] {
    peer.send("GET / HTTP/1.1\r\nA: ");
    while (ended.wait_for(std::chrono::milliseconds{5}) == std::future_status::timeout) {
      peer.send("a");
    }
  }};
  CHECK(peer.rest().starts_with("HTTP/1.1 408 "));
  CHECK(std::chrono::steady_clock::now() - started <
        std::chrono::seconds{30});  // else: without end
  over.set_value();
  trickle.join();
}

TEST_CASE("beyond the largest number of connections the next one is told to come back") {
  Running running{echo, ServerOptions{.connections_max = 2}};
  RawPeer first{running.port()};
  RawPeer second{running.port()};
  CHECK(first.send(get("/")).until("GET / []").starts_with("HTTP/1.1 200"));
  CHECK(second.send(get("/")).until("GET / []").starts_with("HTTP/1.1 200"));
  RawPeer third{running.port()};
  const std::string answer = third.rest();
  CHECK(answer.starts_with("HTTP/1.1 503 "));
  CHECK(answer.find("Retry-After: ") != std::string::npos);
  CHECK(answer.find("http.busy") != std::string::npos);
  CHECK(first.send(get("/")).until("GET / []").starts_with("HTTP/1.1 200"));
}

TEST_CASE("bodies that need more memory than all may take are refused; what ended counts no more") {
  Running running{echo, ServerOptions{.bodies_bytes_max = 10'000}};
  const auto post = [](std::size_t bytes) {
    return fmt::format("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}", bytes,
                       std::string(bytes, 'a'));
  };
  RawPeer peer{running.port()};
  for (int i = 0; i < 10; ++i) {
    CHECK(peer.send(post(4'000)).until("a]").find("HTTP/1.1 200") != std::string::npos);
    RawPeer large{running.port()};
    const std::string answer = large.send(post(20'000)).rest();
    CHECK(answer.starts_with("HTTP/1.1 503 "));
    CHECK(answer.find("http.busy") != std::string::npos);
  }
}

TEST_CASE("stopping lets a request in flight be answered and closes what is idle") {
  std::promise<void> reached;
  std::promise<void> go_on;
  std::thread slow;
  Running running{[&](Request request, Responder respond) {
    if (request.path != "/slow") return respond(text(200, "quick"));
    slow = std::thread{[&, answer = std::move(respond)]() mutable {
      go_on.get_future().wait();
      answer(text(200, "finished"));
    }};
    reached.set_value();
  }};
  RawPeer idle{running.port()};
  CHECK(idle.send(get("/")).until("quick").starts_with("HTTP/1.1 200"));
  RawPeer busy{running.port()};
  busy.send(get("/slow"));
  reached.get_future().wait();
  std::thread stopper{[&] { running.server.stop(); }};
  CHECK(idle.rest().empty());  // the stop has begun
  go_on.set_value();
  const std::string answer = busy.rest();
  CHECK(answer.ends_with("finished"));
  busy.close();
  stopper.join();
  slow.join();
  CHECK(running.server.connections() == 0);
  CHECK_FALSE(RawPeer{running.port()}.is_connected());
}

TEST_CASE("a client that has shut down its side still gets its answer") {
  std::thread later;
  Running running{[&](Request, Responder respond) {
    later = std::thread{[answer = std::move(respond)]() mutable { answer(text(200, "answer")); }};
  }};
  RawPeer peer{running.port()};
  peer.send(get("/")).end_sending();
  CHECK(peer.rest().ends_with("answer"));
  later.join();
}

TEST_CASE("a large answer reaches a slow reader whole") {
  const std::string large(5'000'000, 'z');
  Running running{[&](Request, Responder respond) { respond(text(200, large)); }};
  RawPeer peer{running.port()};
  peer.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string answer = peer.rest();
  CHECK(answer.size() > large.size());
  CHECK(answer.ends_with(std::string(1000, 'z')));
}

TEST_CASE("an address in use is an error that names it") {
  Running running{echo};
  Server second{ServerOptions{.port = running.port()}, echo};
  const Result<void> started = second.start();
  REQUIRE_FALSE(started);
  CHECK(started.error().code == "http.listen");
  CHECK(started.error().message.find(fmt::format("127.0.0.1:{}", running.port())) !=
        std::string::npos);
  Server nowhere{ServerOptions{.address = "nowhere"}, echo};
  CHECK_FALSE(nowhere.start());
}

TEST_CASE("several threads serve many connections at once") {
  std::atomic<int> served{0};
  Running running{[&](Request request, Responder respond) {
                    ++served;
                    respond(text(200, request.path));
                  },
                  ServerOptions{.threads = 2}};
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&, i] {
      const Result<ServerAddress> address =
          parse_server_address(fmt::format("http://127.0.0.1:{}", running.port()));
      Client client{*address};
      for (int j = 0; j < 50; ++j) {
        const std::string path = fmt::format("/{}/{}", i, j);
        const Result<ClientResponse> answer = client.request("GET", path);
        if (!answer || answer->body != path) return;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  CHECK(served == 400);
}

}  // namespace dandori::http
