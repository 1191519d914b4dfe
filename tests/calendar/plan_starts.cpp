// Reads lines of JSON `{"text": DEFINITIONS, "from": RFC 3339, "to": RFC 3339}` and prints for each
// a line: `{"starts": [{workflow, at, origin, business_date, reason}]}`, every occurrence in [from,
// to) of every schedule of the definitions; or `{"problems": [TEXT]}`. The server's zone is
// Asia/Tokyo.
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "calendar/schedule.h"
#include "model/words.h"
#include "spec/spec.h"

namespace {

using namespace dandori;
using calendar::NamedSchedule;

Json problem(std::string_view text) {
  return Json::object({{"problems", Json::array({Json{text}})}});
}

Json row(const NamedSchedule& schedule, const calendar::PlannedStart& start) {
  const std::string_view reason = start.is_start() ? "" : to_string(start.dropped);
  return Json::object({{"workflow", schedule.workflow},
                       {"at", format_rfc3339(start.fire.at)},
                       {"origin", calendar::origin_text(start)},
                       {"business_date", format_day(start.business_date)},
                       {"reason", reason}});
}

/// What one after another defines; the first problem, when there is one.
struct World {
  std::vector<model::Calendar> calendars;
  std::vector<model::WorkflowPtr> workflows;
  std::string problem;

  void add(std::string_view text) {
    const spec::Parsed parsed = spec::parse_definitions("definitions.yaml", text);
    if (!parsed.problems.empty()) problem = spec::format_problem(parsed.problems.front(), false);
    for (const auto& each : parsed.calendars) calendars.push_back(each.value);
    for (const auto& each : parsed.workflows) workflows.push_back(each.workflow);
  }
};

Json answer(const Json& question) {
  const Result<Timestamp> from = parse_rfc3339(question.text_or("from", ""));
  const Result<Timestamp> to = parse_rfc3339(question.text_or("to", ""));
  if (!from || !to) return problem("from and to are needed");
  World world;
  for (const Json& text : question["texts"].items()) world.add(text.as_string());
  if (!world.problem.empty()) return problem(world.problem);

  const auto calendars = calendar::Calendars::make(std::move(world.calendars));
  const calendar::Surroundings around{
      .zone = calendar::TimeZone::load, .server_zone = "Asia/Tokyo", .calendars = &calendars};
  std::vector<NamedSchedule> schedules;
  for (const model::WorkflowPtr& workflow : world.workflows) {
    for (const model::Trigger& trigger : workflow->triggers) {
      Result<calendar::Schedule> made = calendar::Schedule::make(trigger, around, workflow->name);
      if (!made) return problem(made.error().code + ": " + made.error().message);
      schedules.push_back({workflow->name, trigger.id, *std::move(made)});
    }
  }
  Json::Array starts;
  for (const calendar::PlannedRun& run : calendar::expand(schedules, *from, *to)) {
    starts.push_back(row(schedules[run.schedule], run.start));
  }
  return Json::object({{"starts", Json::array(std::move(starts))}});
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const Result<Json> question = parse_json(line);
    std::cout << write_json(question ? answer(*question) : problem(question.error().message))
              << std::endl;
  }
}
