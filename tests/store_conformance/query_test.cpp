#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "sample.h"
#include "worlds.h"

namespace dandori::store::test {

namespace {

using Changes = std::vector<model::Change>;

template <class World>
void must_commit(World& world, Changes changes) {
  const Result<void> done = world.engine().commit({world.epoch(), std::move(changes)});
  REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().message));
}

/// Numbers of the runs that a filter finds over all pages of `limit`.
template <class World>
std::string numbers(World& world, const RunFilter& filter, std::uint32_t limit = 1000) {
  std::string found;
  Page page{.limit = limit, .cursor = {}};
  do {
    const auto listed = world.queries().runs(filter, page);
    REQUIRE(listed.has_value());
    CHECK(listed->items.size() <= limit);
    for (const model::Run& run : listed->items) found += std::to_string(run.number) + " ";
    page.cursor = listed->next_cursor;
  } while (!page.cursor.empty());
  return found;
}

model::Run run_of(std::uint64_t number, model::RunState state, std::string workflow,
                  std::string date) {
  model::Run run = sample_run(number, state);
  run.workflow = std::move(workflow);
  run.business_date = std::move(date);
  run.needs_decision = false;
  return run;
}

/// Runs 1…6, of two workflows and dates; 2 and 5 are in progress.
template <class World>
void add_runs(World& world) {
  using enum model::RunState;
  must_commit(world, {model::RunEndedRow{run_of(1, succeeded, "a", "2026-11-01")},
                      model::RunRow{run_of(2, running, "a", "2026-11-01")},
                      model::RunEndedRow{run_of(3, failed, "b", "2026-11-02")},
                      model::RunEndedRow{run_of(4, failed, "a", "2026-11-02")},
                      model::RunRow{run_of(5, queued, "b", "2026-11-02")},
                      model::RunEndedRow{run_of(6, killed, "b", "2026-11-02")}});
}

}  // namespace

