#pragma once

#include <expected>
#include <string>
#include <vector>

#include "calendar/business_calendar.h"
#include "cli/console.h"
#include "cli/remote.h"
#include "spec/spec.h"

namespace dandori::cli {

/// The calendars that a command works on, and the one that it is about.
struct CalendarChoice {
  calendar::Calendars calendars;
  std::string name;
};
/// A failure has been told already: the exit code is left.
template <class T>
using Told = std::expected<T, int>;

/// Definitions of files; everything wrong in them is told.
Told<spec::Parsed> read_all(Console& console, const std::vector<std::string>& paths);

/// Calendars of files or a folder. name: which is meant; empty: the only one there is.
Told<CalendarChoice> calendars_of_files(Console& console, const std::vector<std::string>& paths,
                                        const std::string& name);
/// One of the server's, with all it rests on.
Told<CalendarChoice> calendars_of_server(Console& console, Remote& remote, const std::string& name);

/// Today by --tz, else by this machine's zone.
Told<Day> today(Console& console);
/// A day of an option; empty: `otherwise`.
Told<Day> option_day(Console& console, const std::string& text, Day otherwise);

}  // namespace dandori::cli
