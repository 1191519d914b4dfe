#include "engine/calendars_test.h"

namespace dandori::engine::test {
namespace {

using Lines = std::vector<std::string>;
constexpr std::int32_t kHour = 3600;

/// `close` moves the date after `work`.
WorkflowBuilder closing(const std::string& name = "nightly", const std::string& date = "batch") {
  WorkflowBuilder flow{name};
  flow.workflow().business_date = date;
  flow.add("work");
  model::Job& close = flow.noop("close", {"work"});
  close.type = model::JobType::business_date;
  close.business_date = date;
  return flow;
}

std::string pinned(const World& world, const std::string& run) {
  return world.run(run).business_date;
}

std::string env_of(const World& world, std::string_view name) {
  for (const auto& [key, value] : world.agent.orders.back().env) {
    if (key == name) return value;
  }
  return {};
}

TEST_CASE(
    "[BIZ-02] a job at the end of the night moves the date on, and later runs see the new one") {
  World world;
  WorkflowBuilder flow = closing();
  Defining{}.calendar(bank()).date(batch({}, "2026-05-01")).workflow(flow).in(world);
  const std::string run = world.start("nightly");
  CHECK(pinned(world, run) == "2026-05-01");
  CHECK(env_of(world, "BIZ_YMD") == "20260501");
  CHECK(world.run_state(run) == "succeeded");
  CHECK(value_of(world) == "2026-05-07");
  CHECK(moves_of(world) == Lines{"created >2026-05-01", "job 2026-05-01>2026-05-07"});
  CHECK(write_json(world.attempt(run, "close", 1).outputs) ==
        R"({"from":"2026-05-01","to":"2026-05-07"})");
  CHECK(pinned(world, world.start("nightly")) == "2026-05-07");
}

TEST_CASE("[BIZ-08] business_date job run twice on 2026-05-01: one move, to 05-07") {
  World world;
  WorkflowBuilder flow = closing();
  Defining{}.calendar(bank()).date(batch({}, "2026-05-01")).workflow(flow).in(world);
  const std::string run = world.start("nightly");
  world.ask(model::RerunRun{run, model::RerunScope::whole, ""});
  CHECK(world.run_state(run) == "succeeded");
  CHECK(pinned(world, run) == "2026-05-01");
  CHECK(value_of(world) == "2026-05-07");
  CHECK(moves_of(world).size() == 2);
  CHECK(world.attempt(run, "close", 2).state == model::AttemptState::succeeded);
}

TEST_CASE("a job whose date is past both the run's date and the next one fails and names them") {
  World world;
  WorkflowBuilder flow = closing();
  Defining{}.calendar(bank()).date(batch({}, "2026-05-01")).workflow(flow).in(world);
  const std::string first = world.start("nightly");
  world.start("nightly");
  CHECK(value_of(world) == "2026-05-08");
  world.ask(model::RerunRun{first, model::RerunScope::whole, ""});
  CHECK(world.run_state(first) == "failed");
  const model::Attempt attempt = world.attempt(first, "close", 2);
  CHECK(attempt.failure == model::FailureKind::business_date);
  CHECK(attempt.error ==
        "business date 'batch' is 2026-05-08: neither 2026-05-01, for which this run works, nor "
        "2026-05-07, the one after it");
  CHECK(value_of(world) == "2026-05-08");
}

TEST_CASE("a date that counts in days goes through closed ones") {
  World world;
  WorkflowBuilder flow = closing();
  flow.job("close").date_unit = model::DateUnit::day;
  model::BusinessDate date = batch({}, "2026-05-01");
  Defining{}.calendar(bank()).date(date).workflow(flow).in(world);
  world.start("nightly");
  CHECK(value_of(world) == "2026-05-02");
}

TEST_CASE("[BIZ-01] a run keeps the date of its creation, on the next day and in a rerun") {
  World world;
  WorkflowBuilder flow{"nightly"};
  flow.workflow().business_date = "batch";
  flow.add("work");
  // The date of 05-01 lasts until 02:00 of the next morning.
  Defining{}.calendar(bank()).date(batch({26 * kHour, {}}, "2026-11-20")).workflow(flow).in(world);
  world.run_until(at("2026-11-20T16:00:00Z"));  // 01:00 of the 21st in Tokyo
  world.script("work", {exits(1, 2h)});
  const std::string run = world.start("nightly");
  CHECK(pinned(world, run) == "2026-11-20");
  world.run_until(at("2026-11-21T00:00:00Z"));
  CHECK(world.run_state(run) == "failed");
  CHECK(value_of(world) == "2026-11-24");
  world.ask(model::RerunRun{run, model::RerunScope::failed, ""});
  CHECK(env_of(world, "BIZ_YMD") == "20261120");
  CHECK(pinned(world, run) == "2026-11-20");
}

TEST_CASE(
    "a date moves at its clock time; after downtime each date that passed is a move of its own") {
  World world;
  Defining{}.calendar(bank()).date(batch({29 * kHour, {}}, "2026-11-20")).in(world);
  world.run_until(at("2026-11-20T19:59:59Z"));
  CHECK(value_of(world) == "2026-11-20");
  world.run_until(at("2026-11-20T20:00:00Z"));  // 05:00 of the 21st in Tokyo
  CHECK(value_of(world) == "2026-11-24");
  world.move_to(at("2026-11-27T00:00:00Z"));
  world.restart();
  CHECK(value_of(world) == "2026-11-27");
  CHECK(moves_of(world) == Lines{"created >2026-11-20", "clock 2026-11-20>2026-11-24",
                                 "clock 2026-11-24>2026-11-25", "clock 2026-11-25>2026-11-26",
                                 "clock 2026-11-26>2026-11-27"});
}

TEST_CASE("moves after a long downtime are spread over bounded turns") {
  World world{TurnLimits{.events_max = 1, .changes_max = 1}};
  Defining{}.calendar(bank()).date(batch({29 * kHour, {}}, "2026-01-05")).in(world);
  CHECK(value_of(world) == "2026-11-20");
  CHECK(world.rows_max < 12);
}

TEST_CASE(
    "[BIZ-04] not before 04:00 AND after the night: early ends wait, late ends move at once") {
  World world;
  WorkflowBuilder flow{"nightly"};
  flow.workflow().business_date = "batch";
  flow.add("work");
  Defining{}
      .calendar(bank())
      .workflow(flow)
      .date(batch({28 * kHour, {"nightly"}}, "2026-11-20"))
      .in(world);
  world.start("nightly");
  world.run_until(at("2026-11-20T18:59:59Z"));
  CHECK(value_of(world) == "2026-11-20");
  world.run_until(at("2026-11-20T19:00:00Z"));  // 04:00 in Tokyo
  CHECK(value_of(world) == "2026-11-24");
  world.run_until(at("2026-11-24T20:30:00Z"));  // past 04:00, and the night has not ended
  CHECK(value_of(world) == "2026-11-24");
  world.restart();
  world.script("work", {exits(1), exits(0)});
  const std::string late = world.start("nightly");
  CHECK(world.run_state(late) == "failed");
  CHECK(value_of(world) == "2026-11-24");
  world.ask(model::RerunRun{late, model::RerunScope::failed, ""});
  CHECK(value_of(world) == "2026-11-25");
  CHECK(moves_of(world) ==
        Lines{"created >2026-11-20", "after 2026-11-20>2026-11-24", "after 2026-11-24>2026-11-25"});
  CHECK(world.store.moves.back().run == world.run(late).id);
}

TEST_CASE("a date waits for all workflows that it names, once each, also by confirm") {
  World world;
  WorkflowBuilder a{"a"}, b{"b"};
  for (WorkflowBuilder* flow : {&a, &b}) {
    flow->workflow().business_date = "batch";
    flow->add("work");
  }
  Defining{}
      .calendar(bank())
      .workflow(a)
      .workflow(b)
      .date(batch({std::nullopt, {"a", "b"}}, "2026-05-01"))
      .in(world);
  world.start("a");
  world.start("a");
  CHECK(value_of(world) == "2026-05-01");
  world.script("work", {exits(1)});
  const std::string failed = world.start("b");
  CHECK(value_of(world) == "2026-05-01");
  world.ask(model::ConfirmRun{failed});
  CHECK(value_of(world) == "2026-05-07");
  // What ended before does not count for the new date.
  world.start("b");
  CHECK(value_of(world) == "2026-05-07");
  world.start("a");
  CHECK(value_of(world) == "2026-05-08");
}

TEST_CASE("[BIZ-03] three dates with rules of their own do not move each other") {
  World world;
  WorkflowBuilder night = closing("group_b", "group_b");
  WorkflowBuilder online{"online_flow"};
  online.noop("a");
  model::BusinessDate b = batch({}, "2026-11-20");
  b.name = "group_b";
  model::BusinessDate online_date = batch({24 * kHour, {}}, "2026-11-20");
  online_date.name = "online";
  model::BusinessDate new_york = batch({24 * kHour, {}}, "2026-11-20");
  new_york.name = "new_york";
  new_york.calendar.clear();
  new_york.timezone = "America/New_York";
  Defining{}
      .calendar(bank())
      .date(batch({28 * kHour, {"online_flow"}}, "2026-11-20"))
      .date(b)
      .date(online_date)
      .date(new_york)
      .workflow(night)
      .workflow(online)
      .in(world);
  world.start("group_b");  // its own job moves it
  CHECK(value_of(world, "group_b") == "2026-11-24");
  world.run_until(at("2026-11-20T15:00:00Z"));  // midnight in Tokyo
  CHECK(value_of(world, "online") == "2026-11-24");
  CHECK(value_of(world, "new_york") == "2026-11-20");
  world.run_until(at("2026-11-21T05:00:00Z"));  // midnight in New York
  CHECK(value_of(world, "new_york") == "2026-11-21");
  CHECK(value_of(world, "batch") == "2026-11-20");  // delayed: what it waits for has not ended
  CHECK(value_of(world, "group_b") == "2026-11-24");
}

TEST_CASE(
    "[BIZ-05] --business-date gives a run another date, in its environment and in the audit log") {
  World world;
  WorkflowBuilder flow{"nightly"};
  flow.workflow().business_date = "batch";
  flow.add("work");
  Defining{}.calendar(bank()).date(batch({}, "2026-05-01")).workflow(flow).in(world);
  const Json run = world.ask(model::StartRun{"nightly", {}, "2026-03-31", false});
  CHECK(pinned(world, std::string{run.text_or("name", "")}) == "2026-03-31");
  CHECK(env_of(world, "BIZ_YMD") == "20260331");
  CHECK(world.store.audit.back().action == "run.business_date");
  CHECK(write_json(world.store.audit.back().before) == R"({"business_date":"2026-05-01"})");
  CHECK(write_json(world.store.audit.back().after) == R"({"business_date":"2026-03-31"})");
  CHECK(value_of(world) == "2026-05-01");
}

TEST_CASE("BIZ_YMD is the run's date, unless workflow or job give another one") {
  World world;
  WorkflowBuilder flow{"nightly"};
  flow.workflow().business_date = "batch";
  flow.add("work");
  Defining{}.calendar(bank()).date(batch({}, "2026-05-01")).workflow(flow).in(world);
  world.start("nightly");
  CHECK(env_of(world, "BIZ_YMD") == "20260501");
  flow.job("work").env = {{"BIZ_YMD", {"19991231", false}}};
  world.define(flow);
  world.start("nightly");
  CHECK(env_of(world, "BIZ_YMD") == "19991231");
}

TEST_CASE("by hand: forward, back and to a date, with the reason in history and audit") {
  World world;
  WorkflowBuilder flow{"nightly"};
  flow.workflow().business_date = "batch";
  flow.add("work");
  Defining{}.calendar(bank()).date(batch({}, "2026-05-01")).workflow(flow).in(world);
  world.script("work", {hangs()});
  world.start("nightly");
  const Json preview = world.preview(model::MoveBusinessDate{"batch", "", 1});
  CHECK(write_json(preview["business_dates"]) ==
        R"([{"business_date":"batch","from":"2026-05-01","to":"2026-05-07"}])");
  CHECK(
      write_json(preview["warnings"]) ==
      R"([{"code":"guard.unfinished_runs","count":1,"items":[{"run":"nightly#1","state":"running"}]}])");
  CHECK(preview.text_or("command", "") == "dandori business-date move 'batch' --next");
  CHECK(value_of(world) == "2026-05-01");
  const std::string plan{preview.text_or("plan_id", "")};
  CHECK(world.try_send(model::MoveBusinessDate{"batch", "", 1}, false, plan, "").error().code ==
        "operation.reason_needed");
  CHECK(world.try_send(model::MoveBusinessDate{"batch", "", 1}, false, plan, "holiday work")
            .has_value());
  CHECK(value_of(world) == "2026-05-07");
  CHECK(
      world.try_send(model::MoveBusinessDate{"batch", "", 1}, false, plan, "again").error().code ==
      "plan.stale");
  world.ask(model::MoveBusinessDate{"batch", "", -1});
  CHECK(value_of(world) == "2026-05-01");
  world.ask(model::MoveBusinessDate{"batch", "2026-06-01", 0});
  CHECK(moves_of(world) == Lines{"created >2026-05-01", "hand 2026-05-01>2026-05-07",
                                 "hand 2026-05-07>2026-05-01", "hand 2026-05-01>2026-06-01"});
  CHECK(world.store.moves[1].reason == "holiday work");
  CHECK(world.store.audit.back().action == "business_date.move");
  CHECK(world.error_of(model::MoveBusinessDate{"batch", "2026-06-01", 0}) == "business_date.same");
  CHECK(world.error_of(model::MoveBusinessDate{"batch", "soon", 0}) == "param.bad_business_date");
  CHECK(world.error_of(model::MoveBusinessDate{"online", "", 1}) == "business_date.unknown");
}

TEST_CASE("a start by hand takes the business date of the moment by the first calendar it names") {
  World world;
  WorkflowBuilder flow{"nightly"};
  flow.noop("a");
  model::Calendar night = bank();
  night.day_starts_at_s = 10 * kHour;
  flow.cron("t", "0 20 * * *", "").calendar = model::ref_to("jp_bank");
  Defining{}.calendar(night).workflow(flow).in(world);
  CHECK(pinned(world, world.start("nightly")) == "2026-11-19");  // 09:00 in Tokyo
  world.move_to(at("2026-11-20T01:00:00Z"));
  CHECK(pinned(world, world.start("nightly")) == "2026-11-20");
}

TEST_CASE("the journal tells of each move, with what moved it") {
  World world;
  Defining{}.calendar(bank()).date(batch({}, "2026-05-01")).in(world);
  world.ask(model::MoveBusinessDate{"batch", "", 1});
  const model::JournalRow& line = world.store.journal.back();
  CHECK(line.kind == "business_date.moved");
  CHECK(write_json(line.body) ==
        R"({"business_date":"batch","from":"2026-05-01","to":"2026-05-07","how":"hand"})");
}

}  // namespace
}  // namespace dandori::engine::test
