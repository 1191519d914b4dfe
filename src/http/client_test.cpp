#include "http/client.h"

#include <doctest/doctest.h>
#include <fmt/core.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <thread>

#include "http/load_client.h"
#include "http/server.h"

namespace dandori::http {

namespace {

ServerAddress at_port(std::uint16_t port) {
  return *parse_server_address(fmt::format("http://127.0.0.1:{}", port));
}

void echo(Request request, Responder respond) {
  Response response = text(request.path == "/bad" ? 409 : 200,
                           fmt::format("{} {} [{}]", request.method, request.target, request.body));
  response.headers.add("X-Peer", request.peer);
  respond(std::move(response));
}

}  // namespace

TEST_CASE("addresses of servers are read, and others refused") {
  const ServerAddress plain = *parse_server_address("http://example:8080/base/");
  CHECK(plain.host == "example");
  CHECK(plain.port == "8080");
  CHECK(plain.base == "/base");
  CHECK(plain.authority == "example:8080");
  const ServerAddress six = *parse_server_address("http://[::1]:81");
  CHECK(six.host == "::1");
  CHECK(six.port == "81");
  CHECK(parse_server_address("http://[::1]")->port == "80");
  CHECK(parse_server_address("unix:/run/x.sock")->unix_path == "/run/x.sock");
  CHECK(parse_server_address("unix:///run/x.sock")->unix_path == "/run/x.sock");
  for (const char* bad :
       {"", "example", "https://example", "http://", "http://:80", "http://a:b", "http://a:0",
        "http://a:99999", "http://u@a", "http://a/?q", "unix:", "http://a b"}) {
    CAPTURE(bad);
    const Result<ServerAddress> address = parse_server_address(bad);
    REQUIRE_FALSE(address);
    CHECK(address.error().code == "http.bad_url");
  }
}

TEST_CASE("a client keeps its connection from request to request") {
  Server server{{}, echo};
  REQUIRE(server.start());
  Client client{at_port(server.port())};
  const Result<ClientResponse> first = client.request("POST", "/a?b=c", {{"X-Y", "z"}}, "body");
  REQUIRE(first);
  CHECK(first->status == 200);
  CHECK(first->body == "POST /a?b=c [body]");
  const Result<ClientResponse> second = client.request("GET", "/bad");
  REQUIRE(second);
  CHECK(second->status == 409);
  CHECK(second->headers.value("x-peer") == first->headers.value("x-peer"));
  const Result<ClientResponse> head = client.request("HEAD", "/");
  REQUIRE(head);
  CHECK(head->body.empty());
  CHECK(head->headers.value("x-peer") == first->headers.value("x-peer"));
}

TEST_CASE("a client speaks over a unix socket, which is loopback") {
  const std::string path =
      (std::filesystem::temp_directory_path() / fmt::format("http_test_{}.sock", ::getpid()));
  const auto serve = [](Request request, Responder respond) {
    respond(text(200, fmt::format("{} {}", request.peer, request.peer_is_loopback)));
  };
  {
    Server server{ServerOptions{.address = "", .unix_path = path}, serve};
    REQUIRE(server.start());
    Client client{*parse_server_address("unix:" + path)};
    const Result<ClientResponse> answer = client.request("GET", "/");
    REQUIRE(answer);
    CHECK(answer->body == "unix true");

    Server second{ServerOptions{.address = "", .unix_path = path}, serve};
    const Result<void> taken = second.start();
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code == "http.listen");
    CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms::all) ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  }
  CHECK_FALSE(std::filesystem::exists(path));
  Client client{*parse_server_address("unix:" + path)};
  CHECK(client.request("GET", "/").error().code == "http.connect");
}

TEST_CASE("a streamed body comes piece by piece and can be left") {
  PushStream stream;
  Server server{
      {}, [&](Request, Responder respond) { respond(streamed("text/plain", stream.source())); }};
  REQUIRE(server.start());
  stream.push("a");
  Client client{at_port(server.port())};
  std::string got;
  const Result<ClientResponse> answer =
      client.stream("GET", "/", {}, {}, [&](std::string_view piece) {
        got += piece;
        if (got.size() < 3) stream.push("b");  // the next piece only comes after this one
        return got.size() < 3;
      });
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(got == "abb");
  CHECK(answer->body.empty());
}

TEST_CASE("a client starts anew when the server has closed the kept connection") {
  Server server{ServerOptions{.idle_timeout = std::chrono::milliseconds{20}}, echo};
  REQUIRE(server.start());
  Client client{at_port(server.port())};
  REQUIRE(client.request("GET", "/"));
  while (server.connections() > 0) std::this_thread::yield();
  CHECK(client.request("POST", "/", {}, "x"));
}

TEST_CASE("who is not there, does not answer, or speaks no HTTP is told apart") {
  std::uint16_t free_port = 0;
  {
    Server server{{}, echo};
    REQUIRE(server.start());
    free_port = server.port();
  }
  const Result<ClientResponse> nobody = Client{at_port(free_port)}.request("GET", "/");
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().code == "http.connect");

  std::vector<Responder> kept;
  Server silent{ServerOptions{.stop_timeout = std::chrono::milliseconds{10}},
                [&](Request, Responder respond) { kept.push_back(std::move(respond)); }};
  REQUIRE(silent.start());
  Client impatient{at_port(silent.port()), ClientOptions{.timeout = std::chrono::milliseconds{30}}};
  CHECK(impatient.request("GET", "/").error().code == "http.timeout");

  Server server{{}, echo};
  REQUIRE(server.start());
  Client client{at_port(server.port())};
  CHECK(client.request("GET", "/a b").error().code == "http.protocol");
  CHECK(client.request("GET", "/", {{"A", "b\r\nC: d"}}).error().code == "http.protocol");
  Client small{at_port(server.port()), ClientOptions{.body_bytes_max = 3}};
  CHECK(small.request("GET", "/").error().code == "http.protocol");
}

TEST_CASE("a client sees why it was refused although it is still sending") {
  Server server{ServerOptions{.body_bytes_max = 1000}, echo};
  REQUIRE(server.start());
  Client client{at_port(server.port())};
  const Result<ClientResponse> answer =
      client.request("POST", "/", {}, std::string(2'000'000, 'x'));
  REQUIRE(answer);
  CHECK(answer->status == 413);
}

TEST_CASE("a load keeps its connections busy and counts what comes back") {
  Server server{{}, echo};
  REQUIRE(server.start());
  int left = 1000;
  std::uint64_t seen = 0;
  const Result<LoadReport> report = run_load(
      at_port(server.port()), LoadOptions{.connections = 8},
      [&](LoadRequest& request) {
        request.method = "POST";
        request.target = left % 10 == 0 ? "/bad" : "/a";
        request.headers = "Content-Type: text/plain\r\n";
        request.body = "body";
        return left-- > 0;
      },
      [&](int status, std::string_view body, std::chrono::nanoseconds) {
        seen += status == 200 && body == "POST /a [body]" ? 1 : 0;
      });
  REQUIRE(report);
  CHECK(report->answered == 1000);
  CHECK(report->failed == 0);
  CHECK(report->by_status.at(200) == 900);
  CHECK(report->by_status.at(409) == 100);
  CHECK(seen == 900);
  CHECK(report->latency_us.size() == 1000);
  CHECK(report->latency_quantile(0.5) <= report->latency_quantile(0.99));
  CHECK(report->per_second() > 0);
  server.stop();
  CHECK(run_load(at_port(server.port()), {}, [](LoadRequest&) { return true; }).error().code ==
        "http.connect");
}

}  // namespace dandori::http
