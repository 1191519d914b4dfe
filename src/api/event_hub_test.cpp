// Following the journal: what a follower gets, in which order, and what is left out.
#include <doctest/doctest.h>

#include <fmt/core.h>

#include "api/event_hub.h"

using namespace dandori;
using namespace dandori::api;

namespace {

RunId run_of(std::uint64_t number) {
  return RunId{Uuid{0x0192'0000'0000'7000ULL, 0x8000'0000'0000'0000ULL + number}};
}

/// A journal in memory; whatever else a query store can do, it has nothing of it.
class JournalOnly final : public store::QueryStore {
 public:
  std::vector<model::JournalRow> lines;
  std::uint64_t reads = 0;

  void write(std::string kind, std::string job = {}, std::uint64_t number = 1) {
    model::JournalRow row;
    row.seq = lines.size() + 1;
    row.run = number == 0 ? RunId{} : run_of(number);
    row.kind = std::move(kind);
    row.job = std::move(job);
    if (row.kind == "run.created") row.body.set("name", fmt::format("flow{}#1", number));
    lines.push_back(std::move(row));
  }

  Result<std::vector<model::JournalRow>> journal(std::uint64_t after, std::uint32_t limit,
                                                 std::optional<RunId> of) override {
    ++reads;
    std::vector<model::JournalRow> found;
    for (const model::JournalRow& row : lines) {
      if (row.seq > after && (!of || row.run == *of) && found.size() < limit) found.push_back(row);
    }
    return found;
  }
  Result<store::Listed<model::Run>> runs(const store::RunFilter&, const store::Page&) override {
    return store::Listed<model::Run>{};
  }
  Result<store::RunDetail> run(const std::string& name) override {
    return fail("run.unknown", name);
  }
  Result<store::Listed<model::WorkflowRow>> workflows(const store::Page&) override {
    return store::Listed<model::WorkflowRow>{};
  }
  Result<model::RevisionRow> revision(const std::string&, std::uint32_t) override {
    return model::RevisionRow{};
  }
  Result<std::optional<model::WorkflowRow>> workflow(const std::string&) override {
    return std::nullopt;
  }
  Result<store::WorkflowRuns> workflow_runs(const std::string&) override {
    return store::WorkflowRuns{};
  }
  Result<std::vector<store::DayRuns>> day_runs(const store::DayWindow&) override {
    return std::vector<store::DayRuns>{};
  }
  Result<std::optional<model::AttemptRow>> attempt(const std::string&, const std::string&,
                                                   std::uint32_t) override {
    return std::nullopt;
  }
  Result<store::Listed<model::RevisionRow>> revisions(const std::string&,
                                                      const store::Page&) override {
    return store::Listed<model::RevisionRow>{};
  }
  Result<std::vector<model::PlannedOutcome>> outcomes(Timestamp, Timestamp) override {
    return std::vector<model::PlannedOutcome>{};
  }
  Result<std::vector<model::PlannedOutcome>> workflow_outcomes(const std::string&, Timestamp,
                                                               Timestamp) override {
    return std::vector<model::PlannedOutcome>{};
  }
  Result<store::Listed<model::AuditRow>> audit(const store::AuditFilter&,
                                               const store::Page&) override {
    return store::Listed<model::AuditRow>{};
  }
  Result<std::optional<model::AuditRow>> audit_line(std::uint64_t) override { return std::nullopt; }
  Result<bool> signed_out(const std::string&) override { return false; }
  Result<store::Listed<model::TokenRow>> tokens(const store::Page&) override {
    return store::Listed<model::TokenRow>{};
  }
  Result<std::optional<model::TokenRow>> token(const Uuid&) override { return std::nullopt; }
  Result<std::optional<model::TokenRow>> token_of_secret(const std::string&) override {
    return std::nullopt;
  }
  Result<std::optional<model::KeyRow>> kept_answer(const std::string&) override {
    return std::nullopt;
  }
  Result<std::vector<model::Mark>> marks() override { return std::vector<model::Mark>{}; }
  Result<store::Listed<model::Variable>> variables(const store::Page&) override {
    return store::Listed<model::Variable>{};
  }
  Result<store::Listed<model::CalendarRow>> calendars(const store::Page&) override {
    return store::Listed<model::CalendarRow>{};
  }
  Result<std::vector<model::CalendarRow>> live_calendars() override {
    return std::vector<model::CalendarRow>{};
  }
  Result<model::CalendarRow> calendar(const std::string&, std::uint32_t) override {
    return model::CalendarRow{};
  }
  Result<store::Listed<model::CalendarRow>> calendar_revisions(const std::string&,
                                                               const store::Page&) override {
    return store::Listed<model::CalendarRow>{};
  }
  Result<store::Listed<model::BusinessDateRow>> business_dates(const store::Page&) override {
    return store::Listed<model::BusinessDateRow>{};
  }
  Result<std::optional<model::BusinessDateRow>> business_date(const std::string&) override {
    return std::nullopt;
  }
  Result<store::Listed<model::BusinessDateMoveRow>> business_date_moves(
      const std::string&, const store::Page&) override {
    return store::Listed<model::BusinessDateMoveRow>{};
  }
  Result<std::vector<model::Folder>> folders() override { return std::vector<model::Folder>{}; }
};

class QuietEngine final : public Engine {
 public:
  explicit QuietEngine(const JournalOnly& journal) : journal_{journal} {}
  void submit(model::Command, std::function<void(Result<Json>)>) override {}
  void read_log(const std::string&, model::LogRequest,
                std::function<void(model::LogChunk)>) override {}
  void find_log(const std::string&, model::LogFind, std::function<void(model::LogFound)>) override {
  }
  std::shared_ptr<void> on_journal(std::function<void()>) override { return {}; }
  std::uint64_t journal_seq() override { return journal_.lines.size(); }
  Result<void> ready() override { return {}; }
  Timestamp now() override { return {}; }
  void move_clock(Timestamp, std::function<void(Result<Timestamp>)>) override {}

