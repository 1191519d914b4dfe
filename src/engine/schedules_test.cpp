#include "engine/calendars_test.h"

namespace dandori::engine::test {
namespace {

using model::PlannedState;
using Lines = std::vector<std::string>;
constexpr std::int32_t kHour = 3600;

/// `MM-DDTHH:MM state reason` in Tokyo's time, of every occurrence that was decided.
Lines decided(const World& world, const std::string& workflow) {
  Lines lines;
  for (const auto& row : world.store.planned) {
    if (row.workflow != workflow) continue;
    std::string line =
        format_rfc3339(row.at + 9h).substr(5, 11) + " " + std::string{to_string(row.state)};
    if (row.reason != model::MissReason::none) line += " " + std::string{to_string(row.reason)};
    lines.push_back(std::move(line));
  }
  return lines;
}

model::Trigger& daily(WorkflowBuilder& flow, std::int32_t time_s, std::string calendar) {
  model::Trigger& trigger = flow.cron("t", "", "Asia/Tokyo");
  trigger.times = {time_s};
  trigger.calendar = model::ref_to(std::move(calendar));
  return trigger;
}

TEST_CASE("[CAL-01] a closed day has no run, and its row says why") {
  World world;
  WorkflowBuilder flow{"nightly"};
  flow.noop("a");
  daily(flow, 20 * kHour, "jp_bank");
  Defining{}.calendar(bank()).workflow(flow).in(world);
  world.run_until(at("2026-11-25T00:00:00Z"));
  CHECK(decided(world, "nightly") == Lines{"11-20T20:00 started", "11-21T20:00 bypassed closed_day",
                                           "11-22T20:00 bypassed closed_day",
                                           "11-23T20:00 bypassed closed_day",
                                           "11-24T20:00 started"});
  CHECK(world.store.planned[1].business_date == "2026-11-21");
  CHECK(world.run("nightly#2").business_date == "2026-11-24");
}

TEST_CASE("[CAL-13] month-end day: the daily workflow has a row, no run, and a reason") {
  World world;
  WorkflowBuilder close{"month_close"}, day{"daily"};
  close.noop("a");
  day.noop("a");
  model::Trigger& last = daily(close, 22 * kHour, "jp_bank");
  model::DayRule rule;
  rule.form = model::DayForm::open_day;
  rule.numbers = {0};
  last.days = {rule};
  daily(day, 20 * kHour, "jp_bank").exclude.workflows = {"month_close"};
  Defining{}.calendar(bank()).workflow(close).workflow(day).in(world);
  world.move_to(at("2026-11-27T00:00:00Z"));
  world.run_until(at("2026-12-01T12:00:00Z"));
  const Lines lines = decided(world, "daily");
  CHECK(Lines(lines.end() - 5, lines.end()) ==
        Lines{"11-27T20:00 started", "11-28T20:00 bypassed closed_day",
              "11-29T20:00 bypassed closed_day", "11-30T20:00 bypassed excluded_workflow",
              "12-01T20:00 started"});
  CHECK(decided(world, "month_close") == Lines{"11-30T22:00 started"});

  SUBCASE("when the other workflow is planned for other days, this one is planned again") {
    close.workflow().triggers[0].days[0].numbers = {2};  // the second open day: 12-02
    world.define(close);
    world.run_until(at("2026-12-03T12:00:00Z"));
    const Lines later = decided(world, "daily");
    CHECK(Lines(later.end() - 2, later.end()) ==
          Lines{"12-02T20:00 bypassed excluded_workflow", "12-03T20:00 started"});
  }
}

TEST_CASE("a change of a calendar plans again what rests on it, and nothing that was decided") {
  World world{TurnLimits{.events_max = 1, .changes_max = 1}};
  WorkflowBuilder a{"a"}, b{"b"}, other{"other"};
  for (WorkflowBuilder* flow : {&a, &b}) {
    flow->noop("x");
    daily(*flow, 20 * kHour, "factory");
  }
  other.noop("x");
  daily(other, 20 * kHour, "jp_bank");
  model::Calendar factory = bank();
  factory.name = "factory";
  factory.rules.clear();
  factory.extends = model::ref_to("jp_bank");
  Defining{}.calendar(bank()).calendar(factory).workflow(a).workflow(b).workflow(other).in(world);
  world.run_until(at("2026-11-21T12:00:00Z"));  // Saturday evening, decided as closed
  CHECK(decided(world, "a").back() == "11-21T20:00 bypassed closed_day");
  // All days are open from now on: Saturday's start, which has passed, is not made up for.
  factory.extends = {};
  Defining{}.calendar(factory).in(world);
  world.run_until(at("2026-11-22T12:00:00Z"));
  for (const std::string name : {"a", "b"}) {
    CHECK(decided(world, name) ==
          Lines{"11-20T20:00 started", "11-21T20:00 bypassed closed_day", "11-22T20:00 started"});
  }
  CHECK(decided(world, "other").back() == "11-22T20:00 bypassed closed_day");
}

TEST_CASE(
    "what was due before a calendar changed is decided by the calendar of then, after a crash "
    "too") {
  World world;
  WorkflowBuilder flow{"nightly"};
  flow.noop("a");
  daily(flow, 20 * kHour, "jp_bank");
  Defining{}.calendar(bank()).workflow(flow).in(world);
  world.move_to(at("2026-11-21T23:00:00Z"));  // down over Friday's and Saturday's start
  world.restart();
  model::Calendar open = bank();
  open.rules.clear();
  Defining{}.calendar(open).in(world);
  world.restart();
  world.run_until(at("2026-11-22T12:00:00Z"));
  CHECK(decided(world, "nightly") ==
        Lines{"11-20T20:00 started", "11-21T20:00 bypassed closed_day", "11-22T20:00 started"});
}

TEST_CASE("an effective date keeps the days before it with the revision before") {
  World world;
  WorkflowBuilder flow{"nightly"};
  flow.noop("a");
  daily(flow, 20 * kHour, "jp_bank");
  Defining{}.calendar(bank()).workflow(flow).in(world);
  model::Calendar open = bank();
  open.rules.clear();
  open.effective_from = *parse_day("2026-11-22");
  Defining{}.calendar(open).in(world);
  world.restart();
  world.run_until(at("2026-11-23T00:00:00Z"));
  CHECK(decided(world, "nightly") ==
        Lines{"11-20T20:00 started", "11-21T20:00 bypassed closed_day", "11-22T20:00 started"});
}

/// Every 10 minutes from 09:00, the first run lasts 25 minutes.
struct LongRun {
  World world;
  explicit LongRun(model::Overlap overlap) {
    WorkflowBuilder flow{"cycle"};
    flow.add("a");
    model::Trigger& trigger = flow.cron("t", "", "UTC");
    trigger.every = 10min;
    trigger.from_s = 9 * kHour;
    trigger.until_s = 10 * kHour;
    flow.workflow().overlap = {.policy = overlap, .queue_max = 1};
    world.define(flow);
    world.script("a", {exits(0, 25min)});
    world.run_until(at("2026-11-20T09:30:00Z"));
  }
};

TEST_CASE(
    "[TRG-13] overlap skip, every 10 min, first run 25 min: 09:00 runs; 09:10, 09:20 missed; 09:30 "
    "runs") {
  LongRun cycle{model::Overlap::skip};
  CHECK(cycle.world.outcomes("cycle") ==
        Lines{"09:00 started", "09:10 missed overlap", "09:20 missed overlap", "09:30 started"});
}

TEST_CASE(
    "[TRG-13] overlap queue, max_queue 1: 09:10 starts 09:25; 09:20 missed(overlap), queue full") {
  LongRun cycle{model::Overlap::queue};
  const Lines lines = cycle.world.outcomes("cycle");
  CHECK(Lines(lines.begin(), lines.begin() + 3) ==
        Lines{"09:00 started", "09:10 started", "09:20 missed overlap"});
  CHECK(cycle.world.starts_of("a")[1] == at("2026-11-20T09:25:00Z"));
}

TEST_CASE("[TRG-14] 10-min cycle, one 14-min run: following starts stay on :00 and :10") {
  World world;
  WorkflowBuilder flow{"cycle"};
  flow.add("a");
  model::Trigger& trigger = flow.cron("t", "", "UTC");
  trigger.every = 10min;
  world.define(flow);
  world.script("a", {exits(0, 14min)});
  world.run_until(at("2026-11-20T00:45:00Z"));
  CHECK(world.outcomes("cycle") ==
        Lines{"00:10 started", "00:20 started", "00:30 started", "00:40 started"});
  CHECK(world.starts_of("a") == std::vector{at("2026-11-20T00:10:00Z"), at("2026-11-20T00:24:00Z"),
                                            at("2026-11-20T00:30:00Z"),
                                            at("2026-11-20T00:40:00Z")});
}

TEST_CASE("[TRG-23] every 30m from 22:00 until 26:00: 9 starts a business date") {
  World world;
  WorkflowBuilder flow{"intraday"};
  flow.noop("a");
  model::Trigger& trigger = flow.cron("t", "", "Asia/Tokyo");
  trigger.every = 30min;
  trigger.from_s = 22 * kHour;
  trigger.until_s = 26 * kHour;
  trigger.calendar = model::ref_to("jp_bank");
  Defining{}.calendar(bank()).workflow(flow).in(world);
  world.run_until(at("2026-11-20T18:00:00Z"));
  std::size_t of_friday = 0;
  for (const auto& row : world.store.planned) {
    if (row.state == PlannedState::started && row.business_date == "2026-11-20") ++of_friday;
  }
  CHECK(of_friday == 9);
  CHECK(decided(world, "intraday").front() == "11-20T22:00 started");
}

TEST_CASE("[TRG-23] from_end: the next start is 10 minutes after the end, across a restart") {
  World world;
  WorkflowBuilder flow{"chain"};
  flow.add("a");
  model::Trigger& trigger = flow.cron("t", "", "UTC");
  trigger.every = 10min;
  trigger.from_end = true;
  world.define(flow);
  world.script("a", {exits(0, 25min), exits(0, 3min), exits(0, 1min)});
  world.run_until(at("2026-11-20T00:20:00Z"));
  CHECK(world.starts_of("a").size() == 1);
  CHECK(world.starts_of("a")[0] <= at("2026-11-20T00:00:01Z"));
  world.run_until(at("2026-11-20T00:30:00Z"));
  world.restart();
  world.run_until(at("2026-11-20T01:00:00Z"));
  CHECK(world.starts_of("a") == std::vector{at("2026-11-20T00:00:01Z"), at("2026-11-20T00:35:01Z"),
                                            at("2026-11-20T00:48:01Z"),
                                            at("2026-11-20T00:59:01Z")});
}

TEST_CASE("from_end inside hours: past them, the next start waits for their begin on an open day") {
  World world;
  WorkflowBuilder flow{"chain"};
  flow.add("a");
  model::Trigger& trigger = flow.cron("t", "", "Asia/Tokyo");
  trigger.every = 1h;
  trigger.from_end = true;
  trigger.from_s = 9 * kHour;
  trigger.until_s = 17 * kHour;
  trigger.calendar = model::ref_to("jp_bank");
  Defining{}.calendar(bank()).workflow(flow).in(world);  // Friday 09:00
  world.script("a", {exits(0, 8h)});
  world.run_until(at("2026-11-24T00:30:00Z"));
  CHECK(decided(world, "chain") == Lines{"11-20T09:00 started", "11-24T09:00 started"});
}

TEST_CASE("from_end after downtime: one start, and not one for each that might have been") {
  World world;
  WorkflowBuilder flow{"chain"};
  flow.noop("a");
  model::Trigger& trigger = flow.cron("t", "", "UTC");
  trigger.every = 10min;
  trigger.from_end = true;
  trigger.catch_up = {model::CatchUp::latest, std::nullopt};
  world.define(flow);
  world.run_until(at("2026-11-20T00:05:00Z"));
  world.move_to(at("2026-11-20T06:00:00Z"));
  world.restart();
  CHECK(world.store.planned.size() == 2);
  world.run_until(at("2026-11-20T06:15:00Z"));
  CHECK(world.outcomes("chain") == Lines{"00:00 started", "00:10 started", "06:10 started"});
}

TEST_CASE("[CAL-12] a job outside its own days is bypassed, and what follows goes on") {
  World world;
  WorkflowBuilder flow{"nightly"};
  flow.add("load");
  flow.add("month_report", {"load"});
  flow.add("send", {"month_report"});
  model::DayRule last;
  last.form = model::DayForm::open_day;
  last.numbers = {0};
  flow.job("month_report").runs_on = model::RunsOn{{last}, {}};
  flow.workflow().business_date = "batch";
  Defining{}.calendar(bank()).date(batch({}, "2026-11-20")).workflow(flow).in(world);
  // Seen beforehand.
  const Json preview = world.preview(model::StartRun{"nightly", {}, std::nullopt, false});
  CHECK(write_json(preview["jobs"])
            .find(R"("job":"month_report","title":"","effect":"not_run","state":"wait_pred",)"
                  R"("state_after":"bypassed")") != std::string::npos);
  const std::string off = world.start("nightly");
  CHECK(world.run_state(off) == "succeeded");
  CHECK(world.job_state(off, "month_report") == "bypassed");
  CHECK(world.job_state(off, "send") == "succeeded");
  const Json why = world.ask(model::AskWhy{off, "month_report"});
  CHECK(why["reasons"].items()[0].text_or("because", "") == "runs_on");
  world.restart();
  CHECK(world.job(off, "month_report").off_day);

  const Json on = world.ask(model::StartRun{"nightly", {}, "2026-11-30", false});
  const std::string name{on.text_or("name", "")};
  CHECK(world.job_state(name, "month_report") == "succeeded");
  // A rerun keeps to the days of its run.
  world.ask(model::RerunRun{off, model::RerunScope::whole, ""});
  CHECK(world.job_state(off, "month_report") == "bypassed");
}

TEST_CASE("[BIZ-09] planned date differs from the stored one: the run waits, with that reason") {
  World world;
  WorkflowBuilder flow{"nightly"};
  flow.noop("a");
  flow.workflow().business_date = "batch";
  daily(flow, 20 * kHour, "jp_bank");
  Defining{}.calendar(bank()).date(batch({}, "2026-11-19")).workflow(flow).in(world);
  world.run_until(at("2026-11-20T11:00:00Z"));
  CHECK(world.run_state("nightly#1") == "queued");
  CHECK(world.run("nightly#1").date_wait == model::DateWait::behind);
  CHECK(world.run("nightly#1").business_date == "2026-11-20");
  const Json why = world.ask(model::AskWhy{"nightly#1", ""});
  CHECK(
      write_json(why["reasons"].items()[0]) ==
      R"({"code":"why.business_date","ok":null,"business_date":"batch","date":"2026-11-20",)"
      R"("value":"2026-11-19","moved_at":"2026-11-20T00:00:00Z","because":"business_date_behind"})");
  CHECK(why["hint_commands"].items()[0].as_string() == "dandori force 'nightly#1'");

  SUBCASE("it goes on when the value reaches its date, across a restart") {
    world.restart();
    CHECK(world.run_state("nightly#1") == "queued");
    world.ask(model::MoveBusinessDate{"batch", "", 1});
    CHECK(world.run_state("nightly#1") == "succeeded");
    CHECK(world.run("nightly#1").date_wait == model::DateWait::none);
  }
  SUBCASE("force lets it go, for its own date") {
    world.ask(model::Operate{model::Operation::force, "nightly#1", ""});
    CHECK(world.run_state("nightly#1") == "succeeded");
    CHECK(world.run("nightly#1").business_date == "2026-11-20");
    CHECK(world.store.audit.back().action == "run.force");
  }
  SUBCASE("a start by hand for the stored date is not kept waiting behind it") {
    CHECK(world.run_state(world.start("nightly")) == "succeeded");
    CHECK(world.run_state("nightly#1") == "queued");
  }
}

TEST_CASE("[BIZ-09] run_planned keeps the planned date, run_current takes the stored one") {
  World world;
  WorkflowBuilder flow{"nightly"};
  flow.noop("a");
  flow.workflow().business_date = "batch";
  daily(flow, 20 * kHour, "jp_bank");
  SUBCASE("run_planned") {
    flow.workflow().on_mismatch = model::OnMismatch::run_planned;
    Defining{}.calendar(bank()).date(batch({}, "2026-11-19")).workflow(flow).in(world);
    world.run_until(at("2026-11-20T11:00:00Z"));
    CHECK(world.run("nightly#1").business_date == "2026-11-20");
  }
  SUBCASE("run_current") {
    flow.workflow().on_mismatch = model::OnMismatch::run_current;
    Defining{}.calendar(bank()).date(batch({}, "2026-11-19")).workflow(flow).in(world);
    world.run_until(at("2026-11-20T11:00:00Z"));
    CHECK(world.run("nightly#1").business_date == "2026-11-19");
  }
  CHECK(world.run_state("nightly#1") == "succeeded");
}

TEST_CASE("after downtime a start that was due before the date moved still belongs to its date") {
  World world;
  WorkflowBuilder flow{"nightly"};
  flow.noop("a");
  flow.workflow().business_date = "batch";
  daily(flow, 20 * kHour, "jp_bank").catch_up = {model::CatchUp::all, std::nullopt};
  Defining{}.calendar(bank()).date(batch({29 * kHour, {}}, "2026-11-20")).workflow(flow).in(world);
  world.move_to(at("2026-11-25T12:00:00Z"));
  world.restart();
  CHECK(value_of(world) == "2026-11-25");
  for (const auto& [name, date] :
       {std::pair{"nightly#1", "2026-11-20"}, std::pair{"nightly#2", "2026-11-24"},
        std::pair{"nightly#3", "2026-11-25"}}) {
    CHECK(world.run_state(name) == "succeeded");
    CHECK(world.run(name).business_date == date);
  }
}

TEST_CASE("why a workflow starts on a date or does not: from what happened, and from the rule") {
  World world;
  WorkflowBuilder flow{"nightly"};
  flow.noop("a");
  daily(flow, 20 * kHour, "jp_bank");
  Defining{}.calendar(bank()).workflow(flow).in(world);
  world.run_until(at("2026-11-21T12:00:00Z"));
  const auto why = [&](const std::string& date) {
    return world.ask(model::AskWhyWorkflow{"nightly", date})["triggers"].items()[0];
  };
  CHECK(why("2026-11-20").text_or("code", "") == "why.started");
  const Json closed = why("2026-11-21");
  CHECK(closed.text_or("code", "") == "why.bypassed_date");
  CHECK(closed.text_or("reason", "") == "closed_day");
  CHECK(closed["outcomes"].size() == 1);
  const Json holiday = why("2026-11-23");
  CHECK(holiday.text_or("code", "") == "why.dropped");
  CHECK(holiday.text_or("reason", "") == "closed_day");
  CHECK(holiday["plan"]["day"].text_or("title", "") == "勤労感謝の日");
  CHECK(why("2026-11-24").text_or("code", "") == "why.planned");
  CHECK(why("2026-11-18").text_or("code", "") == "why.other_revision");
  world.ask(model::Operate{model::Operation::disable, "", "nightly"});
  world.run_until(at("2026-11-24T12:00:00Z"));
  const Json disabled = why("2026-11-24");
  CHECK(disabled.text_or("code", "") == "why.missed");
  CHECK(disabled.text_or("reason", "") == "disabled");
  CHECK(world.error_of(model::AskWhyWorkflow{"nightly", "soon"}) == "param.bad_business_date");
  CHECK(world.error_of(model::AskWhyWorkflow{"none", "2026-11-24"}) == "workflow.unknown");
}

TEST_CASE("why a workflow starts on a date says where it stopped reading what was decided") {
  World world;
  WorkflowBuilder flow{"nightly"};
  flow.noop("a");
  daily(flow, 20 * kHour, "jp_bank");
  Defining{}.calendar(bank()).workflow(flow).in(world);
  world.run_until(at("2026-11-20T12:00:00Z"));
  const model::AskWhyWorkflow question{"nightly", "2026-11-20"};
  CHECK(world.ask(question)["outcomes_until"].is_null());
  const std::string trigger = world.store.planned.front().trigger;
  for (std::int64_t i = 0; i <= static_cast<std::int64_t>(model::kOutcomesMax); ++i) {
    model::PlannedOutcome missed;
    missed.workflow = "nightly";
    missed.trigger = trigger;
    missed.nominal = "2026-11-20T" + std::to_string(i);
    missed.at = at("2026-11-20T00:00:00Z") + std::chrono::seconds{i};
    missed.business_date = "2026-11-20";
    missed.state = model::PlannedState::missed;
    world.store.planned.push_back(std::move(missed));
  }
  const Json answer = world.ask(question);
  CHECK(answer["outcomes_until"] == Json{"2026-11-20T00:16:39.999999Z"});
  CHECK(answer["triggers"].items()[0].integer_or("more", 0) > 0);
}

}  // namespace
}  // namespace dandori::engine::test
