#include <fmt/core.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/text.h"
#include "cli/calendar_commands.h"
#include "cli/calendar_source.h"
#include "cli/commands.h"
#include "cli/define_files.h"
#include "cli/remote.h"
#include "convert/calendar_days.h"
#include "convert/calendar_text.h"
#include "convert/holiday_csv.h"
#include "convert/import.h"

namespace dandori::cli {

namespace {

constexpr int kYearsAhead = 10;  ///< of an import without --until

/// Prints the text, or writes it to --out; a file that is there stays, without --yes.
int put_out(Console& console, const CalendarOptions& options, const std::string& text) {
  if (options.out.empty() || options.out == "-") {
    console.out(text);
    return kOk;
  }
  const std::string path = printable(options.out);
  std::error_code error;
  if (std::filesystem::exists(options.out, error) && !console.globals.yes) {
    return report(console,
                  Error{"cli.exists", console.text("problem.file_exists", {{"path", path}}),
                        console.text("hint.file_exists")});
  }
  std::ofstream out{options.out, std::ios::binary | std::ios::trunc};
  out << text;
  out.close();
  if (out) return kOk;
  return report(console, Error{"cli.write_file",
                               console.text("problem.write_file",
                                            {{"path", path}, {"why", std::strerror(errno)}}),
                               console.text("hint.write_file")});
}

Told<convert::ImportSettings> import_settings(Console& console, const CalendarOptions& options,
                                              convert::FileFormat format) {
  const auto now = today(console);
  if (!now) return std::unexpected(now.error());
  const YearMonthDay ymd = to_ymd(*now);
  const Day ahead = format == convert::FileFormat::ics
                        ? make_day(std::min(ymd.year + kYearsAhead, 2100), 12, 31)
                        : calendar::kCalendarDays.last;
  const auto first = option_day(console, options.from, calendar::kCalendarDays.first);
  if (!first) return std::unexpected(first.error());
  const auto last = option_day(console, options.until, ahead);
  if (!last) return std::unexpected(last.error());
  return convert::ImportSettings{
      .window = {std::max(*first, calendar::kCalendarDays.first),
                 std::min(*last, calendar::kCalendarDays.last)},
      .zone = console.zone(),
      .zone_given = !console.globals.timezone.empty(),
      .load_zone = calendar::TimeZone::load,
  };
}

Json import_answer(const convert::CalendarDraft& draft, std::size_t left_out) {
  Json::Array items;
  for (const model::NamedDays& span : draft.days) {
    items.push_back(Json::object({{"date", format_day(span.first)}, {"title", span.title}}));
  }
  return Json::object({{"calendar", draft.name},
                       {"title", draft.title},
                       {"open", draft.open},
                       {"left_out", static_cast<std::int64_t>(left_out)},
                       {"items", Json::array(std::move(items))}});
}

/// Days of an export: from the first of this year, three years.
Told<DayRange> export_window(Console& console, const CalendarOptions& options) {
  const auto now = today(console);
  if (!now) return std::unexpected(now.error());
  const auto first = option_day(console, options.from, make_day(to_ymd(*now).year, 1, 1));
  if (!first) return std::unexpected(first.error());
  const int last_year = std::min(to_ymd(*first).year + 2, 2100);
  const auto last = option_day(console, options.until, make_day(last_year, 12, 31));
  if (!last) return std::unexpected(last.error());
  const DayRange range{*first, *last};
  const bool known = calendar::kCalendarDays.contains(range.first) &&
                     calendar::kCalendarDays.contains(range.last) && range.first <= range.last;
  if (known) return range;
  return std::unexpected(report(
      console, Error{"calendar.bad_range",
                     console.text("problem.calendar_span", {{"from", format_day(range.first)},
                                                            {"until", format_day(range.last)}}),
                     console.text("hint.calendar_span")}));
}

Told<CalendarChoice> choice_of(Console& console, const CalendarOptions& options) {
  if (names_file(options.target)) {
    return calendars_of_files(console, {options.target}, options.name);
  }
  auto remote = Remote::open(console);
  if (!remote) return std::unexpected(report(console, remote.error()));
  return calendars_of_server(console, *remote, options.target);
}

}  // namespace

int import_calendar(Console& console, const CalendarOptions& options) {
  if (!options.name.empty() && !is_identifier(options.name)) {
    return report(console,
                  Error{"cli.usage",
                        console.text("problem.calendar_name", {{"name", printable(options.name)}}),
                        console.text("hint.calendar_name")});
  }
  const auto bytes = read_file(console, options.target, convert::kImportBytesMax);
  if (!bytes) return report(console, bytes.error());
  auto format = options.format == "ics"   ? Result<convert::FileFormat>{convert::FileFormat::ics}
                : options.format == "csv" ? Result<convert::FileFormat>{convert::FileFormat::csv}
                                          : convert::guess_format(options.target, *bytes);
  if (!format) {
    format.error().message =
        fmt::format("{}: {}", printable(options.target), format.error().message);
    report(console, format.error());
    return kInvalid;
  }
  const auto settings = import_settings(console, options, *format);
  if (!settings) return settings.error();
  const convert::ImportedDays days =
      convert::import_days(options.target, *bytes, *format, *settings);
  for (const spec::Problem& problem : days.problems) report(console, problem);
  if (!days.problems.empty()) return kInvalid;
  const convert::CalendarDraft draft{
      .name = options.name.empty() ? convert::identifier_of(options.target) : options.name,
      .title = days.title,
      .source = options.target,
      .open = options.open,
      .days = days.days};
  console.say(console.text("message.imported", {{"n", std::to_string(days.days.size())},
                                                {"from", format_day(days.days.front().first)},
                                                {"until", format_day(days.days.back().last)}}));
  if (days.left_out > 0) {
    console.say(console.text("message.left_out", {{"n", std::to_string(days.left_out)}}));
  }
  if (options.out.empty() && print_raw(console, import_answer(draft, days.left_out), "date")) {
    return kOk;
  }
  return put_out(console, options, convert::write_draft(draft));
}

int export_calendar(Console& console, const CalendarOptions& options) {
  const auto chosen = choice_of(console, options);
  if (!chosen) return chosen.error();
  if (options.format == "yaml")
    return put_out(console, options,
                   convert::write_definition(chosen->calendars.revisions(chosen->name)));
  const auto window = export_window(console, options);
  if (!window) return window.error();
  const convert::ExportSettings settings{
      .window = *window,
      .open = options.open,
      .english = console.lang == Lang::en,
      .untitled = console.text(options.open ? Key{"calendar.open"} : Key{"calendar.closed"}),
      .stamp = wall_now()};
  const std::string text =
      options.format == "csv"
          ? convert::write_holiday_csv(convert::days_of(chosen->calendars, chosen->name, settings))
          : convert::write_ics(chosen->calendars, chosen->name, settings);
  const Day verified = chosen->calendars.verified_until({.name = chosen->name});
  if (verified < window->last) {
    console.say(console.text("message.unverified", {{"date", format_day(verified)}}));
  }
  return put_out(console, options, text);
}

}  // namespace dandori::cli