TEST_SUITE("queries") {
  TEST_CASE_TEMPLATE("runs are listed newest first, active and ended together", World, MemoryWorld,
                     SqliteWorld) {
    World world;
    CHECK(numbers(world, {}).empty());
    add_runs(world);
    CHECK(numbers(world, {}) == "6 5 4 3 2 1 ");
    const auto listed = world.queries().runs({}, {.limit = 1, .cursor = {}});
    CHECK(text_of(listed->items.front()) ==
          text_of(run_of(6, model::RunState::killed, "b", "2026-11-02")));
  }

  TEST_CASE_TEMPLATE("runs are filtered by workflow, state, business date and creation", World,
                     MemoryWorld, SqliteWorld) {
    World world;
    add_runs(world);
    using enum model::RunState;
    RunFilter filter;
    filter.workflow = "a";
    CHECK(numbers(world, filter) == "4 2 1 ");
    filter.states = {failed, running};
    CHECK(numbers(world, filter) == "4 2 ");
    filter.business_date = "2026-11-02";
    CHECK(numbers(world, filter) == "4 ");
    filter = {};
    filter.states = {failed, killed, failed};
    CHECK(numbers(world, filter) == "6 4 3 ");
    filter.states = {interrupted};
    CHECK(numbers(world, filter).empty());
    filter = {};
    filter.business_date = "2026-11-01";
    CHECK(numbers(world, filter) == "2 1 ");
    filter = {};
    filter.created_from = at_second(3);
    CHECK(numbers(world, filter) == "6 5 4 3 ");
    filter.created_until = at_second(5);
    CHECK(numbers(world, filter) == "4 3 ");
    filter.created_from = Timestamp{INT64_MIN};
    filter.created_until = kFarFuture;
    CHECK(numbers(world, filter) == "6 5 4 3 2 1 ");
  }

  TEST_CASE_TEMPLATE("pages join to the whole list, at any size", World, MemoryWorld, SqliteWorld) {
    World world;
    add_runs(world);
    for (const std::uint32_t limit : {1U, 2U, 3U, 5U, 6U, 7U}) {
      CHECK(numbers(world, {}, limit) == "6 5 4 3 2 1 ");
    }
    RunFilter filter;
    filter.states = {model::RunState::failed, model::RunState::succeeded, model::RunState::queued};
    CHECK(numbers(world, filter, 1) == "5 4 3 1 ");
  }

  TEST_CASE_TEMPLATE("a cursor is not moved by runs that come or end meanwhile", World, MemoryWorld,
                     SqliteWorld) {
    World world;
    add_runs(world);
    const auto first = world.queries().runs({}, {.limit = 3, .cursor = {}});
    must_commit(world, {model::RunRow{sample_run(7)},
                        model::RunEndedRow{run_of(2, model::RunState::failed, "a", "2026-11-01")}});
    const auto second = world.queries().runs({}, {.limit = 2, .cursor = first->next_cursor});
    REQUIRE(second->items.size() == 2);
    CHECK(second->items[0].number == 3);
    CHECK(second->items[1].number == 2);
    CHECK(second->items[1].state == model::RunState::failed);
  }

  TEST_CASE_TEMPLATE("a cursor that no list gave is refused", World, MemoryWorld, SqliteWorld) {
    World world;
    for (const char* cursor : {"x", "0123", "-1", "'; DROP TABLE run_active; --"}) {
      CHECK(world.queries().runs({}, {.limit = 1, .cursor = cursor}).error().code ==
            "request.bad_cursor");
    }
    CHECK(world.queries().audit({}, {.limit = 1, .cursor = "x"}).error().code ==
          "request.bad_cursor");
  }

  TEST_CASE_TEMPLATE("one run is found by id and by name and number, active or ended", World,
                     MemoryWorld, SqliteWorld) {
    World world;
    const RunId id = run_id(1);
    const model::JobRow job = sample_job(id, "a");
    const model::AttemptRow attempt = sample_attempt(id, "a", 1);
    must_commit(world, {sample_revision("nightly", 1), model::RunRow{sample_run(1)}, job, attempt});
    for (const bool ended : {false, true}) {
      const model::Run run =
          sample_run(1, ended ? model::RunState::failed : model::RunState::running);
      if (ended) must_commit(world, {model::RunEndedRow{run}});
      for (const std::string& name : {to_string(id), std::string{"nightly#1"}}) {
        const auto detail = world.queries().run(name);
        REQUIRE(detail.has_value());
        CHECK(text_of(detail->run) == text_of(run));
        CHECK(lines(texts_of(detail->jobs)) == text_of(job) + "\n");
        CHECK(lines(texts_of(detail->attempts)) == text_of(attempt) + "\n");
        CHECK(detail->canonical == sample_revision("nightly", 1).canonical);
      }
    }
    for (const char* name : {"nightly#2", "other#1", "nightly", "", "#", "nightly#1x"}) {
      CHECK(world.queries().run(name).error().code == "run.unknown");
    }
  }

  TEST_CASE_TEMPLATE("workflows are listed by name in pages", World, MemoryWorld, SqliteWorld) {
    World world;
    must_commit(world, {sample_workflow("c", 1), sample_workflow("a", 1), sample_workflow("b", 2)});
    const auto first = world.queries().workflows({.limit = 2, .cursor = {}});
    REQUIRE(first->items.size() == 2);
    CHECK(text_of(first->items[0]) == text_of(sample_workflow("a", 1)));
    const auto second = world.queries().workflows({.limit = 2, .cursor = first->next_cursor});
    REQUIRE(second->items.size() == 1);
    CHECK(second->items[0].name == "c");
    CHECK(second->next_cursor.empty());
  }

  TEST_CASE_TEMPLATE("revisions are found by number, the newest by 0", World, MemoryWorld,
                     SqliteWorld) {
    World world;
    must_commit(world, {sample_workflow("nightly", 2), sample_revision("nightly", 1),
                        sample_revision("nightly", 2), sample_revision("other", 1)});
    CHECK(text_of(*world.queries().revision("nightly", 0)) ==
          text_of(sample_revision("nightly", 2)));
    CHECK(text_of(*world.queries().revision("nightly", 1)) ==
          text_of(sample_revision("nightly", 1)));
    CHECK(world.queries().revision("nightly", 3).error().code == "workflow.unknown_revision");
    CHECK(world.queries().revision("absent", 0).error().code == "workflow.unknown");
    const auto newest = world.queries().revisions("nightly", {.limit = 1, .cursor = {}});
    REQUIRE(newest->items.size() == 1);
    CHECK(text_of(newest->items[0]) == text_of(sample_revision("nightly", 2)));
    const auto rest =
        world.queries().revisions("nightly", {.limit = 1, .cursor = newest->next_cursor});
    REQUIRE(rest->items.size() == 1);
    CHECK(rest->items[0].revision == 1);
    CHECK(rest->next_cursor.empty());
    CHECK(world.queries().revisions("absent", {}).error().code == "workflow.unknown");
    CHECK(world.queries().revisions("nightly", {.limit = 1, .cursor = "x"}).error().code ==
          "request.bad_cursor");
  }

  TEST_CASE_TEMPLATE(
      "a workflow is found by name, with its newest run and the count of active ones", World,
      MemoryWorld, SqliteWorld) {
    World world;
    add_runs(world);
    must_commit(world, {sample_workflow("a", 1)});
    CHECK(text_of(**world.queries().workflow("a")) == text_of(sample_workflow("a", 1)));
    CHECK_FALSE(world.queries().workflow("absent")->has_value());
    RunFilter filter;
    filter.workflow = "a";
    const auto all = world.queries().runs(filter, {});
    const auto runs = world.queries().workflow_runs("a");
    const auto active = std::ranges::count_if(
        all->items, [](const model::Run& run) { return !model::is_ended(run.state); });
    CHECK(runs->active == static_cast<std::uint64_t>(active));
    CHECK(text_of(*runs->newest) == text_of(all->items.front()));
    CHECK(world.queries().workflow_runs("absent")->active == 0);
    CHECK_FALSE(world.queries().workflow_runs("absent")->newest.has_value());
  }

  TEST_CASE_TEMPLATE("an attempt is found by run, job and number, the newest by 0", World,
                     MemoryWorld, SqliteWorld) {
    World world;
    const model::Run active = sample_run(1);
    const model::Run ended = sample_run(2, model::RunState::failed);
    must_commit(world, {model::RunRow{active}, model::RunEndedRow{ended},
                        sample_attempt(active.id, "a", 1), sample_attempt(active.id, "a", 2),
                        sample_attempt(active.id, "ab", 3), sample_attempt(ended.id, "a", 4)});
    auto& queries = world.queries();
    CHECK(text_of(**queries.attempt("nightly#1", "a", 0)) ==
          text_of(sample_attempt(active.id, "a", 2)));
    CHECK(text_of(**queries.attempt(to_string(active.id), "a", 1)) ==
          text_of(sample_attempt(active.id, "a", 1)));
    CHECK((*queries.attempt("nightly#2", "a", 0))->attempt.ref.number == 4);
    CHECK_FALSE(queries.attempt("nightly#1", "a", 3)->has_value());
    CHECK_FALSE(queries.attempt("nightly#1", "b", 0)->has_value());
    CHECK(queries.attempt("nightly#9", "a", 0).error().code == "run.unknown");
  }

  TEST_CASE_TEMPLATE("outcomes are found by planned instant and each key has one", World,
                     MemoryWorld, SqliteWorld) {
    World world;
    must_commit(world, {model::PlannedRow{sample_outcome("n3", at_second(3))},
                        model::PlannedRow{sample_outcome("n1", at_second(1))},
                        model::PlannedRow{sample_outcome("n2", at_second(2))}});
    model::PlannedOutcome again = sample_outcome("n2", at_second(2));
    again.state = model::PlannedState::started;
    must_commit(world, {model::PlannedRow{again}});
    const auto found = world.queries().outcomes(at_second(1), at_second(3));
    REQUIRE(found->size() == 2);
    CHECK(text_of((*found)[0]) == text_of(sample_outcome("n1", at_second(1))));
    CHECK(text_of((*found)[1]) == text_of(again));
    CHECK(world.queries().outcomes(at_second(3), at_second(3))->empty());
  }

  TEST_CASE_TEMPLATE("outcomes of one workflow are found by planned instant", World, MemoryWorld,
                     SqliteWorld) {
    World world;
    model::PlannedOutcome other = sample_outcome("n2", at_second(2));
    const std::string workflow = other.workflow;
    other.workflow += "_other";
    must_commit(world,
                {model::PlannedRow{sample_outcome("n3", at_second(3))},
                 model::PlannedRow{sample_outcome("n1", at_second(1))},
                 model::PlannedRow{sample_outcome("n2", at_second(2))}, model::PlannedRow{other}});
    const auto found = world.queries().workflow_outcomes(workflow, at_second(2), at_second(4));
    REQUIRE(found->size() == 2);
    CHECK(text_of((*found)[0]) == text_of(sample_outcome("n2", at_second(2))));
    CHECK(text_of((*found)[1]) == text_of(sample_outcome("n3", at_second(3))));
    CHECK(world.queries().workflow_outcomes("nobody", at_second(1), at_second(4))->empty());
  }

  TEST_CASE_TEMPLATE("the audit log is listed newest first in pages", World, MemoryWorld,
                     SqliteWorld) {
    World world;
    must_commit(world, {model::AuditLine{sample_audit(1)}, model::AuditLine{sample_audit(2)},
                        model::AuditLine{sample_audit(3)}});
    const auto first = world.queries().audit({}, {.limit = 2, .cursor = {}});
    REQUIRE(first->items.size() == 2);
    CHECK(text_of(first->items[0]) == text_of(sample_audit(3)));
    must_commit(world, {model::AuditLine{sample_audit(4)}});
    const auto second = world.queries().audit({}, {.limit = 2, .cursor = first->next_cursor});
    REQUIRE(second->items.size() == 1);
    CHECK(second->items[0].seq == 1);
    CHECK(text_of(**world.queries().audit_line(2)) == text_of(sample_audit(2)));
    CHECK_FALSE(world.queries().audit_line(5)->has_value());
  }

  TEST_CASE_TEMPLATE("the journal is read onwards, of all or of one run", World, MemoryWorld,
                     SqliteWorld) {
    World world;
    for (std::uint64_t seq = 1; seq <= 6; ++seq) {
      const RunId run = seq % 3 == 0 ? RunId{} : run_id(seq % 3);
      must_commit(world, {model::JournalLine{sample_journal(seq, run)}});
    }
    const auto all = world.queries().journal(0, 100, std::nullopt);
    REQUIRE(all->size() == 6);
    CHECK(text_of((*all)[2]) == text_of(sample_journal(3, {})));
    const auto some = world.queries().journal(2, 2, std::nullopt);
    REQUIRE(some->size() == 2);
    CHECK(some->front().seq == 3);
    const auto one = world.queries().journal(1, 100, run_id(1));
    REQUIRE(one->size() == 1);
    CHECK(one->front().seq == 4);
    CHECK(world.queries().journal(UINT64_MAX, 100, std::nullopt)->empty());
  }

  TEST_CASE_TEMPLATE("a written line of journal or audit never changes", World, MemoryWorld,
                     SqliteWorld) {
    World world;
    must_commit(world,
                {model::JournalLine{sample_journal(1, {})}, model::AuditLine{sample_audit(1)}});
    model::JournalRow line = sample_journal(1, {});
    line.kind = "other";
    model::AuditRow row = sample_audit(1);
    row.target = "other";
    must_commit(world, {model::JournalLine{line}, model::AuditLine{row}});
    CHECK(world.queries().journal(0, 9, std::nullopt)->front().kind == "job.started");
    CHECK(world.queries().audit({}, {})->items.front().target == "nightly#3");
  }

  TEST_CASE_TEMPLATE("variables and folders are listed", World, MemoryWorld, SqliteWorld) {
    World world;
    must_commit(world, {model::VariableRow{sample_variable("sales", "a"), false},
                        model::VariableRow{sample_variable("", "z"), false},
                        model::FolderRow{sample_folder("sales"), false}});
    const auto first = world.queries().variables({.limit = 1, .cursor = {}});
    CHECK(lines(texts_of(first->items)) == text_of(sample_variable("", "z")) + "\n");
    const auto second = world.queries().variables({.limit = 1, .cursor = first->next_cursor});
    CHECK(lines(texts_of(second->items)) == text_of(sample_variable("sales", "a")) + "\n");
    CHECK(second->next_cursor.empty());
    CHECK(world.queries().variables({.limit = 1, .cursor = "x"}).error().code ==
          "request.bad_cursor");
    CHECK(lines(texts_of(*world.queries().folders())) == text_of(sample_folder("sales")) + "\n");
  }

  TEST_CASE_TEMPLATE("runs are filtered by a set of workflows and by what waits for a person",
                     World, MemoryWorld, SqliteWorld) {
    World world;
    add_runs(world);
    model::Run waits = run_of(7, model::RunState::running, "c", "2026-11-02");
    waits.needs_decision = true;
    must_commit(world, {model::RunRow{waits}});
    RunFilter filter;
    filter.workflows = {"a", "c"};
    CHECK(numbers(world, filter) == "7 4 2 1 ");
    CHECK(numbers(world, filter, 1) == "7 4 2 1 ");
    filter.states = {model::RunState::failed, model::RunState::running};
    CHECK(numbers(world, filter) == "7 4 2 ");
    filter.workflow = "a";
    CHECK(numbers(world, filter) == "4 2 ");
    filter.workflow = "b";
    CHECK(numbers(world, filter).empty());
    filter = {};
    filter.workflows = std::vector<std::string>{};
    CHECK(numbers(world, filter).empty());
    for (int i = 0; i < 400; ++i) filter.workflows->push_back("w" + std::to_string(i));
    filter.workflows->push_back("b");
    CHECK(numbers(world, filter, 2) == "6 5 3 ");  // too many to read one by one
    filter = {};
    filter.needs_decision = true;
    CHECK(numbers(world, filter) == "7 ");
  }

  TEST_CASE_TEMPLATE("the audit log is filtered by actor, action, target and time", World,
                     MemoryWorld, SqliteWorld) {
    World world;
    Changes lines;
    for (std::uint64_t seq = 1; seq <= 6; ++seq) {
      model::AuditRow row = sample_audit(seq);
      row.at = at_second(static_cast<std::int64_t>(seq) * 10);
      row.actor.name = seq % 2 == 0 ? "even" : "odd";
      row.action = seq <= 3 ? "run.start" : seq == 4 ? "run.kill" : "workflow.apply";
      row.target = seq == 1 ? "close" : seq == 2 ? "close#1" : seq == 3 ? "closed#1" : "other";
      lines.push_back(model::AuditLine{row});
    }
    must_commit(world, lines);
    const auto found = [&](const AuditFilter& filter) {
      std::string numbers;
      Page page{.limit = 2, .cursor = {}};
      do {
        const auto listed = world.queries().audit(filter, page);
        REQUIRE(listed.has_value());
        CHECK(listed->items.size() <= 2);
        for (const model::AuditRow& row : listed->items) numbers += std::to_string(row.seq) + " ";
        page.cursor = listed->next_cursor;
      } while (!page.cursor.empty());
      return numbers;
    };
    CHECK(found({}) == "6 5 4 3 2 1 ");
    CHECK(found({.actor = "even"}) == "6 4 2 ");
    CHECK(found({.action = "run."}) == "4 3 2 1 ");
    CHECK(found({.action = "run.start"}) == "3 2 1 ");
    CHECK(found({.target = "close"}) == "2 1 ");
    CHECK(found({.actor = "nobody"}).empty());
    CHECK(found({.from = at_second(20), .until = at_second(50)}) == "4 3 2 ");
    CHECK(found({.actor = "even", .from = at_second(20), .until = at_second(50)}) == "4 2 ");
  }

  TEST_CASE_TEMPLATE("tokens are listed newest first and found by id and by their secret's hash",
                     World, MemoryWorld, SqliteWorld) {
    World world;
    CHECK(world.queries().tokens({})->items.empty());
    must_commit(world, {sample_token(1), sample_token(2), sample_token(3)});
    const auto first = world.queries().tokens({.limit = 2, .cursor = {}});
    CHECK(lines(texts_of(first->items)) ==
          text_of(sample_token(3)) + "\n" + text_of(sample_token(2)) + "\n");
    const auto rest = world.queries().tokens({.limit = 2, .cursor = first->next_cursor});
    CHECK(lines(texts_of(rest->items)) == text_of(sample_token(1)) + "\n");
    CHECK(rest->next_cursor.empty());
    CHECK(text_of(**world.queries().token(run_id(2).value)) == text_of(sample_token(2)));
    CHECK_FALSE(*world.queries().token(run_id(9).value));
    CHECK(text_of(**world.queries().token_of_secret("hash3")) == text_of(sample_token(3)));
    CHECK_FALSE(*world.queries().token_of_secret("hash"));
  }

  TEST_CASE_TEMPLATE("readers on other threads see each batch whole while the engine commits",
                     World, MemoryWorld, SqliteWorld) {
    World world;
    std::atomic<bool> done{false};
    std::atomic<int> torn{0};
    std::vector<std::thread> readers;
    for (int i = 0; i < 6; ++i) {
      readers.emplace_back([&] {
        while (!done) {
          const auto listed = world.queries().runs({}, {.limit = 1000, .cursor = {}});
          if (!listed || listed->items.size() % 2 != 0) ++torn;
        }
      });
    }
    for (std::uint64_t i = 1; i <= 40; ++i) {
      must_commit(world, {model::RunRow{sample_run(2 * i)}, model::RunRow{sample_run(2 * i + 1)}});
      must_commit(world, {model::RunEndedRow{sample_run(2 * i, model::RunState::failed)}});
    }
    done = true;
    for (std::thread& reader : readers) reader.join();
    CHECK(torn == 0);
    CHECK(world.queries().runs({}, {.limit = 1000, .cursor = {}})->items.size() == 80);
  }
}

}  // namespace dandori::store::test
