#include "http/stream.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

#include "http/raw_peer_test.h"
#include "http/server.h"

namespace dandori::http {

namespace {

using test::RawPeer;

const std::string kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/// Makes `count` chunks of `bytes` each without ever pausing.
class Endless final : public ChunkSource {
 public:
  Endless(std::atomic<std::size_t>& pulled, std::promise<void>& gone, std::size_t bytes)
      : pulled_{pulled}, gone_{gone}, bytes_{bytes} {}
  ~Endless() override { gone_.set_value(); }
  Endless(const Endless&) = delete;
  Endless& operator=(const Endless&) = delete;
  void start(Wake /*wake*/) override {}
  Pulled next(std::string& out, std::size_t bytes_max) override {
    const std::size_t size = std::min(bytes_, bytes_max);
    out.append(size, 'e');
    pulled_ += size;
    return Pulled::chunk;
  }

 private:
  std::atomic<std::size_t>& pulled_;
  std::promise<void>& gone_;
  std::size_t bytes_;
};

class Failing final : public ChunkSource {
 public:
  void start(Wake /*wake*/) override {}
  Pulled next(std::string& out, std::size_t /*bytes_max*/) override {
    if (started_) throw std::runtime_error{"cannot go on"};
    started_ = true;
    out = "begun";
    return Pulled::chunk;
  }

