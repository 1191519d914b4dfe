#include "calendar/preview.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace dandori::calendar {

namespace {

struct Source {
  const model::Trigger* trigger;
  Schedule schedule;
  std::optional<PlannedStart> next;
};

PreviewLine make_line(const Source& source, const PlannedStart& start, bool why,
                      const OtherPlans* others) {
  PreviewLine line{
      .start = start, .triggers = {source.trigger->id}, .zone = source.schedule.zone()};
  line.shifted =
      start.is_start() && line.zone.from_local(start.fire.nominal).kind == LocalLookup::Kind::gap;
  if (why) line.trace = source.schedule.trace(start, others);
  return line;
}

/// Lines of one instant: its starts are one, each date that was dropped has its own.
void add_instant(std::span<Source> sources, Timestamp at, bool why, const OtherPlans* others,
                 std::vector<PreviewLine>& lines) {
  std::optional<std::size_t> started;
  for (Source& source : sources) {
    if (!source.next || source.next->fire.at != at) continue;
    for (const PlannedStart& start :
         source.schedule.expand(at, at + Duration{1}, SIZE_MAX, others)) {
      if (!start.is_start() && !why) continue;
      if (start.is_start() && started) {
        lines[*started].triggers.push_back(source.trigger->id);
        continue;
      }
      if (start.is_start()) started = lines.size();
      lines.push_back(make_line(source, start, why, others));
    }
    source.next = source.schedule.next(at, others);
  }
}

}  // namespace

model::PlannedState state_of(const PlannedStart& start) {
  if (start.is_start()) return model::PlannedState::planned;
  return start.dropped == model::MissReason::nonexistent_time ? model::PlannedState::missed
                                                              : model::PlannedState::bypassed;
}

Json to_json(const PreviewLine& line) {
  Json::Array triggers;
  for (const std::string& trigger : line.triggers) triggers.emplace_back(trigger);
  Json out = Json::object({{"at", format_rfc3339(line.start.fire.at)},
                           {"local", format_in_zone(line.start.fire.at, line.zone)},
                           {"timezone", line.zone.name()},
                           {"nominal", origin_text(line.start)},
                           {"business_date", format_day(line.start.business_date)},
                           {"shifted", line.shifted},
                           {"triggers", Json::array(std::move(triggers))}});
  if (!line.start.is_start()) out.set("dropped", to_string(line.start.dropped));
  if (line.trace.empty()) return out;
  Json::Array trace;
  for (const TraceStep& step : line.trace) trace.push_back(to_json(step));
  out.set("trace", Json::array(std::move(trace)));
  return out;
}

std::optional<Day> unverified_after(std::span<const PreviewLine> lines,
                                    std::span<const model::Trigger> triggers,
                                    const Surroundings& around) {
  std::optional<Day> earliest;
  if (around.calendars == nullptr) return earliest;
  for (const model::Trigger& trigger : triggers) {
    if (trigger.calendar.empty()) continue;
    const Day verified = around.calendars->verified_until(trigger.calendar);
    const bool is_passed = std::ranges::any_of(lines, [&](const PreviewLine& line) {
      return line.start.business_date > verified &&
             std::ranges::find(line.triggers, trigger.id) != line.triggers.end();
    });
    if (is_passed) earliest = std::min(earliest.value_or(verified), verified);
  }
  return earliest;
}

Result<std::vector<PreviewLine>> preview(std::string_view workflow,
                                         std::span<const model::Trigger> triggers,
                                         const Surroundings& around, const PreviewRange& range,
                                         const OtherPlans* others) {
  std::vector<Source> sources;
  for (const model::Trigger& trigger : triggers) {
    Result<Schedule> schedule = Schedule::make(trigger, around, workflow);
    if (!schedule) return std::unexpected(std::move(schedule.error()));
    auto next = schedule->next(range.from - Duration{1}, others);
    sources.push_back({&trigger, *std::move(schedule), std::move(next)});
  }
  std::vector<PreviewLine> lines;
  std::size_t starts = 0;
  while (starts < range.count) {
    Timestamp soonest = kFarFuture;
    for (const Source& source : sources) {
      if (source.next && source.next->fire.at < soonest) soonest = source.next->fire.at;
    }
    if (soonest == kFarFuture || soonest >= range.to) break;
    const std::size_t before = lines.size();
    add_instant(sources, soonest, range.why, others, lines);
    for (std::size_t i = before; i < lines.size(); ++i) starts += lines[i].start.is_start() ? 1 : 0;
  }
  return lines;
}

}  // namespace dandori::calendar
