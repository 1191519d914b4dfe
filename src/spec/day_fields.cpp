#include "spec/day_fields.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "base/clock.h"
#include "calendar/business_calendar.h"

namespace dandori::spec {

namespace {

using model::MonthDay;
using model::NamedDays;
using model::NthWeekday;
using model::YearlyDays;

constexpr auto kWeekdays =
    std::to_array<std::string_view>({"sun", "mon", "tue", "wed", "thu", "fri", "sat"});
constexpr std::string_view kRange = "..";
constexpr std::size_t kLongestDays = 22;  // 2026-08-12..2026-08-16

/// `text` with the digits of `form` where it has a 0, and its other characters as they are.
bool has_form(std::string_view text, std::string_view form) {
  return std::ranges::equal(text, form, [](char c, char wanted) {
    return wanted == '0' ? c >= '0' && c <= '9' : c == wanted;
  });
}
bool is_date_like(std::string_view text) {
  return has_form(text, "0000-00-00");
}
bool is_month_day_like(std::string_view text) {
  return has_form(text, "00-00");
}

bool is_days(std::string_view text) {
  const auto is_one = [](std::string_view part) {
    return is_date_like(part) || is_month_day_like(part);
  };
  if (text.size() > kLongestDays) return false;
  const std::size_t dots = text.find(kRange);
  if (dots == std::string_view::npos) return is_one(text);
  return is_one(text.substr(0, dots)) && is_one(text.substr(dots + kRange.size()));
}

bool is_weekday(std::string_view text) {
  return parse_weekday(text).has_value();
}
bool is_clock(std::string_view text) {
  return parse_clock(text).has_value();
}
bool is_clock_of_day(std::string_view text) {
  const auto seconds = parse_clock(text);
  return seconds && *seconds < kClockEndS / 2;
}

bool is_from_end(std::string_view text) {
  if (text == "last") return true;
  if (!text.starts_with("last-")) return false;
  text.remove_prefix(5);
  return !text.empty() && text.size() <= 2 && text[0] != '0' &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

int two_digits(std::string_view text) {
  return (text[0] - '0') * 10 + (text[1] - '0');
}

/// What is wrong with a text of the form kDays.
struct Flaw {
  std::string message, hint;
};

/// `12-31`. The year 2000 has every day that a year can have.
std::optional<MonthDay> parse_month_day(std::string_view text) {
  const int month = two_digits(text);
  const int day = two_digits(text.substr(3));
  if (month < 1 || month > 12 || day < 1 || day > month_length(2000, month)) return std::nullopt;
  return MonthDay{static_cast<std::uint8_t>(month), static_cast<std::uint8_t>(day)};
}

std::optional<Flaw> add_dates(std::string_view text, std::string_view first, std::string_view last,
                              const std::string& title, std::vector<NamedDays>& out) {
  const Result<Day> begin = parse_day(first);
  if (!begin) return Flaw{begin.error().message, begin.error().hint};
  const Result<Day> end = parse_day(last);
  if (!end) return Flaw{end.error().message, end.error().hint};
  if (*end < *begin) {
    return Flaw{fmt::format("'{}' ends before it begins", text),
                fmt::format("write {}..{}", last, first)};
  }
  out.push_back({*begin, *end, title});
  return std::nullopt;
}

std::optional<Flaw> add_yearly(std::string_view first, std::string_view last,
                               const std::string& title, std::vector<YearlyDays>& out) {
  const auto begin = parse_month_day(first);
  const auto end = parse_month_day(last);
  if (begin && end) {
    out.push_back({*begin, *end, title});
    return std::nullopt;
  }
  return Flaw{fmt::format("'{}' is a day of no year", begin ? last : first),
              "write MM-DD, such as 12-31"};
}

std::optional<Flaw> add_days(std::string_view text, const std::string& title,
                             std::vector<NamedDays>& dates, std::vector<YearlyDays>& yearly) {
  const std::size_t dots = text.find(kRange);
  const std::string_view first = text.substr(0, dots);
  const std::string_view last =
      dots == std::string_view::npos ? first : text.substr(dots + kRange.size());
  if (is_date_like(first) != is_date_like(last)) {
    return Flaw{fmt::format("'{}' mixes a date with a day of every year", text),
                "write both ends with the year, or both without it"};
  }
  if (is_date_like(first)) return add_dates(text, first, last, title, dates);
  return add_yearly(first, last, title, yearly);
}

/// In order; of doubles one stays, with a name where one has a name.
template <class T>
void settle(std::vector<T>& days) {
  std::ranges::sort(days, {}, [](const T& each) {
    return std::tuple{each.first, each.last, each.title.empty(), std::string_view{each.title}};
  });
  const auto rest =
      std::ranges::unique(days, {}, [](const T& each) { return std::pair{each.first, each.last}; });
  days.erase(rest.begin(), rest.end());
}

template <class T>
Json list_of_bits(T bits, auto word) {
  Json::Array items;
  for (std::size_t i = 0; bits >> i != 0; ++i) {
    if ((bits >> i & 1U) != 0) items.push_back(word(i));
  }
  return Json::array(std::move(items));
}

}  // namespace

const Shape::Form kDate{is_date_like, "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "a date such as 2026-11-20"};
const Shape::Form kDays{is_days,
                        "^([0-9]{4}-[0-9]{2}-[0-9]{2}(\\.\\.[0-9]{4}-[0-9]{2}-[0-9]{2})?|"
                        "[0-9]{2}-[0-9]{2}(\\.\\.[0-9]{2}-[0-9]{2})?)$",
                        "days such as 2026-11-22, 12-31, 2026-08-12..2026-08-16 or 12-29..01-03"};
const Shape::Form kWeekdayKey{is_weekday, "^(sun|mon|tue|wed|thu|fri|sat)$",
                              "one of sun, mon, tue, wed, thu, fri, sat"};
const Shape::Form kClock{is_clock, "^([0-3][0-9]|4[0-7]):[0-5][0-9]$",
                         "a clock time \"00:00\" to \"47:59\""};
const Shape::Form kClockOfDay{is_clock_of_day, "^([01][0-9]|2[0-3]):[0-5][0-9]$",
                              "a clock time \"00:00\" to \"23:59\""};
const Shape::Form kFromEnd{is_from_end, "^last(-[1-9][0-9]?)?$", "last or last-n, such as last-2"};

std::string_view weekday_word(std::size_t weekday) {
  return kWeekdays[weekday];
}

std::optional<std::uint8_t> parse_weekday(std::string_view word) {
  const auto found = std::ranges::find(kWeekdays, word);
  if (found == kWeekdays.end()) return std::nullopt;
  return static_cast<std::uint8_t>(found - kWeekdays.begin());
}

std::vector<std::string_view> weekday_words() {
  return {kWeekdays.begin(), kWeekdays.end()};
}

std::optional<Day> read_date(Context& context, const Node& node, const Path& path) {
  const Result<Day> day = parse_day(node.text);
  if (day) return *day;
  context.add(node.place, "spec.bad_value", fmt::format("{}: {}", path.text(), day.error().message),
              day.error().hint);
  return std::nullopt;
}

std::int32_t read_clock(const Node& node) {
  return parse_clock(node.text).value_or(0);
}

Shape day_list() {
  return one_of({text(kDays), list_of(text(kDays), 1), map_of(text(), kDays)});
}

void read_day_list(Context& context, const Node& node, const Path& path,
                   std::vector<NamedDays>& dates, std::vector<YearlyDays>& yearly) {
  const auto add = [&](std::string_view days, Place place, const std::string& title) {
    if (!is_days(days)) return;  // told by the check
    if (const auto flaw = add_days(days, title, dates, yearly)) {
      context.add(place, "spec.bad_value", fmt::format("{}: {}", path.text(), flaw->message),
                  flaw->hint);
    }
  };
  const std::size_t count = std::max(node.items.size(), node.members.size());
  if (count > kDayEntriesMax) {
    context.add(
        node.place, "spec.too_many",
        fmt::format("{}: {} entries; {} are the most", path.text(), count, kDayEntriesMax),
        "days that follow a rule need no list: weekdays, weekday, months, or ranges of days");
    return;
  }
  if (node.kind == NodeKind::map) {
    for (const Member& member : node.members) add(member.key, member.place, member.value.text);
  } else {
    for (const Node* item : as_list(node)) add(item->text, item->place, {});
  }
  settle(dates);
  settle(yearly);
}

Shape weekday_list() {
  return one_of({words(weekday_words()), list_of(words(weekday_words()), 1)});
}

std::uint8_t read_weekdays(const Node& node) {
  std::uint8_t bits = 0;
  for (const Node* item : as_list(node)) {
    bits = static_cast<std::uint8_t>(bits | 1U << parse_weekday(item->text).value_or(0));
  }
  return bits;
}

Shape nth_weekdays() {
  return map_of(one_of({integer(1, 5), words({"last"}),
                        list_of(one_of({integer(1, 5), words({"last"})}), 1)}),
                kWeekdayKey);
}

std::vector<NthWeekday> read_nth_weekdays(const Node& node) {
  std::vector<NthWeekday> days;
  for (const Member& member : node.members) {
    const auto weekday = parse_weekday(member.key);
    if (!weekday) continue;  // told by the check
    for (const Node* item : as_list(member.value)) {
      const auto nth = item->text == "last" ? std::int64_t{0} : read_integer(*item);
      days.push_back({*weekday, static_cast<std::int8_t>(nth)});
    }
  }
  // `last` (0) comes after the numbers.
  const auto key = [](const NthWeekday& each) {
    return std::pair{each.weekday, each.nth == 0 ? 9 : each.nth};
  };
  std::ranges::sort(days, {}, key);
  const auto rest = std::ranges::unique(days);
  days.erase(rest.begin(), rest.end());
  return days;
}

Shape month_list() {
  return one_of({integer(1, 12), list_of(integer(1, 12), 1)});
}

std::uint16_t read_months(const Node& node) {
  std::uint16_t bits = 0;
  for (const Node* item : as_list(node)) {
    bits = static_cast<std::uint16_t>(bits | 1U << read_integer(*item));
  }
  return bits;
}

// ---- validity

const Table<DayRange>& validity_table() {
  static const Table<DayRange> table{
      "valid",
      "From which day and until which day it counts, both included.",
      "有効な期間(両端を含む)。",
      {{{"from", text(kDate), "", "The first day; absent: no limit.",
         "最初の日。省略時は制限なし。"},
        [](Context& context, const Node& node, const Path& path, DayRange& out) {
          if (const auto day = read_date(context, node, path)) out.first = *day;
        }},
       {{"until", text(kDate), "", "The last day; absent: no limit.",
         "最後の日。省略時は制限なし。"},
        [](Context& context, const Node& node, const Path& path, DayRange& out) {
          if (const auto day = read_date(context, node, path)) out.last = *day;
        }}}};
  return table;
}

void read_validity(Context& context, const Node& node, const Path& path,
                   std::optional<DayRange>& out) {
  DayRange range = calendar::kCalendarDays;
  const std::size_t problems_before = context.problems.size();
  read_object(context, node, path, validity_table(), range);
  if (context.problems.size() > problems_before || range == calendar::kCalendarDays) return;
  if (range.last < range.first) {
    context.add(node.place, "spec.contradiction",
                fmt::format("{}: it ends on {}, before it begins on {}", path.text(),
                            format_day(range.last), format_day(range.first)),
                "`from` is the first day and `until` the last");
    return;
  }
  out = range;
}

// ---- references to calendars

namespace {

using model::CalendarRef;

void read_parts(Context& context, const Node& node, const Path& path,
                std::vector<CalendarRef>& out) {
  for (const Node& item : node.items) {
    read_calendar_reference(context, item, path, out.emplace_back());
  }
}

/// Calendars inside a combination may be combinations again, so the table refers to itself.
const Table<CalendarRef>& reference_table() {
  static Table<CalendarRef> table{"calendar_combination",
                                  "Several calendars combined: a day is open when every part that "
                                  "is given holds.",
                                  "カレンダーの組み合わせ。書いた条件をすべて満たす日が運用日。",
                                  {}};
  static const bool filled = [] {
    const Shape parts = list_of(one_of({text(kIdentifier), object_of(table)}), 1);
    const auto add = [&](std::string_view key, std::string_view english, std::string_view japanese,
                         Table<CalendarRef>::Read read) {
      table.fields.push_back({key, parts, "", english, japanese});
      table.reads.push_back(read);
    };
    add("all_of", "Open in all of these.", "すべてで運用日。",
        [](Context& context, const Node& node, const Path& path, CalendarRef& out) {
          read_parts(context, node, path, out.all_of);
        });
    add("any_of", "Open in one of these.", "どれか 1 つで運用日。",
        [](Context& context, const Node& node, const Path& path, CalendarRef& out) {
          read_parts(context, node, path, out.any_of);
        });
    add("none_of", "Open in none of these.", "どれでも運用日でない。",
        [](Context& context, const Node& node, const Path& path, CalendarRef& out) {
          read_parts(context, node, path, out.none_of);
        });
    add("minus", "Open in the first, and in none of the others.",
        "最初のもので運用日、残りのどれでも運用日でない。",
        [](Context& context, const Node& node, const Path& path, CalendarRef& out) {
          read_parts(context, node, path, out.minus);
        });
    return true;
  }();
  static_cast<void>(filled);
  return table;
}

}  // namespace

Shape calendar_reference() {
  return one_of({text(kIdentifier), object_of(reference_table())});
}

void read_calendar_reference(Context& context, const Node& node, const Path& path,
                             CalendarRef& out) {
  if (node.kind != NodeKind::map) {
    out.name = node.text;
    return;
  }
  const std::size_t problems_before = context.problems.size();
  read_object(context, node, path, reference_table(), out);
  if (!out.empty() || context.problems.size() > problems_before) return;
  context.add(node.place, "spec.missing_key",
              fmt::format("{}: name a calendar, or combine some", path.text()),
              "such as {all_of: [jp_business], none_of: [stocktaking]}");
}

// ---- the same as JSON

namespace {

std::string month_day_text(MonthDay day) {
  return fmt::format("{:02}-{:02}", day.month, day.day);
}

}  // namespace

std::string days_text(const NamedDays& days) {
  if (days.first == days.last) return format_day(days.first);
  return fmt::format("{}..{}", format_day(days.first), format_day(days.last));
}

std::string days_text(const YearlyDays& days) {
  if (days.first == days.last) return month_day_text(days.first);
  return fmt::format("{}..{}", month_day_text(days.first), month_day_text(days.last));
}

Json day_list_json(const std::vector<NamedDays>& dates, const std::vector<YearlyDays>& yearly,
                   std::optional<bool> single) {
  std::vector<std::pair<std::string, std::string>> all;  // days, title
  const auto add = [&](const auto& list) {
    for (const auto& each : list) {
      if (!single || *single == (each.first == each.last))
        all.emplace_back(days_text(each), each.title);
    }
  };
  add(dates);
  add(yearly);
  const bool is_named =
      std::ranges::any_of(all, [](const auto& each) { return !each.second.empty(); });
  if (!is_named) {
    Json::Array items;
    for (auto& [days, title] : all) items.emplace_back(std::move(days));
    return Json::array(std::move(items));
  }
  Json::Object members;
  for (auto& [days, title] : all) members.emplace_back(std::move(days), Json{std::move(title)});
  return Json::object(std::move(members));
}

Json weekdays_json(std::uint8_t bits) {
  return list_of_bits(bits, [](std::size_t i) { return Json{kWeekdays[i]}; });
}

Json nth_weekdays_json(const std::vector<NthWeekday>& days) {
  Json out = Json::object();
  const auto nth = [](const NthWeekday& day) {
    return day.nth == 0 ? Json{"last"} : Json{day.nth};
  };
  for (std::size_t begin = 0, end = 0; begin < days.size(); begin = end) {
    while (end < days.size() && days[end].weekday == days[begin].weekday) ++end;
    Json::Array numbers;
    for (std::size_t i = begin; i < end; ++i) numbers.push_back(nth(days[i]));
    out.set(kWeekdays[days[begin].weekday],
            numbers.size() == 1 ? numbers[0] : Json::array(std::move(numbers)));
  }
  return out;
}

Json months_json(std::uint16_t bits) {
  return list_of_bits(bits, [](std::size_t i) { return Json{static_cast<std::int64_t>(i)}; });
}

Json validity_json(const DayRange& range) {
  Json out = Json::object();
  if (range.first != calendar::kCalendarDays.first) out.set("from", format_day(range.first));
  if (range.last != calendar::kCalendarDays.last) out.set("until", format_day(range.last));
  return out;
}

Json calendar_reference_json(const CalendarRef& ref) {
  if (!ref.name.empty()) return Json{ref.name};
  Json out = Json::object();
  const auto set = [&](std::string_view key, const std::vector<CalendarRef>& parts) {
    Json::Array items;
    for (const CalendarRef& part : parts) items.push_back(calendar_reference_json(part));
    if (!items.empty()) out.set(key, Json::array(std::move(items)));
  };
  set("all_of", ref.all_of);
  set("any_of", ref.any_of);
  set("none_of", ref.none_of);
  set("minus", ref.minus);
  return out;
}

}  // namespace dandori::spec
