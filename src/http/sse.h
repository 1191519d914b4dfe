#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace dandori::http {

/// One event of a `text/event-stream`.
struct SseEvent {
  std::string id;     ///< empty: none
  std::string event;  ///< empty: `message`
  std::string data;   ///< may have several lines

  bool operator==(const SseEvent&) const = default;
};

/// The event as its octets, with the empty line that ends it. Line breaks in id and event become
/// spaces.
std::string format_sse(const SseEvent& event);

/// Finds the events in the pieces of a stream, as a client gets them. Comments and `retry` are
/// skipped. Source: the WHATWG HTML standard, "Server-sent events".
class SseReader {
 public:
  explicit SseReader(std::function<void(const SseEvent&)> on_event)
      : on_event_{std::move(on_event)} {}

  void feed(std::string_view piece);

 private:
  void take_line(std::string_view line);

  std::function<void(const SseEvent&)> on_event_;
  std::string line_;
  SseEvent event_;
  bool has_data_ = false;
  bool skip_line_feed_ = false;  // the last octet was a carriage return
};

}  // namespace dandori::http