 private:
  const JournalOnly& journal_;
};

struct World {
  JournalOnly journal;
  QuietEngine engine{journal};
  EventHub hub;
  explicit World(EventHub::Options options = {}) : hub{engine, journal, options} {}

  /// What the cursor gets of the ring at this instant, as `kind job` each.
  std::vector<std::string> take(EventCursor& cursor, std::int64_t now_ms, bool* waits = nullptr) {
    std::string out;
    const auto slice = hub.after(cursor.position(), 1000);
    const bool held = cursor.take(slice.events, Steady{now_ms * 1000}, out, SIZE_MAX);
    if (waits != nullptr) *waits = held;
    return kinds(out);
  }

  static std::vector<std::string> kinds(std::string_view out) {
    std::vector<std::string> found;
    for (std::size_t at = 0; (at = out.find("data: ", at)) != std::string_view::npos; ++at) {
      const auto line = parse_json(out.substr(at + 6, out.find('\n', at) - at - 6));
      REQUIRE(line);
      std::string text{line->text_or("kind", "")};
      if (const auto job = line->text_or("job", ""); !job.empty()) text += " " + std::string{job};
      found.push_back(text);
    }
    return found;
  }
};

using Kinds = std::vector<std::string>;

}  // namespace

TEST_CASE("a follower gets every line once, in order, with the run's own name") {
  World world;
  const auto following = world.hub.follow({});
  world.journal.write("run.created");
  world.journal.write("run.started");
  world.hub.flush();
  const auto slice = world.hub.after(0, 10);
  REQUIRE(slice.events.size() == 2);
  CHECK(slice.events[1]->text.starts_with("id: 2\nevent: run.started\ndata: {"));
  CHECK(slice.events[1]->text.contains(R"("run_name":"flow1#1","workflow":"flow1")"));
  world.hub.flush();
  CHECK(world.hub.after(2, 10).events.empty());
}

TEST_CASE("a job that changes often is told of four times a second, and its end always") {
  World world;
  const auto following = world.hub.follow({});
  EventCursor cursor{{}, true, 0};
  bool waits = false;
  world.journal.write("job.started", "a");
  world.hub.flush();
  CHECK(world.take(cursor, 0) == Kinds{"job.started a"});

  world.journal.write("job.retry", "a");
  world.journal.write("job.started", "b");
  world.hub.flush();
  CHECK(world.take(cursor, 100, &waits) == Kinds{});  // in order: b comes behind it
  CHECK(waits);
  world.journal.write("job.started", "a");
  world.hub.flush();
  CHECK(world.take(cursor, 200, &waits) == Kinds{"job.started b"});  // the retry is past already
  CHECK(waits);
  CHECK(cursor.position() == 3);
  CHECK(world.take(cursor, 250) == Kinds{"job.started a"});

  world.journal.write("job.retry", "a");
  world.journal.write("job.ended", "a");
  world.journal.write("run.ended");
  world.hub.flush();
  CHECK(world.take(cursor, 260) == Kinds{"job.ended a", "run.ended"});
  CHECK(cursor.position() == 7);
}

TEST_CASE("a job that starts and ends at once is told of twice") {
  World world;
  const auto following = world.hub.follow({});
  EventCursor cursor{{}, true, 0};
  for (const char* job : {"a", "b"}) {
    world.journal.write("job.started", job);
    world.journal.write("job.ended", job);
  }
  world.hub.flush();
  CHECK(world.take(cursor, 0) ==
        Kinds{"job.started a", "job.ended a", "job.started b", "job.ended b"});
}

TEST_CASE("what happened before is told completely, however fast it was") {
  World world;
  for (int i = 0; i < 5; ++i) world.journal.write("job.retry", "a");
  const auto events = world.hub.stored(1, 100, run_of(1));
  REQUIRE(events);
  EventCursor cursor{{}, true, 1};
  std::string out;
  CHECK(!cursor.take(*events, std::nullopt, out, SIZE_MAX));
  CHECK(World::kinds(out).size() == 4);
  CHECK(cursor.position() == 5);
}

TEST_CASE("topics choose by run, by workflow and by kind; the position goes on over the others") {
  World world;
  const auto following = world.hub.follow({});
  for (const std::uint64_t number : {1U, 2U}) {
    world.journal.write("run.created", {}, number);
    world.journal.write("job.started", "a", number);
  }
  world.journal.write("planned.missed", {}, 0);
  world.hub.flush();
  EventCursor one{{.runs = {run_of(2)}, .workflows = {}, .rooms = {}}, true, 0};
  CHECK(world.take(one, 0) == Kinds{"run.created", "job.started a"});
  EventCursor flow{{.runs = {}, .workflows = {"flow1"}, .rooms = {}}, true, 0};
  CHECK(world.take(flow, 0) == Kinds{"run.created", "job.started a"});
  EventCursor kinds{{.runs = {}, .workflows = {}, .rooms = {"run.", "planned."}}, true, 0};
  CHECK(world.take(kinds, 0) == Kinds{"run.created", "run.created", "planned.missed"});
  CHECK(flow.position() == 5);
  CHECK(!parse_topics("runs,nonsense", world.journal));
  CHECK(parse_topics("runs, workflow:x", world.journal)->workflows == Kinds{"x"});
}

TEST_CASE("the ring is bounded: who falls out of it is told so, the others go on") {
  World world{{.events_max = 3, .bytes_max = 1U << 20U, .resume_max = 10, .batch = {}}};
  const auto following = world.hub.follow({});
  for (int i = 0; i < 5; ++i) world.journal.write("run.started");
  world.hub.flush();
  CHECK(world.hub.after(1, 10).left_ring);
  CHECK(world.hub.after(2, 10).events.size() == 3);
  CHECK(world.hub.last() == 5);
}

TEST_CASE("while nobody follows nothing is read; the next one finds the past in the store") {
  World world;
  world.journal.write("run.started");
  CHECK(world.journal.reads == 0);
  const auto following = world.hub.follow({});
  CHECK(world.hub.clients() == 1);
  CHECK(world.hub.after(0, 10).left_ring);
  CHECK(!world.hub.after(1, 10).left_ring);
}
