#include "engine/harness_test.h"

namespace dandori::engine::test {
namespace {

using model::CatchUp;
using model::Overlap;
using model::PlannedState;

/// A workflow that starts every hour, the clock wrong and put right.
struct Hourly {
  World world;
  WorkflowBuilder flow{"hourly"};

  explicit Hourly(CatchUp policy, TurnLimits limits = {}) : world{limits} {
    flow.noop("a");
    flow.cron("t", "0 * * * *").catch_up = {policy, std::nullopt};
    flow.workflow().overlap = {Overlap::parallel, 1000, 1000};
    world.define(flow);
    world.run_until(kStart + 30min);
  }
  void set_clock(Timestamp wall) { world.now.wall = wall; }
  /// The clock is a minute in the wrong: `by` ahead.
  void run_ahead(Duration by) {
    set_clock(world.now.wall + by);
    world.run_for(1min);
    set_clock(world.now.wall - by);
  }
  std::vector<std::string> started() const {
    std::vector<std::string> instants;
    for (const auto& row : world.store.planned) {
      if (row.state == PlannedState::started) instants.push_back(format_rfc3339(row.at));
    }
    std::ranges::sort(instants);
    return instants;
  }
  std::size_t runs() const { return world.store.ended.size(); }
  std::size_t rewound() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        world.store.journal, [](const auto& row) { return row.kind == "triggers.rewound"; }));
  }
};

using Lines = std::vector<std::string>;

TEST_CASE("a clock that ran days ahead and was put right does not silence the schedule") {
  for (const bool restarts : {false, true}) {
    CAPTURE(restarts);
    Hourly hourly{CatchUp::latest};
    hourly.run_ahead(72h);
    if (restarts) {
      hourly.world.restart();
    } else {
      hourly.world.pump();
    }
    CHECK(hourly.started() == Lines{"2026-11-23T00:00:00Z"});
    hourly.world.run_until(at("2026-11-20T03:10:00Z"));
    CHECK(hourly.started() == Lines{"2026-11-20T01:00:00Z", "2026-11-20T02:00:00Z",
                                    "2026-11-20T03:00:00Z", "2026-11-23T00:00:00Z"});
    CHECK(hourly.rewound() == 1);
    const model::JournalRow& line = *std::ranges::find(
        hourly.world.store.journal, "triggers.rewound", &model::JournalRow::kind);
    CHECK(write_json(line.body).find("\"from\":\"2026-11-23T00:00:00Z\"") != std::string::npos);
  }
}

TEST_CASE("what the wrong clock started does not start again when its instant comes") {
  Hourly hourly{CatchUp::all};
  hourly.run_ahead(3h);
  hourly.world.pump();
  CHECK(hourly.runs() == 3);
  hourly.world.run_until(at("2026-11-20T02:30:00Z"));
  hourly.world.restart();
  hourly.world.run_until(at("2026-11-20T03:59:00Z"));
  CHECK(hourly.runs() == 3);
  hourly.world.run_until(at("2026-11-20T04:01:00Z"));
  CHECK(hourly.runs() == 4);
}

TEST_CASE("what was missed before it came is listed so until it comes, and what is past stays") {
  Hourly hourly{CatchUp::none};
  hourly.world.run_until(at("2026-11-20T00:59:00Z"));
  hourly.world.move_to(at("2026-11-20T01:30:00Z"));  // down: 01:00 is missed, truly
  hourly.world.restart();
  hourly.run_ahead(5h);
  hourly.world.pump();
  hourly.world.run_until(at("2026-11-20T03:30:00Z"));
  CHECK(hourly.world.outcomes("hourly") == Lines{"01:00 missed catch_up", "02:00 started",
                                                 "03:00 started", "04:00 missed catch_up",
                                                 "05:00 missed catch_up", "06:00 missed catch_up"});
}

TEST_CASE("an instant missed for a reason of its own stays missed when the clock goes back") {
  World world;
  WorkflowBuilder flow{"cycle"};
  flow.add("a");
  flow.cron("t", "*/10 * * * *");
  flow.workflow().overlap.policy = Overlap::skip;
  world.define(flow);
  world.script("a", {exits(0, 25min)});
  world.run_until(at("2026-11-20T00:39:00Z"));
  const Lines before = world.outcomes("cycle");
  CHECK(before == Lines{"00:10 started", "00:20 missed overlap", "00:30 missed overlap"});
  world.now.wall = at("2026-11-20T00:05:00Z");
  world.pump();
  world.run_until(at("2026-11-20T00:39:00Z"));
  CHECK(world.outcomes("cycle") == before);
  world.run_until(at("2026-11-20T00:41:00Z"));
  CHECK(world.outcomes("cycle").size() == 4);
}

TEST_CASE("a workflow that was applied while the clock ran ahead starts by the true clock") {
  Hourly hourly{CatchUp::none};
  WorkflowBuilder other{"other"};
  other.noop("a");
  hourly.set_clock(hourly.world.now.wall + 72h);
  hourly.world.define(other);
  hourly.set_clock(hourly.world.now.wall - 72h);
  other.cron("t", "30 * * * *");
  hourly.world.define(other);
  hourly.world.run_until(at("2026-11-20T02:00:00Z"));
  CHECK(hourly.world.outcomes("other") == Lines{"01:30 started"});
}

TEST_CASE("a crash between the turns in which schedules are planned again forgets none") {
  Hourly hourly{CatchUp::none, TurnLimits{1, 1}};
  World& world = hourly.world;
  for (int i = 0; i < 5; ++i) {
    WorkflowBuilder more{"more" + std::to_string(i)};
    more.noop("a");
    more.cron("t", "0 * * * *").catch_up = {CatchUp::none, std::nullopt};
    world.define(more);
  }
  hourly.run_ahead(4h);
  while (world.step()) world.crash();
  CHECK(hourly.rewound() == 6);
  world.run_until(at("2026-11-20T01:01:00Z"));
  CHECK(hourly.started().size() == 6);
}

TEST_CASE("a clock that goes back and forth decides each instant as it would have been") {
  Hourly hourly{CatchUp::all};
  hourly.world.run_until(at("2026-11-20T05:30:00Z"));
  CHECK(hourly.runs() == 5);
  hourly.set_clock(at("2026-11-20T01:30:00Z"));
  hourly.world.run_for(1min);
  hourly.set_clock(at("2026-11-20T05:31:00Z"));
  hourly.world.run_until(at("2026-11-20T06:01:00Z"));
  CHECK(hourly.runs() == 6);
}

TEST_CASE("more outcomes than one look brings are looked at in several") {
  World world;
  world.check_rebuild = false;
  WorkflowBuilder flow{"minutely"};
  flow.noop("a");
  flow.cron("t", "* * * * *").catch_up = {CatchUp::latest, std::nullopt};
  world.define(flow);
  world.now.wall += 50h + 30s;
  world.pump();
  CHECK(world.store.planned.size() == 3000);
  world.now.wall = kStart + 30s;
  world.pump();
  world.run_until(kStart + 10min);
  CHECK(std::ranges::count(world.store.planned, PlannedState::started,
                           &model::PlannedOutcome::state) == 11);
  world.move_to(kStart + 51h);
  world.restart();
  world.pump();
  CHECK(world.store.planned.size() == 3060);
}

}  // namespace
}  // namespace dandori::engine::test
