#include "http/sse.h"

#include <algorithm>

namespace dandori::http {

namespace {

void append_line(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  const std::size_t start = out.size();
  out += value;
  std::ranges::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(start), out.end(),
      [](char c) { return c == '\n' || c == '\r' || c == '\0'; }, ' ');
  out += '\n';
}

}  // namespace

std::string format_sse(const SseEvent& event) {
  std::string out;
  out.reserve(event.data.size() + event.event.size() + event.id.size() + 32);
  if (!event.id.empty()) append_line(out, "id", event.id);
  if (!event.event.empty()) append_line(out, "event", event.event);
  std::string_view rest = event.data;
  for (;;) {
    const std::size_t end = rest.find('\n');
    append_line(out, "data", rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  out += '\n';
  return out;
}

void SseReader::feed(std::string_view piece) {
  for (const char c : piece) {
    if (skip_line_feed_ && c == '\n') {
      skip_line_feed_ = false;
      continue;
    }
    skip_line_feed_ = c == '\r';
    if (c != '\n' && c != '\r') {
      line_ += c;
      continue;
    }
    take_line(line_);
    line_.clear();
  }
}

void SseReader::take_line(std::string_view line) {
  if (line.empty()) {
    if (has_data_) on_event_(event_);
    event_.event.clear();
    event_.data.clear();
    has_data_ = false;
    return;
  }
  const std::size_t colon = std::min(line.find(':'), line.size());
  const std::string_view name = line.substr(0, colon);
  std::string_view value = colon < line.size() ? line.substr(colon + 1) : "";
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "data") {
    if (has_data_) event_.data += '\n';
    event_.data += value;
    has_data_ = true;
  } else if (name == "event") {
    event_.event = value;
  } else if (name == "id" && value.find('\0') == std::string_view::npos) {
    event_.id = value;  // stays for later events, as the standard has it
  }
}

}  // namespace dandori::http