 private:
  bool started_ = false;
};

}  // namespace

TEST_CASE(
    "what is pushed arrives while the stream goes on, and its end leaves the connection usable") {
  PushStream stream;
  int request_count = 0;
  Server server{{}, [&](Request, Responder respond) {
                  respond(++request_count == 1 ? streamed("text/event-stream", stream.source())
                                               : text(200, "next"));
                }};
  REQUIRE(server.start());
  RawPeer peer{server.port()};
  peer.send(kGet);
  CHECK(peer.until("\r\n\r\n").find("Transfer-Encoding: chunked\r\n") != std::string::npos);
  CHECK(stream.push("data: 1\n\n"));
  CHECK(peer.until("\n\n\r\n") == "9\r\ndata: 1\n\n\r\n");
  CHECK(stream.push("data: 2\n\n"));
  CHECK(peer.until("\n\n\r\n") == "9\r\ndata: 2\n\n\r\n");
  stream.finish();
  CHECK(peer.until("0\r\n\r\n") == "0\r\n\r\n");
  CHECK_FALSE(stream.push("more"));
  CHECK(peer.send(kGet).until("next").starts_with("HTTP/1.1 200"));
}

TEST_CASE("many pushes from another thread all arrive, in order") {
  PushStream stream{64U << 20U};
  Server server{
      {}, [&](Request, Responder respond) { respond(streamed("text/plain", stream.source())); }};
  REQUIRE(server.start());
  RawPeer peer{server.port()};
  peer.send("GET / HTTP/1.0\r\n\r\n");
  std::string expected;
  std::thread pusher{[&] {
    for (int i = 0; i < 20'000; ++i) stream.push(fmt::format("{}\n", i));
    stream.finish();
  }};
  for (int i = 0; i < 20'000; ++i) expected += fmt::format("{}\n", i);
  CHECK(peer.until("\r\n\r\n").starts_with("HTTP/1.1 200"));
  CHECK(peer.rest() == expected);
  pusher.join();
}

TEST_CASE("a source learns at once that its client has gone") {
  std::atomic<std::size_t> pulled{0};
  std::promise<void> gone;
  PushStream quiet;
  Server server{{}, [&](Request request, Responder respond) {
                  if (request.path == "/quiet")
                    return respond(streamed("text/plain", quiet.source()));
                  respond(streamed("text/plain", std::make_unique<Endless>(pulled, gone, 1000)));
                }};
  REQUIRE(server.start());
  {
    RawPeer peer{server.port()};
    CHECK(peer.send(kGet).until("eee").ends_with("eee"));
  }
  CHECK(gone.get_future().wait_for(std::chrono::seconds{10}) == std::future_status::ready);

  RawPeer peer{server.port()};
  peer.send("GET /quiet HTTP/1.1\r\nHost: x\r\n\r\n").until("\r\n\r\n");
  CHECK(quiet.is_open());
  peer.close();
  while (quiet.is_open()) std::this_thread::yield();
  CHECK_FALSE(quiet.push("nobody"));
}

TEST_CASE("a client that takes nothing slows its source down and is cut in the end") {
  std::atomic<std::size_t> pulled{0};
  std::promise<void> gone;
  Server server{
      ServerOptions{.write_timeout = std::chrono::milliseconds{50}},
      [&](Request, Responder respond) {
        respond(streamed("text/plain", std::make_unique<Endless>(pulled, gone, 64U << 10U)));
      }};
  REQUIRE(server.start());
  RawPeer peer{server.port()};
  peer.send(kGet);
  CHECK(gone.get_future().wait_for(std::chrono::seconds{10}) == std::future_status::ready);
  CHECK(pulled < 64U << 20U);  // what fits into the sockets' buffers, and no more
  while (server.connections() > 0) std::this_thread::yield();
}

TEST_CASE("a push stream whose client is too slow is cut when its bound is reached") {
  PushStream stream{1000};
  Server server{
      {}, [&](Request, Responder respond) { respond(streamed("text/plain", stream.source())); }};
  REQUIRE(server.start());
  RawPeer peer{server.port()};
  peer.shrink_receive_buffer();
  peer.send(kGet).until("\r\n\r\n");
  const std::string piece(900, 'p');
  bool open = true;
  for (int i = 0; i < 100'000 && open; ++i) open = stream.push(piece);
  CHECK_FALSE(open);
  CHECK_FALSE(stream.is_open());
  CHECK_FALSE(peer.rest().ends_with("0\r\n\r\n"));
  CHECK_FALSE(peer.timed_out());
}

TEST_CASE("a source that fails cuts the connection, so that the client sees it") {
  Server server{{}, [](Request, Responder respond) {
                  respond(streamed("text/plain", std::make_unique<Failing>()));
                }};
  REQUIRE(server.start());
  RawPeer peer{server.port()};
  const std::string answer = peer.send(kGet).rest();
  CHECK(answer.find("begun") != std::string::npos);
  CHECK_FALSE(answer.ends_with("0\r\n\r\n"));
}

TEST_CASE("a quiet stream sends its idle chunk") {
  PushStream stream;
  Server server{ServerOptions{.idle_timeout = std::chrono::milliseconds{20}},
                [&](Request, Responder respond) {
                  Response response = streamed("text/event-stream", stream.source());
                  response.stream->idle_chunk = ":\n\n";
                  response.stream->idle_every = std::chrono::milliseconds{10};
                  respond(std::move(response));
                }};
  REQUIRE(server.start());
  RawPeer peer{server.port()};
  peer.send(kGet).until("\r\n\r\n");
  CHECK(peer.until("\n\n\r\n") == "3\r\n:\n\n\r\n");
  CHECK(peer.until("\n\n\r\n") == "3\r\n:\n\n\r\n");
  stream.finish();
  CHECK(peer.until("0\r\n\r\n").ends_with("0\r\n\r\n"));
}

TEST_CASE("a stream that may not go on is cut, while it is quiet and while it is taken slowly") {
  for (const bool is_quiet : {true, false}) {
    std::atomic<bool> may_go_on{true};
    std::atomic<int> asked{0};
    std::atomic<std::size_t> pulled{0};
    std::promise<void> gone;
    PushStream stream;
    Server server{ServerOptions{.idle_timeout = std::chrono::milliseconds{20}},
                  [&](Request, Responder respond) {
                    Response response =
                        streamed("text/event-stream",
                                 is_quiet ? stream.source()
                                          : std::make_unique<Endless>(pulled, gone, 1U << 16U));
                    response.stream->may_go_on = [&] { return ++asked < 3 || may_go_on; };
                    response.stream->check_every = std::chrono::milliseconds{5};
                    respond(std::move(response));
                  }};
    REQUIRE(server.start());
    RawPeer peer{server.port()};
    peer.shrink_receive_buffer();
    peer.send(kGet).until("\r\n\r\n");
    may_go_on = false;
    if (is_quiet) {
      CHECK(peer.rest().empty());
    } else {
      gone.get_future().wait();
    }
    CHECK(asked >= 3);
    CHECK_FALSE(peer.timed_out());
  }
}

TEST_CASE("a body is made on the connection's thread; one that cannot be made is a problem") {
  std::thread::id handled, made;
  Server server{{}, [&](Request request, Responder respond) {
                  handled = std::this_thread::get_id();
                  Response response = text(200, {});
                  response.make_body = [&made, fails = request.path == "/fails"] {
                    made = std::this_thread::get_id();
                    if (fails) throw std::runtime_error{"cannot"};
                    return std::string{"made later"};
                  };
                  std::thread{[&] { respond(std::move(response)); }}.join();
                }};
  REQUIRE(server.start());
  RawPeer peer{server.port()};
  CHECK(peer.send(kGet).until("made later").find("Content-Length: 10\r\n") != std::string::npos);
  CHECK(made == handled);
  peer.send("GET /fails HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(peer.rest().find("500 ") != std::string::npos);
}

TEST_CASE("HEAD of a stream is answered without asking the source") {
  PushStream stream;
  Server server{
      {}, [&](Request request, Responder respond) {
        respond(request.path == "/" ? streamed("text/plain", stream.source()) : text(200, "next"));
      }};
  REQUIRE(server.start());
  RawPeer peer{server.port()};
  peer.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(peer.until("next").find("Transfer-Encoding: chunked\r\n") != std::string::npos);
}

TEST_CASE("stopping ends streams at once") {
  PushStream stream;
  Server server{
      {}, [&](Request, Responder respond) { respond(streamed("text/plain", stream.source())); }};
  REQUIRE(server.start());
  RawPeer peer{server.port()};
  peer.send(kGet).until("\r\n\r\n");
  server.stop();
  CHECK_FALSE(stream.is_open());
  CHECK(peer.rest().empty());
}

}  // namespace dandori::http
