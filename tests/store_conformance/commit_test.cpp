#include <doctest/doctest.h>

#include "sample.h"
#include "store/faulty.h"
#include "worlds.h"

namespace dandori::store::test {

namespace {

using Changes = std::vector<model::Change>;

template <class World>
void must_commit(World& world, Changes changes) {
  const Result<void> done = world.engine().commit({world.epoch(), std::move(changes)});
  REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().message));
}

template <class World>
std::string loaded(World& world) {
  const Result<Snapshot> snapshot = world.engine().load();
  REQUIRE_MESSAGE(snapshot.has_value(), (snapshot ? "" : snapshot.error().message));
  return lines(texts_of(snapshot->rows));
}

/// Two runs in progress with jobs and attempts, and every standing row; in the order of a load.
Changes standing_rows() {
  const model::Run first = sample_run(1);
  const model::Run second = sample_run(2, model::RunState::suspended);
  return {sample_counters(),
          sample_calendar("bank", 1),
          sample_calendar("bank", 2),
          sample_calendar("factory", 1),
          sample_business_date("batch"),
          sample_business_date("online"),
          sample_workflow("monthly", 2),
          sample_workflow("nightly", 3),
          model::FolderRow{sample_folder("sales"), false},
          model::VariableRow{sample_variable("", "root"), false},
          model::VariableRow{sample_variable("sales", "root"), false},
          sample_agent("local"),
          sample_token(7),
          model::MarkRow{sample_mark("", 0, ""), false},
          model::MarkRow{sample_mark("nightly", 0, "load"), false},
          model::MarkRow{sample_mark("nightly", 2, "load"), false},
          sample_revision("monthly", 2),
          sample_revision("nightly", 1),
          sample_revision("nightly", 3),
          model::RunRow{first},
          model::RunRow{second},
          sample_job(first.id, "a"),
          sample_job(first.id, "b.17"),
          sample_job(second.id, "a"),
          sample_attempt(first.id, "a", 1),
          sample_attempt(first.id, "a", 2),
          sample_attempt(second.id, "a", 1)};
}

}  // namespace

