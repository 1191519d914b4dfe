#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "http/parser.h"
#include "http/router.h"
#include "http/sse.h"

namespace {

namespace http = dandori::http;

constexpr http::ParserLimits kLimits{.header_bytes_max = 8192, .body_bytes_max = 4096};

/// Reads requests until one fails or the octets end, offering `step` more octets at a time.
std::vector<std::string> read_requests(std::string_view bytes, std::size_t step) {
  std::vector<std::string> read;
  http::RequestParser parser{kLimits};
  std::string waiting;
  while (!bytes.empty() || !waiting.empty()) {
    const std::string_view piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    waiting += piece;
    for (;;) {
      const std::size_t consumed = parser.feed(waiting);
      DANDORI_ASSERT(consumed <= waiting.size(), "a parser takes what there is");
      waiting.erase(0, consumed);
      if (parser.state() != http::ParseState::complete) break;
      const http::Request& request = parser.request();
      DANDORI_ASSERT(request.body.size() <= kLimits.body_bytes_max, "a body keeps its bound");
      read.push_back(request.method + ' ' + request.target + '\n' + request.body);
      parser.reset();
    }
    if (parser.state() == http::ParseState::failed) {
      DANDORI_ASSERT(parser.fault().status >= 400, "a refusal has its status");
      return read;  // sooner or later: with little at hand a parser may wait for the header's end
                    // first
    }
    if (piece.empty()) return read;
  }
  return read;
}

std::string read_answer(std::string_view bytes, std::size_t step) {
  http::ResponseParser parser{kLimits};
  std::string waiting;
  while (!bytes.empty() && parser.state() == http::ParseState::reading) {
    const std::string_view piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    waiting += piece;
    const std::size_t consumed = parser.feed(waiting);
    DANDORI_ASSERT(consumed <= waiting.size(), "a parser takes what there is");
    waiting.erase(0, consumed);
  }
  parser.feed_end();
  DANDORI_ASSERT(parser.state() != http::ParseState::reading, "an end is an end");
  return parser.state() == http::ParseState::failed ? "refused" : parser.body();
}

http::Router make_router() {
  http::Router router;
  router.add("GET", "/runs");
  router.add("GET", "/runs/active");
  router.add("GET", "/runs/{run}/jobs/{job}");
  router.add("POST", "/runs/{run}/jobs/{job}:kill");
  router.add("GET", "/ui/{path...}");
  return router;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t step = 1 + data[0] % 64U;
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};

  DANDORI_ASSERT(read_requests(bytes, SIZE_MAX) == read_requests(bytes, step),
                 "requests read the same however they are cut");
  DANDORI_ASSERT(read_answer(bytes, SIZE_MAX) == read_answer(bytes, step),
                 "an answer reads the same however it is cut");

  static const http::Router router = make_router();
  const http::RouteMatch match = router.find("GET", bytes);
  DANDORI_ASSERT(match.params.value("path").find("..") == std::string_view::npos ||
                     !match.params.value("path").starts_with("../"),
                 "a path does not climb");
  if (const auto query = http::parse_query(bytes); query && !query->empty()) {
    std::string again;
    for (const auto& [name, value] : *query) {
      again += (again.empty() ? "" : "&") + http::percent_encode(name) + '=' +
               http::percent_encode(value);
    }
    const auto reread = http::parse_query(again);
    DANDORI_ASSERT(reread && reread->size() == query->size(), "a query reads back");
  }
  http::SseReader reader{[](const http::SseEvent&) {}};
  reader.feed(bytes);
  return 0;
}
