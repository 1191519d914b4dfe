#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "sim/trial_world.h"
#include "spec/spec.h"

/// What people do in a trial: they define, start, operate, ask why, and lose an answer now and
/// then.
namespace dandori::sim {

void Trial::make_workflows() {
  const std::uint64_t count = 1 + random_.below(3);
  with_dates_ = chance(40).chance(50);
  if (with_dates_)
    world_.apply(make_calendars(chance(41)) + "---\nname: w0\njobs: {j0: {type: noop}}\n");
  if (with_dates_) world_.apply(make_business_dates(chance(42)));
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint32_t jobs_max = chance(50 + i).chance(5) ? 40 : 12;
    workflows_.push_back(make_workflow(chance(100 + i), fmt::format("w{}", i), agents_, true,
                                       with_dates_, jobs_max));
    world_.trace(fmt::format("name: {}\n{}", workflows_.back().name, workflows_.back().text));
    world_.define(workflows_.back().name, workflows_.back().text);
  }
}

void Trial::apply(std::size_t workflow, bool with_triggers, std::uint64_t version) {
  const std::uint64_t name = version == 0 ? 100 + workflow : mix64(version, workflow);
  const WorkflowShape shape = make_workflow(chance(name), workflows_[workflow].name, agents_,
                                            with_triggers, with_dates_, 12);
  spec::Parsed parsed =
      spec::parse_definitions("w.yaml", fmt::format("name: {}\n{}", shape.name, shape.text));
  if (!parsed.problems.empty()) {
    return world_.witness().violated("definition: " +
                                     spec::format_problem(parsed.problems.front(), true));
  }
  workflows_[workflow] = shape;
  ask(apply_request(std::move(parsed)), "apply");
}

/// What the trace says of an operation beside its key.
std::string Trial::details(const model::Request& request) {
  const auto* operate = std::get_if<model::Operate>(&request);
  if (operate == nullptr) return {};
  const std::string& place = operate->run.empty() ? operate->workflow : operate->run;
  const bool sets = operate->action == model::Operation::set_state;
  return fmt::format(": {} {}/{}{}{}", to_string(operate->action), place, operate->job,
                     sets ? " to " : "", sets ? to_string(operate->state) : "");
}

void Trial::ask(model::Request request, std::string_view what) {
  auto made = std::make_shared<Ask>();
  made->request = std::move(request);
  made->key = fmt::format("{}-{}", what, ++asked_);
  world_.trace(fmt::format("asks {}{}", made->key, details(made->request)));
  send(made);
}

/// Sends it until there is an answer; sometimes the answer gets lost, or it is sent again for no
/// reason.
void Trial::send(const std::shared_ptr<Ask>& ask) {
  world_.send(ask->request, ask->key, [this, ask](const Result<Json>& answer) {
    const std::string& code = answer ? std::string{} : answer.error().code;
    const bool is_lost = code.starts_with("server.") || code.starts_with("store.");
    world_.trace(fmt::format("{} is answered {}", ask->key, answer ? "well" : code));
    if (!answer && !is_lost) return;
    if (!is_lost && !random_.chance(10)) return;
    world_.clock().after(random_.span(100ms, 10s), [this, ask] { send(ask); });
  });
}

std::string Trial::some_run() {
  const auto& runs = world_.checker().runs();
  if (runs.empty()) return "w0#1";
  auto at = runs.begin();
  // Recent ones more often.
  const std::uint64_t back =
      random_.below(std::min<std::uint64_t>(runs.size(), random_.chance(70) ? 4 : 50));
  std::advance(at, static_cast<std::ptrdiff_t>(runs.size() - 1 - back));
  return fmt::format("{}#{}", at->second.run.workflow, at->second.run.number);
}

std::string Trial::some_job(const std::string& run) {
  const Checker::RunTable* table = world_.checker().find(run);
  if (table == nullptr || table->jobs.empty()) return "j0";
  return table->definition->jobs[random_.below(table->jobs.size())].id;
}

/// Other calendars, a date moved by hand, and the question why.
void Trial::act_on_dates() {
  switch (random_.below(4)) {
    case 0: {
      spec::Parsed parsed =
          spec::parse_definitions("c.yaml", make_calendars(Random{random_.next()}));
      return ask(apply_request(std::move(parsed)), "apply");
    }
    case 1: {
      model::MoveBusinessDate move;
      move.name = fmt::format("d{}", random_.below(3));
      move.step = random_.chance(70) ? 1 : -1;
      if (random_.chance(20)) move.to = fmt::format("2026-11-{}", 15 + random_.below(12));
      if (random_.chance(30)) preview(move);
      return ask(std::move(move), "move");
    }
    case 2:
      return force_waiting();
    default:
      return question(model::AskWhyWorkflow{workflows_[random_.below(workflows_.size())].name,
                                            fmt::format("2026-11-{}", 18 + random_.below(6))});
  }
}

/// Runs that wait for their business date are let go.
void Trial::force_waiting() {
  std::vector<model::Operate> requests;
  for (const auto& [id, run] : world_.checker().runs()) {
    if (!run.active || run.run.date_wait == model::DateWait::none) continue;
    model::Operate request;
    request.action = model::Operation::force;
    request.run = fmt::format("{}#{}", run.run.workflow, run.run.number);
    requests.push_back(std::move(request));
  }
  for (model::Operate& request : requests) ask(std::move(request), "force");
}