TEST_SUITE("commit") {
  TEST_CASE_TEMPLATE("every kept field comes back, also after a restart", World, MemoryWorld,
                     SqliteWorld) {
    World world;
    const Changes rows = standing_rows();
    must_commit(world, rows);
    const std::string wanted = lines(texts_of(rows));
    CHECK(loaded(world) == wanted);
    world.restart();
    CHECK(loaded(world) == wanted);
  }

  TEST_CASE_TEMPLATE("an empty store loads nothing", World, MemoryWorld, SqliteWorld) {
    World world;
    CHECK(loaded(world).empty());
  }

  TEST_CASE_TEMPLATE("rows with every field at its default come back", World, MemoryWorld,
                     SqliteWorld) {
    World world;
    model::Run run;
    run.id = run_id(1);
    model::JobRow job;
    job.run = run.id;
    model::AttemptRow attempt;
    attempt.attempt.ref.run = run.id;
    const Changes rows{model::CountersRow{},
                       model::WorkflowRow{},
                       model::AgentRow{},
                       model::RunRow{run},
                       job,
                       attempt};
    must_commit(world, rows);
    CHECK(loaded(world) == lines(texts_of(rows)));
  }

  TEST_CASE_TEMPLATE("derived fields are not kept", World, MemoryWorld, SqliteWorld) {
    World world;
    model::Run run = sample_run(1);
    model::JobRow job = sample_job(run.id, "a");
    job.state.phase = model::JobRun::Phase::retry_wait;
    const Changes wanted{model::RunRow{run}, [&] {
                           model::JobRow kept = job;
                           kept.state.ended = model::JobState::wait_pred;
                           kept.state.off_day = false;
                           return kept;
                         }()};
    run.jobs.resize(3);
    run.jobs_open = 3;
    run.jobs_live = 1;
    job.state.predecessors_open = 2;
    must_commit(world, {model::RunRow{run}, job});
    CHECK(loaded(world) == lines(texts_of(wanted)));
  }

  TEST_CASE_TEMPLATE("a second write of an object replaces it", World, MemoryWorld, SqliteWorld) {
    World world;
    must_commit(world, standing_rows());
    Changes rows = standing_rows();
    auto& counters = std::get<model::CountersRow>(rows[0]);
    counters.journal_seq = 99;
    auto& calendar = std::get<model::CalendarRow>(rows[2]);
    calendar.since = at_second(90);
    calendar.source_set = "other";
    auto& date = std::get<model::BusinessDateRow>(rows[4]);
    date.value = "2026-05-07";
    date.done.clear();
    date.deleted = false;
    auto& workflow = std::get<model::WorkflowRow>(rows[7]);
    workflow.run_number = 77;
    workflow.deleted = true;
    std::get<model::VariableRow>(rows[9]).variable.value = Json{5};
    std::get<model::FolderRow>(rows[8]).folder.labels.clear();
    std::get<model::AgentRow>(rows[11]).sequence = 100;
    std::get<model::TokenRow>(rows[12]).role = model::Role::viewer;
    std::get<model::MarkRow>(rows[14]).mark.reason = "why";
    std::get<model::RunRow>(rows[19]).run.state = model::RunState::stopping;
    std::get<model::JobRow>(rows[21]).state.attempts = 9;
    std::get<model::AttemptRow>(rows[24]).attempt.exit = {};
    must_commit(world, rows);
    CHECK(loaded(world) == lines(texts_of(rows)));
  }

  TEST_CASE_TEMPLATE("the last write of an object within a batch counts", World, MemoryWorld,
                     SqliteWorld) {
    World world;
    model::Run run = sample_run(1);
    model::JobRow job = sample_job(run.id, "a");
    model::JobRow later = job;
    later.state.attempts = 8;
    model::Run stopping = run;
    stopping.state = model::RunState::stopping;
    must_commit(world, {model::RunRow{run}, job, model::RunRow{stopping}, later});
    CHECK(loaded(world) == lines(texts_of(Changes{model::RunRow{stopping}, later})));
  }

  TEST_CASE_TEMPLATE("a revision never changes", World, MemoryWorld, SqliteWorld) {
    World world;
    const Changes rows{sample_workflow("nightly", 1), sample_revision("nightly", 1)};
    must_commit(world, rows);
    model::RevisionRow other = sample_revision("nightly", 1);
    other.canonical = "{}";
    must_commit(world, {other});
    CHECK(loaded(world) == lines(texts_of(rows)));
  }

  TEST_CASE_TEMPLATE("a revision of a calendar keeps its text, whatever is written of it later",
                     World, MemoryWorld, SqliteWorld) {
    World world;
    must_commit(world, {sample_calendar("bank", 1)});
    model::CalendarRow other = sample_calendar("bank", 1);
    other.canonical = other.source = other.digest = "";
    other.since = at_second(91);
    must_commit(world, {other});
    model::CalendarRow wanted = sample_calendar("bank", 1);
    wanted.since = at_second(91);
    CHECK(loaded(world) == lines(texts_of(Changes{wanted})));
  }

  TEST_CASE_TEMPLATE("a removed calendar is loaded as removed, so that its revisions count on",
                     World, MemoryWorld, SqliteWorld) {
    World world;
    must_commit(world, {sample_calendar("bank", 1), sample_calendar("bank", 2)});
    model::CalendarRow second = sample_calendar("bank", 2);
    second.deleted = true;
    must_commit(world, {second});
    CHECK(loaded(world) == lines(texts_of(Changes{sample_calendar("bank", 1), second})));
    CHECK(world.queries().live_calendars()->empty());
  }

  TEST_CASE_TEMPLATE("a removed variable or folder is gone", World, MemoryWorld, SqliteWorld) {
    World world;
    must_commit(world, {model::VariableRow{sample_variable("", "a"), false},
                        model::FolderRow{sample_folder("f"), false}});
    must_commit(world, {model::VariableRow{sample_variable("", "a"), true},
                        model::VariableRow{sample_variable("", "never"), true},
                        model::FolderRow{sample_folder("f"), true}});
    CHECK(loaded(world).empty());
    CHECK(world.queries().variables({})->items.empty());
    CHECK(world.queries().folders()->empty());
  }

  TEST_CASE_TEMPLATE("a mark that was undone is gone; a run is read with the marks that touch it",
                     World, MemoryWorld, SqliteWorld) {
    World world;
    const model::Mark server = sample_mark("", 0, "");
    const model::Mark every_run = sample_mark("nightly", 0, "load");
    const model::Mark of_run = sample_mark("nightly", 1, "load");
    model::Mark hold = of_run;
    hold.key.kind = model::MarkKind::hold;
    must_commit(world, {sample_revision("nightly", 1), model::RunRow{sample_run(1)},
                        model::MarkRow{server, false}, model::MarkRow{every_run, false},
                        model::MarkRow{of_run, false}, model::MarkRow{hold, false},
                        model::MarkRow{sample_mark("nightly", 2, "load"), false},
                        model::MarkRow{sample_mark("monthly", 0, "load"), false}});
    must_commit(world, {model::MarkRow{hold, true}});
    CHECK(lines(texts_of(world.queries().run("nightly#1")->marks)) ==
          lines(texts_of(std::vector{server, every_run, of_run})));
    CHECK(world.queries().marks()->size() == 5);
  }

  TEST_CASE_TEMPLATE("a run that ended leaves the load and comes back when it is reopened", World,
                     MemoryWorld, SqliteWorld) {
    World world;
    const model::Run run = sample_run(1);
    const model::Run ended = sample_run(1, model::RunState::failed);
    const model::JobRow job = sample_job(run.id, "a");
    const model::AttemptRow attempt = sample_attempt(run.id, "a", 1);
    const model::RevisionRow revision = sample_revision("nightly", 1);
    must_commit(world, {revision, model::RunRow{run}, job, attempt});
    must_commit(world, {model::RunEndedRow{ended}});
    CHECK(loaded(world).empty());

    const std::string wanted =
        lines(texts_of(Changes{model::RunEndedRow{ended}, job, attempt, revision}));
    for (const std::string& name : {to_string(run.id), std::string{"nightly#1"}}) {
      const auto fetched = world.engine().fetch({.ended_run = name, .key = {}});
      REQUIRE(fetched.has_value());
      CHECK(lines(texts_of(fetched->run_rows)) == wanted);
    }

    must_commit(world, {model::RunReopenedRow{run}});
    CHECK(loaded(world) == lines(texts_of(Changes{revision, model::RunRow{run}, job, attempt})));
    CHECK(world.engine().fetch({.ended_run = "nightly#1", .key = {}})->run_rows.empty());
  }

  TEST_CASE_TEMPLATE("a run may end and be reopened, or start and end, within one batch", World,
                     MemoryWorld, SqliteWorld) {
    World world;
    model::Run first = sample_run(1);
    must_commit(world, {model::RunRow{first}});
    model::Run again = first;
    again.reruns = 3;
    must_commit(world, {model::RunRow{sample_run(2)},
                        model::RunEndedRow{sample_run(1, model::RunState::failed)},
                        model::RunReopenedRow{first}, model::RunRow{again},
                        model::RunEndedRow{sample_run(2, model::RunState::succeeded)}});
    CHECK(loaded(world) == lines(texts_of(Changes{model::RunRow{again}})));
    CHECK(world.queries().runs({}, {})->items.size() == 2);
    CHECK(world.engine().fetch({.ended_run = "nightly#2", .key = {}})->run_rows.size() == 1);
  }

  TEST_CASE_TEMPLATE("what is not there is absent and not an error", World, MemoryWorld,
                     SqliteWorld) {
    World world;
    for (const char* name :
         {"nightly#1", "nightly#", "#1", "nightly#-1", "nightly#99999999999999999999", "nonsense",
          "01234567-89ab-cdef-0123-456789abcdef", "00000000-0000-0000-0000-000000000000"}) {
      const auto fetched = world.engine().fetch({.ended_run = name, .key = "absent"});
      REQUIRE(fetched.has_value());
      CHECK(fetched->run_rows.empty());
      CHECK_FALSE(fetched->key.has_value());
    }
  }

  TEST_CASE_TEMPLATE("outcomes of one workflow are fetched by instant, many in whole instants",
                     World, MemoryWorld, SqliteWorld) {
    World world;
    Changes rows;
    for (int second = 1; second <= 4; ++second) {
      const std::string nominal = "n" + std::to_string(second);
      rows.emplace_back(model::PlannedRow{sample_outcome(nominal, at_second(second))});
      model::PlannedOutcome other = sample_outcome(nominal, at_second(second));
      other.workflow = "other";
      rows.emplace_back(model::PlannedRow{other});
    }
    must_commit(world, rows);
    const std::string workflow = sample_outcome("", at_second(0)).workflow;
    model::Needs needs;
    needs.planned = {workflow, at_second(1), at_second(3)};
    const auto some = world.engine().fetch(needs)->planned;
    REQUIRE(some.has_value());
    CHECK(some->span.workflow == workflow);
    CHECK(some->span.until == at_second(3));
    REQUIRE(some->outcomes.size() == 2);
    CHECK(some->outcomes[0].nominal == "n2");
    CHECK(some->outcomes[1].nominal == "n3");
    CHECK(some->outcomes[1].workflow == workflow);

    rows.clear();
    for (int i = 0; i < 1100; ++i) {
      rows.emplace_back(
          model::PlannedRow{sample_outcome("many" + std::to_string(i), at_second(100 + i / 3))});
    }
    must_commit(world, rows);
    needs.planned = {workflow, at_second(10), at_second(9999)};
    const auto many = world.engine().fetch(needs)->planned;
    REQUIRE(many.has_value());
    CHECK(many->outcomes.size() == 999);
    CHECK(many->outcomes.back().at == at_second(432));
    CHECK(many->span.until == at_second(433) - Duration{1});
    CHECK_FALSE(world.engine().fetch({})->planned.has_value());
  }

  TEST_CASE_TEMPLATE("a key's answer is found until it is purged", World, MemoryWorld,
                     SqliteWorld) {
    World world;
    must_commit(world, {sample_key("old", at_second(1)), sample_key("new", at_second(9))});
    CHECK(text_of(*world.engine().fetch({.ended_run = {}, .key = "old"})->key) ==
          text_of(sample_key("old", at_second(1))));
    CHECK(text_of(**world.queries().kept_answer("new")) ==
          text_of(sample_key("new", at_second(9))));
    must_commit(world, {sample_key("new", at_second(10))});
    CHECK(text_of(**world.queries().kept_answer("new")) ==
          text_of(sample_key("new", at_second(10))));
    CHECK_FALSE(*world.queries().kept_answer("other"));
    CHECK(world.engine().purge(at_second(9)).value() == 1);
    CHECK(world.engine().purge(at_second(9)).value() == 0);
    CHECK_FALSE(world.engine().fetch({.ended_run = {}, .key = "old"})->key.has_value());
    CHECK(world.engine().fetch({.ended_run = {}, .key = "new"})->key.has_value());
  }

  TEST_CASE_TEMPLATE("a session that was signed out is known until it is purged", World,
                     MemoryWorld, SqliteWorld) {
    World world;
    must_commit(world,
                {model::SignedOutRow{"a", at_second(5)}, model::SignedOutRow{"b", at_second(9)},
                 model::SignedOutRow{"a", at_second(6)}});
    CHECK(*world.queries().signed_out("a"));
    CHECK_FALSE(*world.queries().signed_out("c"));
    CHECK(world.engine().purge(at_second(9)).value() == 1);
    CHECK_FALSE(*world.queries().signed_out("a"));
    CHECK(*world.queries().signed_out("b"));
  }

  TEST_CASE_TEMPLATE("one purge removes a bounded number of keys", World, MemoryWorld,
                     SqliteWorld) {
    World world;
    Changes keys;
    for (std::uint32_t i = 0; i < kPurgeRowsMax + 5; ++i) {
      keys.push_back(sample_key(std::to_string(i), at_second(i)));
    }
    keys.push_back(model::SignedOutRow{"a", at_second(1)});
    must_commit(world, std::move(keys));
    CHECK(world.engine().purge(kFarFuture).value() == kPurgeRowsMax);
    CHECK(world.engine().purge(kFarFuture).value() == 6);
  }
}

