#include "base/clock.h"

#include "base/day.h"

namespace dandori {

std::optional<std::int32_t> parse_clock(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (const std::size_t i : {0U, 1U, 3U, 4U}) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
  }
  const std::int32_t hours = (text[0] - '0') * 10 + (text[1] - '0');
  const std::int32_t minutes = (text[3] - '0') * 10 + (text[4] - '0');
  if (hours > 47 || minutes > 59) return std::nullopt;
  return hours * 3600 + minutes * 60;
}

std::string format_clock(std::int32_t seconds) {
  std::string out;
  append_digits(out, seconds / 3600, 2);
  out += ':';
  append_digits(out, seconds / 60 % 60, 2);
  if (seconds % 60 == 0) return out;
  out += ':';
  append_digits(out, seconds % 60, 2);
  return out;
}

}  // namespace dandori
