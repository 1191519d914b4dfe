#include <array>
#include <map>

#include "engine/harness_test.h"

namespace dandori::engine::test {
namespace {

constexpr std::array kZones{"Asia/Tokyo",        "UTC",
                            "America/New_York",  "Europe/London",
                            "Australia/Sydney",  "America/Sao_Paulo",
                            "Asia/Kolkata",      "Australia/Lord_Howe",
                            "Africa/Casablanca", "Pacific/Auckland",
                            "America/St_Johns",  "Asia/Tehran",
                            "Europe/Berlin",     "Pacific/Chatham",
                            "America/Santiago"};

model::Calendar bank() {
  const auto day = [](std::uint8_t month, std::uint8_t at) {
    return model::YearlyDays{{month, at}, {month, at}};
  };
  return {.name = "jpbank",
          .day_starts_at_s = 5 * 3600,
          .rules = {{.days = {.holidays = "japan"}},
                    {.days = {.weekdays = 0b100'0001}},
                    {.days = {.yearly = {day(12, 31), day(1, 2), day(1, 3)}}}}};
}

model::Trigger& by_time(WorkflowBuilder& flow, std::string id, std::int32_t clock_s,
                        const std::string& zone) {
  model::Trigger& trigger = flow.cron(std::move(id), "", zone);
  trigger.times = {clock_s};
  return trigger;
}

/// Schedules of many forms in one zone.
WorkflowBuilder workflow_in(std::size_t zone) {
  WorkflowBuilder flow{"w" + std::to_string(zone)};
  flow.noop("a");
  flow.workflow().overlap = {.policy = model::Overlap::queue, .queue_max = 1000};
  const std::string name = kZones[zone];
  flow.cron("a_gap", "30 1,2 * * *", name).dst.gap = model::DstGap::skip;
  by_time(flow, "b_late", 26 * 3600 + 1800, name).dst.overlap = model::DstOverlap::both;
  model::Trigger& open = by_time(flow, "c_open", 20 * 3600, name);
  open.calendar.name = "jpbank";
  model::Trigger& pay = by_time(flow, "d_pay", 9 * 3600, name);
  pay.calendar.name = "jpbank";
  pay.days = {{.form = model::DayForm::day, .numbers = {15, 0}}};
  pay.on_closed_day = model::ClosedDay::previous;
  pay.offset = model::DateOffset{.days = -2, .open_days = true};
  model::Trigger& next = by_time(flow, "e_next", 25 * 3600, name);
  next.calendar.name = "jpbank";
  next.on_closed_day = model::ClosedDay::next;
  next.max_shift_days = 2;
  next.jitter = 10min;
  next.exclude.yearly = {{{7, 1}, {7, 3}}};
  return flow;
}

}  // namespace

TEST_CASE("[CAL-09] a year in 15 zones: what is previewed is what the live server then does") {
  World world;
  world.check_rebuild = false;  // as for every turn elsewhere; here there are 26,000
  model::ApplyDefinitions request;
  request.calendars = {{bank(), "source", "{}"}};
  std::vector<WorkflowBuilder> flows;
  for (std::size_t i = 0; i < kZones.size(); ++i) {
    flows.push_back(workflow_in(i));
    request.workflows.push_back(flows.back().done());
  }
  world.ask(request);
  const Timestamp end = at("2027-11-20T00:00:00Z");

  // The preview, before anything happens.
  const auto calendars = calendar::Calendars::make({bank()});
  const calendar::Surroundings around{calendar::TimeZone::load, "UTC", &calendars};
  std::map<std::tuple<std::string, std::string, std::string>, std::string> previewed;
  for (const model::WorkflowDefinition& definition : request.workflows) {
    const model::Workflow& workflow = *definition.workflow;
    for (const model::Trigger& trigger : workflow.triggers) {
      for (const auto& each : calendar::expand(trigger, around, workflow.name,
                                               world.now.wall + Duration{1}, end, SIZE_MAX)) {
        previewed[{workflow.name, trigger.id, origin_text(each)}] =
            format_rfc3339(each.fire.at) + " " + format_day(each.business_date) + " " +
            std::string{to_string(each.dropped)};
      }
    }
  }

  world.run_until(end - Duration{1});
  std::map<std::tuple<std::string, std::string, std::string>, std::string> happened;
  for (const model::PlannedOutcome& outcome : world.store.planned) {
    std::string_view reason = to_string(outcome.reason);
    if (outcome.reason == model::MissReason::superseded) reason = "none";  // another trigger's run
    happened[{outcome.workflow, outcome.trigger, outcome.nominal}] =
        format_rfc3339(outcome.at) + " " + outcome.business_date + " " + std::string{reason};
    const bool started = outcome.state == model::PlannedState::started;
    if (started) CHECK(outcome.decided_at == outcome.at);
  }
  MESSAGE(previewed.size(), " occurrences previewed, ", happened.size(), " happened");
  CHECK(previewed.size() > 20'000);
  for (const auto& [key, line] : previewed) {
    const auto found = happened.find(key);
    CAPTURE(std::get<0>(key) + "/" + std::get<1>(key) + "/" + std::get<2>(key));
    if (found == happened.end() || found->second != line) {
      FAIL("previewed " << line << ", happened "
                        << (found == happened.end() ? "nothing" : found->second));
    }
  }
  CHECK(happened.size() == previewed.size());
}

}  // namespace dandori::engine::test