TEST_SUITE("lease") {
  TEST_CASE_TEMPLATE("each owner gets the epoch after the one before", World, MemoryWorld,
                     SqliteWorld) {
    World world;
    CHECK(world.epoch() == 1);
    world.restart();
    CHECK(world.epoch() == 2);
  }

  TEST_CASE_TEMPLATE("a commit under another epoch is fenced and changes nothing", World,
                     MemoryWorld, SqliteWorld) {
    World world;
    must_commit(world, {sample_agent("local")});
    world.restart();
    for (const std::uint64_t epoch : {0ULL, 1ULL, 3ULL}) {
      const Result<void> done = world.engine().commit({epoch, {sample_agent("other")}});
      REQUIRE_FALSE(done.has_value());
      CHECK(done.error().code == "store.fenced");
    }
    CHECK(loaded(world) == lines(texts_of(Changes{sample_agent("local")})));
    must_commit(world, {sample_agent("other")});
  }

  TEST_CASE_TEMPLATE("an owned store is refused to a second server", World, MemoryWorld,
                     SqliteWorld) {
    World world;
    const auto second = world.lease().acquire("second");
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().code == "store.owned");
    must_commit(world, {sample_agent("local")});
    world.lease().release();
    CHECK(world.lease().acquire("second").value() == 2);
  }
}

