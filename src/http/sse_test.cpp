#include "http/sse.h"

#include <doctest/doctest.h>

#include <vector>

namespace dandori::http {

TEST_CASE("an event is read back as it was written, however the stream is cut") {
  const std::vector<SseEvent> events{{"1", "run", R"({"a":1})"},
                                     {"2", "", "two\nlines"},
                                     {"3", "reset", ""},
                                     {"4", "", " leading space"}};
  std::string stream = ": hello\n\nretry: 10\n\n";
  for (const SseEvent& event : events) stream += format_sse(event);
  for (std::size_t size = 1; size <= stream.size(); ++size) {
    std::vector<SseEvent> got;
    SseReader reader{[&](const SseEvent& event) { got.push_back(event); }};
    for (std::size_t at = 0; at < stream.size(); at += size) {
      reader.feed(std::string_view{stream}.substr(at, size));
    }
    CHECK(got == events);
  }
}

TEST_CASE("an id cannot smuggle in a line, and all line ends are understood") {
  CHECK(format_sse({"1\ndata: x", "e\r", "d"}) == "id: 1 data: x\nevent: e \ndata: d\n\n");
  std::vector<SseEvent> got;
  SseReader reader{[&](const SseEvent& event) { got.push_back(event); }};
  reader.feed("id:7\r\ndata:a\rdata\ndata: b\r\n\r\nevent: none\n\n");
  CHECK(got == std::vector<SseEvent>{{"7", "", "a\n\nb"}});
}

}  // namespace dandori::http
