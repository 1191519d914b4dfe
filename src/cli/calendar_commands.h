#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/console.h"

namespace dandori::cli {

class Grammar;

/// What the commands of `dandori calendar` read from the line.
struct CalendarOptions {
  std::string target;                ///< a file, a folder, or a name that the server knows
  std::vector<std::string> files;    ///< of diff
  std::vector<std::string> against;  ///< of diff: what holds now; empty: the server's
  std::string name;                  ///< which calendar of several, or the new one's name
  std::string format, from, until, out;
  std::uint64_t year = 0, days = 400, limit = 1000;
  bool open = false, why = false;
};

/// `dandori calendar …`.
void add_calendar_commands(Grammar& grammar, CalendarOptions& options);

// commands_calendar.cpp
int list_calendars(Console& console, const CalendarOptions& options);
int get_calendar(Console& console, const CalendarOptions& options);
int list_calendar_days(Console& console, const CalendarOptions& options);
// commands_calendar_files.cpp
int import_calendar(Console& console, const CalendarOptions& options);
int export_calendar(Console& console, const CalendarOptions& options);
// commands_calendar_diff.cpp
int diff_calendars(Console& console, const CalendarOptions& options);

}  // namespace dandori::cli
