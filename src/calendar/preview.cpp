#include "calendar/preview.h"

#include <map>
#include <optional>
#include <utility>

namespace dandori::calendar {

namespace {

struct Source {
  const model::Trigger* trigger;
  Schedule schedule;
  std::optional<PlannedStart> next;
};

PreviewLine make_line(const Source& source) {
  const PlannedStart& start = *source.next;
  PreviewLine line{
      .start = start, .triggers = {source.trigger->id}, .zone = source.schedule.zone()};
  line.shifted = line.zone.to_local(start.fire.at) != start.fire.nominal;
  return line;
}

}  // namespace

Json to_json(const PreviewLine& line) {
  Json::Array triggers;
  for (const std::string& trigger : line.triggers) triggers.emplace_back(trigger);
  return Json::object({{"at", format_rfc3339(line.start.fire.at)},
                       {"local", format_in_zone(line.start.fire.at, line.zone)},
                       {"timezone", line.zone.name()},
                       {"nominal", line.start.nominal_text},
                       {"business_date", line.start.business_date},
                       {"shifted", line.shifted},
                       {"triggers", Json::array(std::move(triggers))}});
}

Result<std::vector<PreviewLine>> preview(
    std::span<const model::Trigger> triggers, std::string_view server_zone,
    const std::function<Result<TimeZone>(std::string_view)>& zone, Timestamp from,
    std::size_t count) {
  std::vector<Source> sources;
  for (const model::Trigger& trigger : triggers) {
    const Result<TimeZone> its = zone(trigger.timezone.empty() ? server_zone : trigger.timezone);
    if (!its) return std::unexpected(its.error());
    Result<Schedule> schedule = Schedule::make(trigger, *its);
    if (!schedule) return std::unexpected(schedule.error());
    auto next = schedule->next(from - Duration{1});
    sources.push_back({&trigger, *std::move(schedule), std::move(next)});
  }

  std::vector<PreviewLine> lines;
  while (lines.size() < count) {
    Timestamp soonest = kFarFuture;
    for (const Source& source : sources) {
      if (source.next && source.next->fire.at < soonest) soonest = source.next->fire.at;
    }
    if (soonest == kFarFuture) return lines;
    std::optional<PreviewLine> line;
    for (Source& source : sources) {
      if (!source.next || source.next->fire.at != soonest) continue;
      if (line) {
        line->triggers.push_back(source.trigger->id);
      } else {
        line = make_line(source);
      }
      source.next = source.schedule.next(soonest);
    }
    lines.push_back(*std::move(line));
  }
  return lines;
}

}  // namespace dandori::calendar
