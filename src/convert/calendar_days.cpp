#include "convert/calendar_days.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "base/utf8.h"
#include "convert/ics_values.h"
#include "convert/imported.h"

namespace dandori::convert {

namespace {

using calendar::Calendars;
using calendar::DayReason;

constexpr std::size_t kLineBytesMax = 75;  // RFC 5545, 3.1
constexpr std::string_view kWeekdays[] = {"SU", "MO", "TU", "WE", "TH", "FR", "SA"};

/// A day of the export: its name and the rule behind it.
struct Decided {
  Day day;
  std::string title;
  std::string calendar;
  int rule = 0;
};

std::string title_of(const DayReason& reason, const ExportSettings& settings) {
  const bool english = settings.english && !reason.title_en.empty();
  const std::string title = clean_title(english ? reason.title_en : reason.title);
  return title.empty() ? settings.untitled : title;
}

std::vector<Decided> decide(const Calendars& calendars, std::string_view name,
                            const ExportSettings& settings) {
  std::vector<Decided> out;
  const model::CalendarRef ref{.name = std::string{name}};
  for (Day day = settings.window.first; day <= settings.window.last; day = day + 1) {
    const DayReason reason = calendars.reason(ref, day);
    if (reason.open != settings.open) continue;
    out.push_back({day, title_of(reason, settings), reason.calendar, reason.rule});
  }
  return out;
}

/// Days that come again and again.
struct Repetition {
  std::string rule;  ///< RRULE, without its end
  std::function<bool(Day)> matches;
};

std::string months_part(std::uint16_t months) {
  std::string out;
  for (int month = 1; month <= 12 && months != 0; ++month) {
    if ((months >> month & 1) != 0)
      out += fmt::format("{}{}", out.empty() ? ";BYMONTH=" : ",", month);
  }
  return out;
}

bool in_months(std::uint16_t months, Day day) {
  return months == 0 || (months >> to_ymd(day).month & 1) != 0;
}

Repetition weekly(const model::DayMatch& match) {
  std::string days;
  for (std::size_t i = 0; i < 7; ++i) {
    if ((match.weekdays >> i & 1) != 0)
      days += fmt::format("{}{}", days.empty() ? "" : ",", kWeekdays[i]);
  }
  return {fmt::format("FREQ=WEEKLY;BYDAY={}{}", days, months_part(match.months)),
          [weekdays = match.weekdays, months = match.months](Day day) {
            return (weekdays >> weekday(day) & 1) != 0 && in_months(months, day);
          }};
}

Repetition monthly(const model::NthWeekday& nth, std::uint16_t months) {
  const int number = nth.nth == 0 ? -1 : nth.nth;
  return {
      fmt::format("FREQ=MONTHLY;BYDAY={}{}{}", number, kWeekdays[nth.weekday], months_part(months)),
      [nth, months](Day day) {
        const YearMonthDay ymd = to_ymd(day);
        const bool is_nth = nth.nth == 0 ? ymd.day + 7 > month_length(ymd.year, ymd.month)
                                         : (ymd.day - 1) / 7 + 1 == nth.nth;
        return weekday(day) == nth.weekday && is_nth && in_months(months, day);
      }};
}

void add_yearly(const model::YearlyDays& span, std::uint16_t months, std::vector<Repetition>& out) {
  const Day leap = make_day(2024, 1, 1);  // a year that has every day
  for (int i = 0; i < 366; ++i) {
    const YearMonthDay ymd = to_ymd(leap + i);
    const model::MonthDay at{static_cast<std::uint8_t>(ymd.month),
                             static_cast<std::uint8_t>(ymd.day)};
    const bool inside = span.first <= span.last ? span.first <= at && at <= span.last
                                                : span.first <= at || at <= span.last;
    if (!inside || !in_months(months, leap + i)) continue;
    out.push_back(
        {fmt::format("FREQ=YEARLY;BYMONTH={};BYMONTHDAY={}", ymd.month, ymd.day), [at](Day day) {
           const YearMonthDay of = to_ymd(day);
           return of.month == at.month && of.day == at.day;
         }});
  }
}

/// What of the rule comes again and again; empty: it cannot be told that way.
std::vector<Repetition> repetitions(const model::Calendar& calendar, const model::DayMatch& match) {
  std::vector<Repetition> out;
  const bool plain_months = calendar.month_starts_on == model::MonthStart{};
  const int forms = (match.weekdays != 0 ? 1 : 0) + (match.nth_weekdays.empty() ? 0 : 1) +
                    (match.dates.empty() && match.yearly.empty() ? 0 : 1) +
                    (match.holidays.empty() ? 0 : 1) + (match.calendar.empty() ? 0 : 1);
  if (forms != 1) return out;
  if (match.weekdays != 0) out.push_back(weekly(match));
  if (plain_months) {
    for (const model::NthWeekday& nth : match.nth_weekdays)
      out.push_back(monthly(nth, match.months));
  }
  for (const model::YearlyDays& span : match.yearly) add_yearly(span, match.months, out);
  return out;
}

/// One VEVENT.
struct Entry {
  std::string uid, title = {};
  Day first = {}, last = {};
  std::string rule = {};           ///< empty: once
  std::vector<Day> excluded = {};  ///< days that the rule names but that are not meant
};

using Key = std::pair<std::string, int>;  ///< calendar, rule

/// Makes entries of the decided days.
class Entries {
 public:
  Entries(const Calendars& calendars, std::string_view name, const ExportSettings& settings)
      : calendars_{calendars}, settings_{settings}, name_{name} {
    for (Decided& decided : decide(calendars, name, settings)) {
      const Day day = decided.day;
      rules_.insert({decided.calendar, decided.rule});
      days_.emplace(day, std::move(decided));
    }
  }

