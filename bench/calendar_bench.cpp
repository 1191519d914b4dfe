// How fast the future is worked out: `calendar_bench` prints one JSON line of figures.

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "calendar/schedule.h"

namespace {

using namespace dandori;
using calendar::NamedSchedule;
using calendar::Schedule;
using model::ClosedDay;
using model::DayForm;

model::Calendar bank() {
  const auto day = [](std::uint8_t month, std::uint8_t at) {
    return model::YearlyDays{{month, at}, {month, at}};
  };
  return {.name = "jpbank",
          .timezone = "Asia/Tokyo",
          .rules = {{.days = {.holidays = "japan"}},
                    {.days = {.weekdays = 0b100'0001}},
                    {.days = {.yearly = {day(12, 31), day(1, 2), day(1, 3)}}}}};
}

/// What a shop's batch looks like: mostly one start a day, with and without a calendar.
model::Trigger trigger_of(int i) {
  model::Trigger trigger;
  trigger.id = "t";
  trigger.timezone = i % 10 == 9 ? "America/New_York" : "Asia/Tokyo";
  trigger.times = {(i % 24) * 3600 + (i % 60) * 60};
  if (i % 10 >= 2) trigger.calendar.name = "jpbank";
  switch (i % 10) {
    case 0:
      trigger.times.clear();
      trigger.cron = fmt::format("{} {} * * *", i % 60, i % 24);
      break;
    case 1:
      break;  // every day
    case 2:
      trigger.on_closed_day = ClosedDay::next;
      break;
    case 3:
      trigger.on_closed_day = ClosedDay::previous;
      trigger.offset = model::DateOffset{.days = -2, .open_days = true};
      break;
    case 4:
      trigger.times.clear();
      trigger.cron = fmt::format("{} {} * * *", i % 60, i % 24);
      break;
    default:
      break;  // open days
  }
  return trigger;
}

double ms_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

}  // namespace

int main(int argc, char** argv) {
  const int workflows = argc > 1 ? std::atoi(argv[1]) : 10'000;
  const auto calendars = calendar::Calendars::make({bank()});
  const calendar::Surroundings around{calendar::TimeZone::load, "Asia/Tokyo", &calendars};
  std::vector<NamedSchedule> schedules;
  for (int i = 0; i < workflows; ++i) {
    const std::string name = fmt::format("batch_{}", i);
    schedules.push_back({name, "t", *Schedule::make(trigger_of(i), around, name)});
  }
  const Timestamp from = *parse_rfc3339("2026-11-28T00:00:00Z");
  auto begin = std::chrono::steady_clock::now();
  const auto runs = calendar::expand(schedules, from, from + std::chrono::hours{24 * 400});
  const double expand_ms = ms_since(begin);

  const auto next_ns = [&](std::string_view cron) {
    model::Trigger trigger;
    trigger.id = "t";
    trigger.cron = cron;
    const Schedule schedule = *Schedule::make(trigger, around, "batch");
    constexpr int kTimes = 200'000;
    Timestamp at = from;
    const auto since = std::chrono::steady_clock::now();
    for (int i = 0; i < kTimes; ++i) at = schedule.next(i % 30 == 0 ? from : at)->fire.at;
    return ms_since(since) * 1e6 / kTimes;
  };
  std::printf(
      "{\"expand_ms\": %.2f, \"occurrences\": %zu, \"next_daily_ns\": %.0f, "
      "\"next_weekdays_ns\": %.0f, \"next_yearly_ns\": %.0f}\n",
      expand_ms, runs.size(), next_ns("30 2 * * *"), next_ns("*/10 8-20 * * 1-5"),
      next_ns("0 0 1 1 *"));
  return 0;
}
