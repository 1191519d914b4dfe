#include "convert/ics_values.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace dandori::convert {

namespace {

constexpr std::int64_t kSpanSecondsMax = 3660 * kDaySeconds;

std::string upper(std::string_view text) {
  std::string out{trim(text)};
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

/// All digits of the text as a number; nullopt: something else is in it.
std::optional<int> digits(std::string_view text) {
  int number = 0;
  if (text.empty() || text.front() == '-') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// One line of the file, without its end.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  while (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// The end of the name, or of one parameter: a `:` or `;` outside quotes.
std::size_t part_end(std::string_view line, std::size_t from) {
  bool quoted = false;
  for (std::size_t at = from; at < line.size(); ++at) {
    if (line[at] == '"') quoted = !quoted;
    if (!quoted && (line[at] == ':' || line[at] == ';')) return at;
  }
  return std::string_view::npos;
}

}  // namespace

std::string_view IcsLine::param(std::string_view wanted) const {
  const auto found = std::ranges::find(params, wanted, &decltype(params)::value_type::first);
  return found == params.end() ? std::string_view{} : found->second;
}

std::optional<IcsLine> next_line(std::string_view& text, int& number) {
  IcsLine out;
  out.line = number++;
  std::string whole{take_line(text)};
  while (text.starts_with(' ') || text.starts_with('\t')) {
    whole += take_line(text).substr(1);
    ++number;
  }
  std::size_t at = part_end(whole, 0);
  if (at == std::string::npos) return std::nullopt;
  out.name = upper(std::string_view{whole}.substr(0, at));
  while (whole[at] == ';') {
    const std::size_t end = part_end(whole, at + 1);
    if (end == std::string::npos) return std::nullopt;
    const std::string_view param = std::string_view{whole}.substr(at + 1, end - at - 1);
    const std::size_t equals = std::min(param.find('='), param.size());
    std::string value{param.substr(std::min(equals + 1, param.size()))};
    std::erase(value, '"');
    out.params.emplace_back(upper(param.substr(0, equals)), std::move(value));
    at = end;
  }
  out.value = whole.substr(at + 1);
  return out;
}

std::optional<IcsTime> read_time(std::string_view text) {
  text = trim(text);
  IcsTime out;
  out.is_date = text.size() == 8;
  out.is_utc = text.size() == 16 && (text[15] == 'Z' || text[15] == 'z');
  if (!out.is_date && !out.is_utc && text.size() != 15) return std::nullopt;
  const auto year = digits(text.substr(0, 4)), month = digits(text.substr(4, 2)),
             day = digits(text.substr(6, 2));
  if (!year || !month || !day || *year < 1600 || *year > 2400 || *month < 1 || *month > 12 ||
      *day < 1 || *day > month_length(*year, *month)) {
    return std::nullopt;
  }
  out.local.seconds = std::int64_t{make_day(*year, *month, *day).days} * kDaySeconds;
  if (out.is_date) return out;
  const auto hour = digits(text.substr(9, 2)), minute = digits(text.substr(11, 2)),
             second = digits(text.substr(13, 2));
  const bool has_t = text[8] == 'T' || text[8] == 't';
  if (!has_t || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  out.local.seconds += *hour * 3600 + *minute * 60 + std::min(*second, 59);
  return out;
}

std::optional<std::int64_t> read_span(std::string_view text) {
  text = trim(text);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (!text.starts_with('P')) return std::nullopt;
  text.remove_prefix(1);
  std::int64_t seconds = 0;
  bool in_time = false, any = false;
  while (!text.empty()) {
    if (text.front() == 'T' && !in_time) {
      in_time = true;
      text.remove_prefix(1);
      continue;
    }
    const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = digits(text.substr(0, std::min<std::size_t>(end, 10)));
    if (!number || end > 9 || end == text.size()) return std::nullopt;
    const char unit = text[end];
    const std::int64_t factor = !in_time && unit == 'W'   ? 7 * kDaySeconds
                                : !in_time && unit == 'D' ? kDaySeconds
                                : in_time && unit == 'H'  ? 3600
                                : in_time && unit == 'M'  ? 60
                                : in_time && unit == 'S'  ? 1
                                                          : 0;
    if (factor == 0) return std::nullopt;
    seconds += *number * factor;
    if (seconds > kSpanSecondsMax) return std::nullopt;
    any = true;
    text.remove_prefix(end + 1);
  }
  if (!any) return std::nullopt;
  return negative ? -seconds : seconds;
}

std::string read_text(std::string_view value) {
  std::string out;
  for (std::size_t at = 0; at < value.size(); ++at) {
    if (value[at] != '\\' || at + 1 == value.size()) {
      out += value[at];
      continue;
    }
    const char next = value[++at];
    out += next == 'n' || next == 'N' ? '\n' : next;
  }
  return out;
}

std::string write_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == ',' || c == ';') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace dandori::convert
