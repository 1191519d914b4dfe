#include "engine/calendars_test.h"

namespace dandori::engine::test {
namespace {

Error error_of(World& world, Defining& defining) {
  const Result<Json> answer = world.try_ask(defining.request());
  return answer ? Error{} : answer.error();
}

std::string actions(const Json& answer) {
  std::string text;
  for (const Json& item : answer["items"].items()) {
    text += std::string{item.text_or("kind", "")} + " " + std::string{item.text_or("name", "")} +
            " " + std::string{item.text_or("action", "")} + "\n";
  }
  return text;
}

TEST_CASE("calendars and business dates are applied in revisions, audited and journaled") {
  World world;
  Defining{}.calendar(bank()).date(batch({}, "2026-11-20")).in(world);
  CHECK(world.store.calendars.size() == 1);
  CHECK(value_of(world) == "2026-11-20");
  CHECK(moves_of(world) == std::vector<std::string>{"created >2026-11-20"});
  CHECK(world.store.audit[0].action == "calendar.apply");
  CHECK(world.store.audit[1].action == "business_date.apply");
  const Json again = world.ask(Defining{}.calendar(bank()).request());
  CHECK(actions(again) == "Calendar jp_bank changed\n");
  CHECK(world.store.calendars.at({"jp_bank", 2}).applied_by == "admin");
  std::vector<std::string> kinds;
  for (const model::JournalRow& line : world.store.journal) kinds.push_back(line.kind);
  CHECK(std::ranges::count(kinds, "calendar.applied") == 2);
  CHECK(std::ranges::count(kinds, "business_date.applied") == 1);
  CHECK(std::ranges::count(kinds, "business_date.moved") == 1);
}

TEST_CASE(
    "the same text again changes nothing; a dry run names what would change, and changes nothing") {
  World world;
  Defining first;
  first.calendar(bank()).date(batch());
  first.in(world);
  CHECK(actions(world.ask(first.request())) ==
        "Calendar jp_bank unchanged\nBusinessDate batch unchanged\n");
  Defining second;
  second.calendar(bank());
  second.request().dry_run = true;
  const Json answer = world.ask(second.request());
  CHECK(actions(answer) == "Calendar jp_bank changed\n");
  CHECK(world.store.calendars.size() == 1);
  second.request().dry_run = false;
  second.request().plan = answer.text_or("plan_id", "");
  second.in(world);
  CHECK(world.store.calendars.size() == 2);
  Defining third;
  third.calendar(bank());
  third.request().plan = second.request().plan;
  CHECK(error_of(world, third).code == "plan.stale");
}

TEST_CASE("a business date begins with the business date of the moment, or the next open one") {
  World world;  // 2026-11-20T00:00:00Z is Friday 09:00 in Tokyo
  Defining{}.calendar(bank()).date(batch()).in(world);
  CHECK(value_of(world) == "2026-11-20");
  model::BusinessDate early = batch();
  early.name = "early";
  early.calendar = "night";
  model::Calendar night = bank();
  night.name = "night";
  night.day_starts_at_s = 10 * 3600;  // it is still the 19th there
  Defining{}.calendar(night).date(early).in(world);
  CHECK(value_of(world, "early") == "2026-11-19");
  world.move_to(at("2026-11-20T23:00:00Z"));  // Saturday in Tokyo; Monday is a holiday
  model::BusinessDate late = batch();
  late.name = "late";
  Defining{}.date(late).in(world);
  CHECK(value_of(world, "late") == "2026-11-24");
}

TEST_CASE("unknown names are refused with the place and the remedy, whichever names them") {
  World world;
  WorkflowBuilder flow{"nightly"};
  flow.add("load");
  flow.cron("t", "0 20 * * *").calendar = model::ref_to("jp_bnk");
  Defining defining;
  defining.calendar(bank()).workflow(flow);
  Error error = error_of(world, defining);
  CHECK(error.code == "workflow.unknown_calendar");
  CHECK(error.message ==
        "workflow 'nightly', trigger 't' names the calendar 'jp_bnk', and there is none");
  CHECK(error.hint == "did you mean 'jp_bank'?");
  CHECK(world.store.calendars.empty());

  flow.workflow().triggers[0].calendar = model::ref_to("jp_bank");
  flow.workflow().business_date = "batch";
  Defining with_date;
  with_date.calendar(bank()).workflow(flow);
  error = error_of(world, with_date);
  CHECK(error.code == "workflow.unknown_business_date");
  CHECK(error.path == "/business_date");

  flow.workflow().business_date.clear();
  flow.job("load").runs_on = model::RunsOn{{}, model::ref_to("plant")};
  Defining with_rule;
  with_rule.calendar(bank()).workflow(flow);
  CHECK(error_of(world, with_rule).message ==
        "workflow 'nightly', job 'load' names the calendar 'plant', and there is none");

  flow.job("load").runs_on.reset();
  flow.workflow().triggers[0].exclude.workflows = {"month_close"};
  Defining with_exclusion;
  with_exclusion.calendar(bank()).workflow(flow);
  CHECK(error_of(world, with_exclusion).code == "workflow.unknown_workflow");

  Defining without_calendar;
  without_calendar.date(batch());
  CHECK(error_of(world, without_calendar).code == "business_date.unknown_calendar");
  Defining without_workflow;
  without_workflow.calendar(bank()).date(batch({std::nullopt, {"nightly"}}));
  CHECK(error_of(world, without_workflow).code == "business_date.unknown_workflow");
}

TEST_CASE("calendars that extend each other in a ring are refused as a whole") {
  World world;
  model::Calendar a = bank(), b = bank();
  a.name = "a";
  b.name = "b";
  a.extends = model::ref_to("b");
  b.extends = model::ref_to("a");
  Defining ring;
  ring.calendar(a).calendar(b);
  CHECK(error_of(world, ring).code == "calendar.cycle");
  CHECK(world.store.calendars.empty());
}

TEST_CASE("a calendar that extends an unknown one is refused with the place and the near name") {
  World world;
  Defining{}.calendar(bank()).in(world);
  model::Calendar shop = bank();
  shop.name = "shop";
  shop.extends = model::ref_to("jp_bnk");
  Defining wrong;
  wrong.calendar(shop);
  const Error error = error_of(world, wrong);
  CHECK(error.code == "calendar.unknown_calendar");
  CHECK(error.message == "calendar 'shop' names the calendar 'jp_bnk', and there is none");
  CHECK(error.hint == "did you mean 'jp_bank'?");
  CHECK(error.path == "/extends");
}

TEST_CASE("workflows that exclude each other in a circle are refused, in one apply or in two") {
  World world;
  const auto excluding = [](std::string name, std::string other) {
    WorkflowBuilder flow{std::move(name)};
    flow.add("load");
    flow.cron("t", "0 20 * * *").exclude.workflows = {std::move(other)};
    return flow;
  };
  WorkflowBuilder plain{"month_close"};
  plain.add("load");
  WorkflowBuilder nightly = excluding("nightly", "weekly");
  WorkflowBuilder weekly = excluding("weekly", "month_close");
  Defining{}.workflow(plain).workflow(nightly).workflow(weekly).in(world);  // a chain is well

  WorkflowBuilder back = excluding("month_close", "nightly");
  Defining closing;
  closing.workflow(back);
  const Error error = error_of(world, closing);
  CHECK(error.code == "workflow.exclusion_circle");
  CHECK(error.message ==
        "workflows exclude each other in a circle: month_close → nightly → weekly → month_close");

  WorkflowBuilder a = excluding("a", "b");
  WorkflowBuilder b = excluding("b", "a");
  Defining together;
  together.workflow(a).workflow(b);
  CHECK(error_of(world, together).code == "workflow.exclusion_circle");

  WorkflowBuilder cut{"weekly"};
  cut.add("load");
  Defining{}.workflow(back).workflow(cut).in(world);  // cut by the apply that would close it
  CHECK(world.store.workflows.at("month_close").revision == 2);
}

TEST_CASE("names may come with the same apply") {
  World world;
  WorkflowBuilder flow{"nightly"};
  flow.add("load");
  flow.cron("t", "0 20 * * *").calendar = model::ref_to("jp_bank");
  flow.workflow().business_date = "batch";
  Defining{}.calendar(bank()).date(batch({std::nullopt, {"nightly"}})).workflow(flow).in(world);
  CHECK(world.store.workflows.contains("nightly"));
}

TEST_CASE("what is used is not removed, what is not is; a set removes only its own") {
  World world;
  WorkflowBuilder flow{"nightly"};
  flow.add("load");
  flow.cron("t", "0 20 * * *").calendar = model::ref_to("jp_bank");
  flow.workflow().business_date = "batch";
  model::Calendar spare = bank();
  spare.name = "spare";
  Defining all;
  all.calendar(bank()).calendar(spare).date(batch());
  all.request().source_set = "base";
  all.in(world);
  Defining{}.workflow(flow).in(world);

  Defining nothing;
  nothing.request().source_set = "base";
  nothing.request().prune = true;
  CHECK(error_of(world, nothing).code == "workflow.prune_too_many");
  nothing.request().prune_max = 9;
  Error error = error_of(world, nothing);
  CHECK(error.code == "calendar.in_use");
  CHECK(error.message ==
        "the calendar 'jp_bank' would be removed, and workflow 'nightly', trigger 't' uses it");

  // The files name the workflow again, but not the calendar that it uses.
  Defining forgotten;
  forgotten.workflow(flow);
  forgotten.request().source_set = "base";
  forgotten.request().prune = true;
  forgotten.request().prune_max = 9;
  error = error_of(world, forgotten);
  CHECK(error.code == "calendar.in_use");
  CHECK(error.message ==
        "the calendar 'jp_bank' would be removed, and workflow 'nightly', trigger 't' uses it");
  CHECK(error.hint == "name the file that defines it too, or take it out there");

  Defining rest;
  rest.request() = all.request();
  rest.request().prune = true;
  rest.request().prune_max = 9;
  rest.request().business_dates.clear();
  CHECK(error_of(world, rest).code == "business_date.in_use");
  rest.request() = all.request();
  rest.request().prune = true;
  rest.request().calendars.pop_back();
  const Json answer = world.ask(rest.request());
  CHECK(actions(answer) ==
        "Calendar jp_bank unchanged\nBusinessDate batch unchanged\nCalendar spare removed\n");
  CHECK(world.store.calendars.at({"spare", 1}).deleted);
  CHECK(world.store.audit.back().action == "calendar.prune");
  // It comes back as its next revision.
  Defining{}.calendar(spare).in(world);
  CHECK(!world.store.calendars.at({"spare", 2}).deleted);
}

TEST_CASE("a workflow that others exclude or wait for is neither removed nor renamed away") {
  World world;
  WorkflowBuilder close{"month_close"}, daily{"daily"};
  close.noop("a");
  daily.noop("a");
  daily.cron("t", "0 20 * * *").exclude.workflows = {"month_close"};
  Defining{}.workflow(close).workflow(daily).in(world);
  WorkflowBuilder renamed{"closing"};
  renamed.noop("a");
  renamed.workflow().renamed_from = "month_close";
  Defining rename;
  rename.workflow(renamed);
  CHECK(error_of(world, rename).code == "workflow.in_use");
  daily.workflow().triggers[0].exclude.workflows = {"closing"};
  rename.workflow(daily).in(world);
  CHECK(world.store.workflows.at("month_close").deleted);
}

TEST_CASE("a time before the day begins is refused, with the hour to write") {
  World world;
  model::Calendar night = bank();
  night.day_starts_at_s = 5 * 3600;
  WorkflowBuilder flow{"nightly"};
  flow.noop("load");
  model::Trigger& trigger = flow.cron("t", "");
  trigger.times = {3 * 3600};
  trigger.calendar = model::ref_to("jp_bank");
  Defining defining;
  defining.calendar(night).workflow(flow);
  Error error = error_of(world, defining);
  CHECK(error.code == "calendar.bad_time");
  CHECK(error.message.starts_with("workflow 'nightly', trigger 't': \"03:00\""));
  CHECK(error.hint.starts_with("write \"27:00\""));
  // The calendar may not begin its days later either, while a time lies before that.
  Defining{}.calendar(bank()).workflow(flow).in(world);
  Defining later;
  later.calendar(night);
  CHECK(error_of(world, later).code == "calendar.bad_time");
}

}  // namespace
}  // namespace dandori::engine::test
