#include <fmt/core.h>

#include "calendar/day_list.h"
#include "cli/calendar_commands.h"
#include "cli/calendar_grid.h"
#include "cli/calendar_source.h"
#include "cli/define_files.h"
#include "cli/remote.h"

namespace dandori::cli {

namespace {

Told<DayRange> days_wanted(Console& console, const CalendarOptions& options) {
  const auto now = today(console);
  if (!now) return std::unexpected(now.error());
  int year = options.year > 0 ? static_cast<int>(options.year) : to_ymd(*now).year;
  if (options.year == 0 && !options.from.empty()) {
    const auto from = option_day(console, options.from, *now);
    if (!from) return std::unexpected(from.error());
    year = to_ymd(*from).year;
  }
  const auto first = option_day(console, options.from, make_day(year, 1, 1));
  if (!first) return std::unexpected(first.error());
  const auto last = option_day(console, options.until, make_day(year, 12, 31));
  if (!last) return std::unexpected(last.error());
  const auto range = calendar::check_day_range({*first, *last});
  if (!range) return std::unexpected(report(console, range.error()));
  return *range;
}

Told<Json> days_answer(Console& console, const CalendarOptions& options, DayRange range) {
  if (names_file(options.target)) {
    const auto chosen = calendars_of_files(console, {options.target}, options.name);
    if (!chosen) return std::unexpected(chosen.error());
    auto days = calendar::day_list(chosen->calendars, chosen->name, range);
    if (!days) return std::unexpected(report(console, days.error()));
    return std::move(*days);
  }
  auto remote = Remote::open(console);
  if (!remote) return std::unexpected(report(console, remote.error()));
  const auto answer = remote->get(fmt::format("/api/v1/calendars/{}/days?from={}&until={}",
                                              http::percent_encode(options.target),
                                              format_day(range.first), format_day(range.last)));
  if (!answer) return std::unexpected(report(console, answer.error()));
  return *answer;
}

Table table_of_days(const Console& console, const Json& answer) {
  Table table{{console.text("column.date"), console.text("column.weekday"),
               console.text("column.open"), console.text("column.calendar"),
               console.text("column.rule"), console.text("column.why")}};
  for (const Json& item : items_of(answer["items"])) {
    const auto day = parse_day(item.text_or("date", ""));
    const bool open = item.bool_or("open", true);
    const Json& reason = item["reason"];
    const std::int64_t rule = reason.integer_or("rule", 0);
    table.add(
        {std::string{item.text_or("date", "")},
         day ? find_text(console.lang, fmt::format("weekday.{}", weekday(*day))).value_or("") : "",
         Cell{console.text(open ? Key{"calendar.open"} : Key{"calendar.closed"}),
              open ? Style::plain : Style::attention},
         std::string{reason.text_or("calendar", "")},
         rule > 0 ? std::to_string(rule) : std::string{}, day_reason_text(console, item)});
  }
  return table;
}

/// Holidays that have not been announced yet.
void warn_unverified(const Console& console, const Json& answer) {
  const std::string_view verified = answer.text_or("verified_until", "");
  if (verified.empty() || answer.text_or("until", "") <= verified) return;
  console.say(console.text("message.unverified", {{"date", std::string{verified}}}));
}

}  // namespace

int list_calendars(Console& console, const CalendarOptions& options) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const auto answer = remote->list("/api/v1/calendars", options.limit);
  if (!answer) return report(console, answer.error());
  if (print_raw(console, *answer, "name")) return kOk;
  Table table{{console.text("column.calendar"), console.text("column.title"),
               console.text("column.timezone"), console.text("column.day_starts"),
               console.text("column.effective"), console.text("column.revision")}};
  for (const Json& item : items_of((*answer)["items"])) {
    table.add({std::string{item.text_or("name", "")}, std::string{item.text_or("title", "")},
               std::string{item.text_or("timezone", "")},
               std::string{item.text_or("day_starts_at", "00:00")},
               std::string{item.text_or("effective_from", "")},
               std::to_string(item.integer_or("revision", 0))});
  }
  if (table.empty()) console.say(console.text("message.no_calendars"));
  if (!table.empty()) console.print(table);
  return kOk;
}

int get_calendar(Console& console, const CalendarOptions& options) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const auto answer = remote->get("/api/v1/calendars/" + http::percent_encode(options.target));
  if (!answer) return report(console, answer.error());
  if (print_raw(console, *answer, "name")) return kOk;
  if (const auto zone = remote->load_zone(console); !zone) return report(console, zone.error());
  console.line(fmt::format("# {}  {} {}  {} ({})  {}", printable(answer->text_or("name", "")),
                           console.text("field.revision"), answer->integer_or("revision", 0),
                           console.instant((*answer)["applied_at"]), console.zone().name(),
                           printable(answer->text_or("applied_by", ""))));
  std::string source{answer->text_or("source", "")};
  if (!source.ends_with('\n')) source += '\n';
  console.out(source);
  return kOk;
}

int list_calendar_days(Console& console, const CalendarOptions& options) {
  const auto range = days_wanted(console, options);
  if (!range) return range.error();
  const auto answer = days_answer(console, options, *range);
  if (!answer) return answer.error();
  warn_unverified(console, *answer);
  if (print_raw(console, *answer, "date")) return kOk;
  if (options.why || console.is_wide()) {
    console.print(table_of_days(console, *answer));
  } else {
    console.out(calendar_grid(console, *answer));
  }
  return kOk;
}

}  // namespace dandori::cli