  std::vector<Entry> take() {
    for (const Key& key : rules_) repeat(key);
    single();
    std::ranges::sort(entries_, [](const Entry& a, const Entry& b) {
      return std::tie(a.first, a.uid) < std::tie(b.first, b.uid);
    });
    return std::move(entries_);
  }

 private:
  void repeat(const Key& key) {
    const auto revisions = calendars_.revisions(key.first);
    if (key.second < 0 || revisions.empty()) return;
    const model::Calendar& calendar = revisions.back();
    if (static_cast<std::size_t>(key.second) >= calendar.rules.size()) return;
    const auto& rule = calendar.rules[static_cast<std::size_t>(key.second)];
    int number = 0;
    for (const Repetition& repetition : repetitions(calendar, rule.days)) {
      ++number;
      add(key, repetition, fmt::format("{}.{}.{}.{}", name_, key.first, key.second + 1, number));
    }
  }

  void add(const Key& key, const Repetition& repetition, std::string uid) {
    Entry entry{.uid = std::move(uid)};
    std::vector<Day> meant;
    for (Day day = settings_.window.first; day <= settings_.window.last; day = day + 1) {
      if (!repetition.matches(day)) continue;
      const auto found = days_.find(day);
      const bool is_ours = found != days_.end() && found->second.calendar == key.first &&
                           found->second.rule == key.second &&
                           (meant.empty() || found->second.title == entry.title);
      if (!is_ours && !meant.empty()) entry.excluded.push_back(day);
      if (!is_ours) continue;
      if (meant.empty()) entry.title = found->second.title;
      meant.push_back(day);
    }
    if (meant.size() < 2 || meant.size() < entry.excluded.size()) return;
    entry.first = entry.last = meant.front();
    while (!entry.excluded.empty() && entry.excluded.back() > meant.back())
      entry.excluded.pop_back();
    std::string until = format_day(meant.back());
    std::erase(until, '-');
    entry.rule = fmt::format("{};UNTIL={}", repetition.rule, until);
    for (const Day day : meant) days_.erase(day);
    entries_.push_back(std::move(entry));
  }

  void single() {
    for (const auto& [day, decided] : days_) {
      const bool goes_on = !entries_.empty() && entries_.back().rule.empty() &&
                           entries_.back().last + 1 == day &&
                           entries_.back().title == decided.title;
      if (goes_on) entries_.back().last = day;
      if (goes_on) continue;
      entries_.push_back({.uid = fmt::format("{}.{}", name_, format_day(day)),
                          .title = decided.title,
                          .first = day,
                          .last = day});
    }
  }

  const Calendars& calendars_;
  const ExportSettings& settings_;
  std::string name_;
  std::map<Day, Decided> days_;
  std::set<Key> rules_;
  std::vector<Entry> entries_;
};

std::string basic_date(Day day) {
  std::string out = format_day(day);
  std::erase(out, '-');
  return out;
}

/// Adds the line, folded where it is long.
void add_line(std::string& out, std::string_view line) {
  std::size_t used = 0;
  while (!line.empty()) {
    const std::size_t length = std::max<std::size_t>(1, utf8_length(line));
    if (used + length > kLineBytesMax) {
      out += "\r\n ";
      used = 1;
    }
    out += line.substr(0, length);
    used += length;
    line.remove_prefix(length);
  }
  out += "\r\n";
}

/// `20261128T081500Z`.
std::string basic_instant(Timestamp at) {
  std::string out = format_rfc3339(Timestamp{at.us - at.us % 1'000'000});
  std::erase(out, '-');
  std::erase(out, ':');
  return out;
}

}  // namespace

std::vector<model::NamedDays> days_of(const Calendars& calendars, std::string_view name,
                                      const ExportSettings& settings) {
  std::vector<model::NamedDays> out;
  for (Decided& decided : decide(calendars, name, settings)) {
    out.push_back({decided.day, decided.day, std::move(decided.title)});
  }
  return out;
}

std::string write_ics(const Calendars& calendars, std::string_view name,
                      const ExportSettings& settings) {
  const auto revisions = calendars.revisions(name);
  const bool titled = !revisions.empty() && !revisions.back().title.empty();
  std::string out;
  add_line(out, "BEGIN:VCALENDAR");
  add_line(out, "VERSION:2.0");
  add_line(out, "PRODID:-//dandori//calendar//EN");
  add_line(out, fmt::format("X-WR-CALNAME:{}",
                            write_text(titled ? revisions.back().title : std::string{name})));
  for (const Entry& entry : Entries{calendars, name, settings}.take()) {
    add_line(out, "BEGIN:VEVENT");
    add_line(out, fmt::format("UID:{}@dandori", entry.uid));
    add_line(out, fmt::format("DTSTAMP:{}", basic_instant(settings.stamp)));
    add_line(out, fmt::format("DTSTART;VALUE=DATE:{}", basic_date(entry.first)));
    add_line(out, fmt::format("DTEND;VALUE=DATE:{}", basic_date(entry.last + 1)));
    if (!entry.rule.empty()) add_line(out, fmt::format("RRULE:{}", entry.rule));
    std::string excluded;
    for (const Day day : entry.excluded)
      excluded += (excluded.empty() ? "" : ",") + basic_date(day);
    if (!excluded.empty()) add_line(out, fmt::format("EXDATE;VALUE=DATE:{}", excluded));
    if (!entry.title.empty()) add_line(out, fmt::format("SUMMARY:{}", write_text(entry.title)));
    add_line(out, "TRANSP:TRANSPARENT");
    add_line(out, "END:VEVENT");
  }
  add_line(out, "END:VCALENDAR");
  return out;
}

}  // namespace dandori::convert
