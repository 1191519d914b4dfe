#include "calendar/schedule.h"

#include <limits>
#include <utility>

#include "calendar/once.h"

namespace dandori::calendar {

static_assert(sizeof(Schedule) <= 128, "a big server keeps one for each of 100,000 triggers");

Schedule::Schedule(TimeZone zone, model::DstRule dst, std::variant<CronExpr, Fire> rule)
    : zone_{std::move(zone)}, rule_{std::move(rule)}, dst_{dst} {}

Result<Schedule> Schedule::make(const model::Trigger& trigger, const TimeZone& zone) {
  switch (trigger.type) {
    case model::TriggerType::schedule: {
      Result<CronExpr> cron = parse_cron(trigger.cron);
      if (!cron) return std::unexpected(std::move(cron.error()));
      return Schedule{zone, trigger.dst, std::move(*cron)};
    }
    case model::TriggerType::once: {
      const Result<Fire> fire = parse_once(trigger.at, zone, trigger.dst);
      if (!fire) return std::unexpected(fire.error());
      return Schedule{zone, trigger.dst, *fire};
    }
  }
  std::unreachable();
}

std::optional<Fire> Schedule::next_instant(Timestamp after) const {
  if (const Fire* once = std::get_if<Fire>(&rule_)) {
    return once->at > after ? std::optional{*once} : std::nullopt;
  }
  return next_fire(std::get<CronExpr>(rule_), zone_, dst_, after);
}

std::optional<PlannedStart> Schedule::next(Timestamp after) const {
  const std::optional<Fire> fire = next_instant(after);
  if (!fire) return std::nullopt;
  PlannedStart start{.fire = *fire,
                     .nominal_text = format_local(fire->nominal),
                     .business_date = format_day(day_of(zone_.to_local(fire->at)))};
  if (fire->second) start.nominal_text.push_back('*');
  return start;
}

std::vector<PlannedStart> expand(const Schedule& schedule, Timestamp from, Timestamp to,
                                 std::size_t count_max) {
  std::vector<PlannedStart> starts;
  if (from.us == std::numeric_limits<std::int64_t>::min()) from = Timestamp{from.us + 1};
  Timestamp after{from.us - 1};
  while (starts.size() < count_max) {
    std::optional<PlannedStart> start = schedule.next(after);
    if (!start || start->fire.at >= to) break;
    after = start->fire.at;
    starts.push_back(std::move(*start));
  }
  return starts;
}

std::vector<PlannedStart> expand(const model::Trigger& trigger, const TimeZone& zone,
                                 Timestamp from, Timestamp to, std::size_t count_max) {
  const Result<Schedule> schedule = Schedule::make(trigger, zone);
  if (!schedule) return {};
  return expand(*schedule, from, to, count_max);
}

}  // namespace dandori::calendar