TEST_SUITE("faulty") {
  TEST_CASE_TEMPLATE("an unknown commit is there or is not, and a load shows which", World,
                     MemoryWorld, SqliteWorld) {
    World world;
    FaultyStore faulty{world.engine(), 1};
    faulty.next(Fault::unknown_applied);
    faulty.next(Fault::unknown_not_applied);
    CHECK(faulty.commit({1, {sample_agent("a")}}).error().code == "store.unknown");
    CHECK(faulty.commit({1, {sample_agent("b")}}).error().code == "store.unknown");
    CHECK(lines(texts_of(faulty.load()->rows)) == lines(texts_of(Changes{sample_agent("a")})));
  }

  TEST_CASE_TEMPLATE("after a full disk work goes on, after a failure only once reopened", World,
                     MemoryWorld, SqliteWorld) {
    World world;
    FaultyStore faulty{world.engine(), 1};
    faulty.next(Fault::full);
    CHECK(faulty.commit({1, {sample_agent("a")}}).error().code == "store.full");
    CHECK(faulty.load()->rows.empty());
    faulty.next(Fault::failed);
    CHECK(faulty.commit({1, {sample_agent("a")}}).error().code == "store.failed");
    CHECK(faulty.commit({1, {sample_agent("a")}}).error().code == "store.failed");
    CHECK_FALSE(faulty.load().has_value());
    faulty.reopen();
    CHECK(faulty.load()->rows.empty());
    CHECK(faulty.commit({1, {sample_agent("a")}}).has_value());
  }

  TEST_CASE_TEMPLATE("a fenced writer is told so even when the answer would be lost", World,
                     MemoryWorld, SqliteWorld) {
    World world;
    FaultyStore faulty{world.engine(), 1};
    faulty.next(Fault::unknown_applied);
    CHECK(faulty.commit({9, {sample_agent("a")}}).error().code == "store.fenced");
  }

  TEST_CASE("the same seed spoils the same commits") {
    const auto faults = [](std::uint64_t seed) {
      MemoryWorld world;
      FaultyStore faulty{world.engine(), seed, {.unknown_applied = 200'000, .full = 200'000}};
      std::string seen;
      for (int i = 0; i < 200; ++i) {
        const Result<void> done = faulty.commit({1, {}});
        seen += done ? '.' : done.error().code == "store.full" ? 'f' : 'u';
      }
      return seen;
    };
    CHECK(faults(1) == faults(1));
    CHECK(faults(1) != faults(2));
    CHECK(faults(1).find('f') != std::string::npos);
    CHECK(faults(1).find('u') != std::string::npos);
  }
}

}  // namespace dandori::store::test