void Trial::act() {
  if (with_dates_ && random_.chance(15)) return act_on_dates();
  const std::string run = some_run();
  const std::size_t workflow = random_.below(workflows_.size());
  switch (random_.below(24)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5: {
      model::StartRun request;
      request.workflow = workflows_[workflow].name;
      request.force = random_.chance(10);
      if (random_.chance(20)) request.params = Json::object({{"n", 5}});
      return ask(std::move(request), "start");
    }
    case 6:
      return ask(model::RerunRun{run, model::RerunScope::failed, {}}, "rerun");
    case 7:
      return ask(model::RerunRun{run, model::RerunScope::whole, {}}, "rerun");
    case 8:
      return ask(model::RerunRun{run, model::RerunScope::from, some_job(run)}, "rerun");
    case 9:
      return ask(model::RerunRun{run, model::RerunScope::only, some_job(run)}, "rerun");
    case 10:
      return ask(model::CancelRun{run}, "cancel");
    case 11:
      return ask(model::KillRun{run, random_.chance(60) ? some_job(run) : std::string{}}, "kill");
    case 12:
    case 13:
      return ask(model::ConfirmRun{run}, "confirm");
    case 14:
      return apply(workflow, true, random_.next());
    case 15:
    case 16:
    case 17:
    case 18:
      return operate_on_run(run);
    case 19:
    case 20:
      return operate_on_workflow(workflows_[workflow].name);
    case 21: {
      model::RerunRun rerun{run, static_cast<model::RerunScope>(random_.below(5)), some_job(run)};
      rerun.hold_first = random_.chance(30);
      if (random_.chance(20)) rerun.hold = {some_job(run)};
      rerun.newest = random_.chance(50);
      return ask(std::move(rerun), "rerun");
    }
    case 22: {
      model::StartRun alone;
      alone.workflow = workflows_[workflow].name;
      alone.only = some_job(run);
      if (random_.chance(70)) alone.like = run;
      return ask(std::move(alone), "start-alone");
    }
    default:
      return question(model::AskWhy{run, random_.chance(50) ? some_job(run) : std::string{}});
  }
}

void Trial::question(model::Request request) {
  world_.send(std::move(request), {}, [](const Result<Json>&) {});
}

void Trial::preview(model::Request request) {
  world_.send(std::move(request), {}, [](const Result<Json>&) {}, true);
}

void Trial::operate_on_run(const std::string& run) {
  model::Operate request;
  request.action = static_cast<model::Operation>(random_.below(13));
  request.run = run;
  const bool of_run = request.action == model::Operation::suspend ||
                      request.action == model::Operation::resume || random_.chance(10);
  if (!of_run) request.job = some_job(run);
  request.state = static_cast<model::JobState>(
      static_cast<std::uint64_t>(model::JobState::succeeded) + random_.below(6));
  request.leave_running = random_.chance(50);
  if (random_.chance(50)) request.values = Json::object({{"n", 5}});
  if (random_.chance(10)) request.until = world_.clock().wall() + random_.span(1s, 5min);
  if (random_.chance(30)) preview(request);
  ask(std::move(request), "operate");
}

void Trial::operate_on_workflow(const std::string& workflow) {
  model::Operate request;
  request.action = static_cast<model::Operation>(random_.below(12));
  const bool is_drain =
      request.action == model::Operation::drain || request.action == model::Operation::undrain;
  request.of_server = is_drain && !random_.chance(60);
  if (!request.of_server) request.workflow = workflow;
  if (!is_drain && random_.chance(50)) request.job = fmt::format("j{}", random_.below(6));
  if (random_.chance(40)) request.until = world_.clock().wall() + random_.span(1s, 5min);
  if (random_.chance(50)) request.values = Json::object({{"n", 5}});
  if (random_.chance(30)) preview(request);
  ask(std::move(request), "operate");
}

/// Everything by hand is undone, so that there is an end.
void Trial::undo_all() {
  using model::MarkKind;
  using model::Operation;
  constexpr std::pair<MarkKind, Operation> kUndo[] = {{MarkKind::hold, Operation::release},
                                                      {MarkKind::disable, Operation::enable},
                                                      {MarkKind::skip, Operation::unskip},
                                                      {MarkKind::suspend, Operation::resume},
                                                      {MarkKind::drain, Operation::undrain}};
  std::vector<model::Operate> requests;
  for (const auto& [key, mark] : world_.checker().marks()) {
    model::Operate request;
    for (const auto& [kind, undo] : kUndo) {
      if (kind == key.kind) request.action = undo;
    }
    if (key.number != 0) request.run = fmt::format("{}#{}", key.workflow, key.number);
    if (key.number == 0) request.workflow = key.workflow;
    request.of_server = key.workflow.empty();
    request.job = key.job;
    requests.push_back(std::move(request));
  }
  for (model::Operate& request : requests) ask(std::move(request), "undo");
}

void Trial::plan_people(Duration until) {
  const std::uint64_t count = 3 + random_.below(12);
  for (std::uint64_t i = 0; i < count; ++i) {
    const bool early = random_.chance(40);
    world_.clock().after(random_.span(Duration{0}, early ? 60s : until), [this] { act(); });
  }
}

}  // namespace dandori::sim
