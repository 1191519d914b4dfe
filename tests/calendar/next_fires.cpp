// Reads lines `FORM<tab>EXPRESSION<tab>ZONE<tab>AFTER<tab>COUNT` and prints for each a line: the
// next starts after that instant, as seconds since 1970, or the code of the error. FORM: cron or
// on_calendar. Readings that a clock change jumps over are left out.
#include <charconv>
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "calendar/schedule.h"

namespace {

using namespace dandori;

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string next_fires(std::string_view form, std::string_view expression, std::string_view zone,
                       Timestamp after, std::int64_t count) {
  model::Trigger trigger;
  trigger.id = "main";
  (form == "cron" ? trigger.cron : trigger.on_calendar) = expression;
  trigger.timezone = zone;
  trigger.dst.gap = model::DstGap::skip;
  const calendar::Surroundings around{.zone = calendar::TimeZone::load, .server_zone = "UTC"};
  const Result<calendar::Schedule> schedule = calendar::Schedule::make(trigger, around, "nightly");
  if (!schedule) return schedule.error().code;
  std::string fires;
  while (count > 0) {
    const std::optional<calendar::PlannedStart> start = schedule->next(after);
    if (!start) break;
    after = start->fire.at;
    if (!start->is_start()) continue;
    fires += (fires.empty() ? "" : " ") + std::to_string(after.us / kMicrosPerSecond);
    --count;
  }
  return fires;
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const std::vector<std::string_view> parts = split(line, '\t');
    if (parts.size() != 5) return 2;
    const Timestamp after{number(parts[3]) * kMicrosPerSecond};
    std::cout << next_fires(parts[0], parts[1], parts[2], after, number(parts[4])) << '\n';
  }
}
