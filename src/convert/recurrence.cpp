#include "convert/recurrence.h"

#include <fmt/core.h>
#include <libical/ical.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/text.h"
#include "convert/ics_values.h"

namespace dandori::convert {

namespace {

using calendar::LocalTime;

constexpr std::size_t kRuleBytesMax = 2000;
constexpr std::size_t kRecurrencesMax = 100'000;  ///< of one rule

/// A list of numbers in a rule: how far they go, and at which frequencies it may stand.
struct ListPart {
  std::string_view key;
  int max;
  bool negative;
  std::string_view frequencies;
};
constexpr std::array kLists{
    ListPart{"BYMONTH", 12, false, "DAILY WEEKLY MONTHLY YEARLY"},
    ListPart{"BYMONTHDAY", 31, true, "DAILY MONTHLY YEARLY"},
    ListPart{"BYYEARDAY", 366, true, "YEARLY"},
    ListPart{"BYWEEKNO", 53, true, "YEARLY"},
    ListPart{"BYSETPOS", 366, true, "DAILY WEEKLY MONTHLY YEARLY"},
};
constexpr std::string_view kRuleWeekdays = "SU MO TU WE TH FR SA";
constexpr std::string_view kFrequencies = "DAILY WEEKLY MONTHLY YEARLY";

bool is_word_of(std::string_view words, std::string_view word) {
  const std::vector<std::string_view> all = split(words, ' ');
  return !word.empty() && std::ranges::find(all, word) != all.end();
}

std::unexpected<Error> refuse(std::string message, std::string hint) {
  return fail("import.recurrence", std::move(message), std::move(hint));
}

std::optional<int> read_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// A rule taken apart and checked.
struct Rule {
  std::string frequency;
  std::string text;                ///< for the library: no UNTIL, no clock
  std::optional<LocalTime> until;  ///< as the event's clock shows it, included
  bool counted = false;
};

/// Checks one rule, part by part.
class RuleReader {
 public:
  RuleReader(std::string_view text, const EventStart& start) : text_{text}, start_{start} {}

  Result<Rule> read() {
    if (text_.size() > kRuleBytesMax) {
      return refuse(fmt::format("the rule has more than {} characters", kRuleBytesMax),
                    "make it several events");
    }
    std::vector<std::pair<std::string, std::string>> parts;
    for (const std::string_view part : split(text_, ';')) {
      if (trim(part).empty()) continue;
      const std::size_t equals = part.find('=');
      std::string key = upper(part.substr(0, equals));
      if (equals == std::string_view::npos || !keys_.insert(key).second) {
        return refuse(fmt::format("'{}' is not a part of a rule, or is there twice", excerpt(part)),
                      "a part is NAME=VALUE, each name once");
      }
      parts.emplace_back(std::move(key), upper(part.substr(equals + 1)));
    }
    const auto frequency = std::ranges::find(parts, "FREQ", &decltype(parts)::value_type::first);
    if (frequency == parts.end()) {
      return refuse("the rule has no FREQ", "add FREQ=DAILY, WEEKLY, MONTHLY or YEARLY");
    }
    rule_.frequency = frequency->second;
    if (!is_word_of(kFrequencies, rule_.frequency)) {
      return refuse(fmt::format("FREQ={} does not repeat by days", excerpt(rule_.frequency)),
                    "days are wanted here: DAILY, WEEKLY, MONTHLY or YEARLY");
    }
    rule_.text = "FREQ=" + rule_.frequency;
    for (const auto& [key, value] : parts) {
      if (key == "FREQ") continue;
      if (const auto checked = read_part(key, value); !checked) {
        return std::unexpected(checked.error());
      }
    }
    if (rule_.counted && rule_.until) {
      return refuse("the rule has both COUNT and UNTIL", "keep one of them");
    }
    return rule_;
  }

 private:
  static std::string upper(std::string_view text) {
    std::string out{trim(text)};
    for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return out;
  }

  Result<void> read_part(const std::string& key, const std::string& value) {
    if (key == "UNTIL") return read_until(value);
    if (key == "BYHOUR" || key == "BYMINUTE" || key == "BYSECOND") {
      if (!value.contains(',') && read_number(value)) return {};  // the day is all that counts
      return refuse(fmt::format("{}={} repeats within a day", key, excerpt(value)),
                    "days are wanted here: leave it out");
    }
    if (const auto checked = check_part(key, value); !checked) return checked;
    rule_.text += fmt::format(";{}={}", key, value);
    return {};
  }

  Result<void> check_part(const std::string& key, const std::string& value) {
    if (key == "COUNT") {
      rule_.counted = true;
      return check_number(key, value, 1, 1'000'000);
    }
    if (key == "INTERVAL") return check_number(key, value, 1, 1000);
    if (key == "WKST") {
      if (is_word_of(kRuleWeekdays, value)) return {};
      return refuse(fmt::format("WKST={} is not a weekday", excerpt(value)),
                    fmt::format("one of: {}", kRuleWeekdays));
    }
    if (key == "BYDAY") return check_weekdays(value);
    const auto list = std::ranges::find(kLists, key, &ListPart::key);
    if (list != kLists.end()) return check_list(*list, value);
    return refuse(fmt::format("'{}' is not a part of a rule that is understood", excerpt(key)),
                  "write the days as single events (RDATE)");
  }

  static Result<void> check_number(std::string_view key, std::string_view value, int min, int max) {
    const auto number = read_number(value);
    if (number && *number >= min && *number <= max) return {};
    return refuse(fmt::format("{}={} is not a number of {} to {}", key, excerpt(value), min, max),
                  "mend the number");
  }

  Result<void> check_list(const ListPart& list, std::string_view value) const {
    if (!is_word_of(list.frequencies, rule_.frequency)) {
      return refuse(fmt::format("{} cannot stand with FREQ={}", list.key, rule_.frequency),
                    fmt::format("it can with: {}", list.frequencies));
    }
    for (const std::string_view part : split(value, ',')) {
      const auto number = read_number(part);
      const int min = list.negative ? -list.max : 1;
      if (!number || *number == 0 || *number < min || *number > list.max) {
        return refuse(fmt::format("{}: '{}' is not a number of {} to {}", list.key, excerpt(part),
                                  min, list.max),
                      "mend the number");
      }
    }
    return {};
  }

  Result<void> check_weekdays(std::string_view value) const {
    const bool numbers_allowed = rule_.frequency == "MONTHLY" || rule_.frequency == "YEARLY";
    for (const std::string_view part : split(value, ',')) {
      const std::size_t split_at = part.size() < 2 ? 0 : part.size() - 2;
      const std::string_view number_text = part.substr(0, split_at);
      const bool is_weekday = is_word_of(kRuleWeekdays, part.substr(split_at));
      const auto number = read_number(number_text);
      const bool is_number = number && *number != 0 && *number >= -53 && *number <= 53;
      if (is_weekday && (number_text.empty() || (is_number && numbers_allowed))) continue;
      return refuse(
          fmt::format("BYDAY: '{}' is not a weekday", excerpt(part)),
          fmt::format("one of {}; with FREQ=MONTHLY or YEARLY also 2MO, -1FR", kRuleWeekdays));
    }
    return {};
  }

  Result<void> read_until(std::string_view value) {
    const auto time = read_time(value);
    if (!time) {
      return refuse(fmt::format("UNTIL={} is not a date or time", excerpt(value)),
                    "write 20261231 or 20261231T150000Z");
    }
    LocalTime until = time->local;
    if (time->is_utc) until = start_.zone.to_local(instant_of(until));
    if (time->is_date || start_.is_date) {  // the whole day is within
      until = {std::int64_t{calendar::day_of(until).days} * kDaySeconds + kDaySeconds - 1};
    }
    rule_.until = until;
    return {};
  }

  std::string_view text_;
  const EventStart& start_;
  std::set<std::string> keys_;
  Rule rule_;
};

icaltimetype to_library(LocalTime local, bool is_date) {
  const YearMonthDay day = to_ymd(calendar::day_of(local));
  const auto seconds =
      static_cast<int>(local.seconds - std::int64_t{calendar::day_of(local).days} * kDaySeconds);
  icaltimetype time = icaltime_null_time();
  time.year = day.year;
  time.month = day.month;
  time.day = day.day;
  time.is_date = is_date ? 1 : 0;
  if (!is_date) {
    time.hour = seconds / 3600;
    time.minute = seconds / 60 % 60;
    time.second = seconds % 60;
  }
  return time;
}

LocalTime from_library(const icaltimetype& time) {
  const Day day = make_day(time.year, time.month, time.day);
  const int seconds = time.is_date != 0 ? 0 : time.hour * 3600 + time.minute * 60 + time.second;
  return {std::int64_t{day.days} * kDaySeconds + seconds};
}

struct FreeIterator {
  void operator()(icalrecur_iterator* iterator) const { icalrecur_iterator_free(iterator); }
};

}  // namespace

Result<std::vector<LocalTime>> recurrence_starts(std::string_view text, const EventStart& start,
                                                 LocalTime last) {
  const Result<Rule> rule = RuleReader{text, start}.read();
  if (!rule) return std::unexpected(rule.error());
  icalerror_set_errors_are_fatal(0);
  icalerror_clear_errno();
  const icalrecurrencetype recurrence = icalrecurrencetype_from_string(rule->text.c_str());
  if (recurrence.freq == ICAL_NO_RECURRENCE) {
    return refuse(fmt::format("'{}' is not a rule", excerpt(text)),
                  "check its parts against RFC 5545, 3.3.10");
  }
  const std::unique_ptr<icalrecur_iterator, FreeIterator> iterator{
      icalrecur_iterator_new(recurrence, to_library(start.local, start.is_date))};
  std::vector<LocalTime> starts;
  if (iterator == nullptr) {
    return refuse(fmt::format("'{}' names no day that exists", excerpt(text)),
                  "check month, day and weekday of the rule");
  }
  const LocalTime end = rule->until ? std::min(*rule->until, last) : last;
  while (true) {
    const icaltimetype next = icalrecur_iterator_next(iterator.get());
    if (icaltime_is_null_time(next) != 0) break;
    const LocalTime local = from_library(next);
    if (local > end) break;
    if (starts.size() == kRecurrencesMax) {
      return refuse(fmt::format("the rule names more than {} days", kRecurrencesMax),
                    "let the event begin later");
    }
    starts.push_back(local);
  }
  return starts;
}

}  // namespace dandori::convert
