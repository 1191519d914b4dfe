#include <doctest/doctest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "sample.h"
#include "store/sqlite/fault_vfs.h"
#include "worlds.h"

namespace dandori::store::test {

namespace {

SqliteOptions options_of(const TemporaryFolder& folder, std::string vfs = {}) {
  return {.folder = folder.path(), .vfs = std::move(vfs)};
}

std::string agents_in(EngineStore& store) {
  const auto snapshot = store.load();
  REQUIRE(snapshot.has_value());
  std::string names;
  for (const model::Change& row : snapshot->rows) names += std::get<model::AgentRow>(row).name;
  return names;
}

/// A store on a disk that can be spoilt.
struct SpoiltDisk {
  explicit SpoiltDisk(std::uint32_t pages = 2000) : log_pages_max{pages} {}

  std::uint32_t log_pages_max;
  TemporaryFolder folder;
  sqlite::FaultPlan plan;
  sqlite::FaultVfs vfs{plan};
  SqliteStore store{{.folder = folder.path(), .vfs = vfs.name(), .log_pages_max = log_pages_max}};
  std::uint64_t epoch = store.acquire("test").value();

  Result<void> commit(std::string name) { return store.commit({epoch, {sample_agent(name)}}); }
  void reopen() {
    store.release();
    epoch = store.acquire("test").value();
  }
};

/// How SQLite would run a statement, a step a line.
std::string plan_of(const std::string& path, const std::string& sql) {
  sqlite3* connection = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &connection) == SQLITE_OK);
  std::string steps;
  const auto add = [](void* out, int, char** values, char**) {
    *static_cast<std::string*>(out) += std::string{values[3]} + "\n";
    return 0;
  };
  REQUIRE(sqlite3_exec(connection, ("EXPLAIN QUERY PLAN " + sql).c_str(), add, &steps, nullptr) ==
          SQLITE_OK);
  sqlite3_close(connection);
  return steps;
}

void change(const std::string& path, const char* sql) {
  sqlite3* connection = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &connection) == SQLITE_OK);
  REQUIRE(sqlite3_exec(connection, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(connection);
}

}  // namespace

TEST_SUITE("sqlite") {
  TEST_CASE("a server that has not acquired the store gets an error from every call") {
    const TemporaryFolder folder;
    SqliteStore store{options_of(folder)};
    CHECK(store.load().error().code == "store.failed");
    CHECK(store.commit({1, {}}).error().code == "store.failed");
    CHECK(store.fetch({}).error().code == "store.failed");
    CHECK(store.purge(kFarFuture).error().code == "store.failed");
    CHECK(store.queries().runs({}, {}).error().code == "store.failed");
  }

  TEST_CASE("files of the store are readable by their owner only") {
    SqliteWorld world;
    REQUIRE(world.engine().commit({1, {sample_agent("a")}}).has_value());
    for (const auto& entry : std::filesystem::directory_iterator{world.folder()}) {
      struct stat found{};
      REQUIRE(::stat(entry.path().c_str(), &found) == 0);
      CHECK_MESSAGE((found.st_mode & 077U) == 0, entry.path().string());
    }
  }

  TEST_CASE(
      "a second process is refused with the owner's pid, and owns at once when the first dies") {
    const TemporaryFolder folder;
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
      SqliteStore store{options_of(folder)};
      const bool owns = store.acquire("http://127.0.0.1:7010").has_value();
      if (::write(ready[1], owns ? "y" : "n", 1) != 1) ::_exit(1);
      ::pause();
      ::_exit(0);
    }
    char answer = 0;
    REQUIRE(::read(ready[0], &answer, 1) == 1);
    CHECK(answer == 'y');
    SqliteStore store{options_of(folder)};
    const auto refused = store.acquire("second");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == "store.owned");
    CHECK(refused.error().message.find(std::to_string(child)) != std::string::npos);
    CHECK(refused.error().message.find("http://127.0.0.1:7010") != std::string::npos);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    CHECK(store.acquire("second").value() == 2);
    ::close(ready[0]);
    ::close(ready[1]);
  }

  TEST_CASE("a store written by a newer program is refused") {
    SqliteWorld world;
    world.lease().release();
    change(sqlite_path(world.folder()), "UPDATE schema_version SET version=9999");
    const auto refused = world.lease().acquire("test");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == "store.newer");
    CHECK(verify_sqlite(sqlite_path(world.folder())).error().code == "store.newer");
  }

  TEST_CASE("a store from before agents had ids is brought up to date") {
    SqliteWorld world;
    REQUIRE(world.engine().commit({1, {sample_agent("a")}}).has_value());
    world.lease().release();
    change(sqlite_path(world.folder()),
           "DROP TABLE mark; DROP TABLE token; DROP TABLE signed_out;"
           "DROP TABLE calendar; DROP TABLE business_date; DROP TABLE business_date_move;"
           "ALTER TABLE run_active DROP COLUMN date_wait;"
           "ALTER TABLE run_history DROP COLUMN date_wait;"
           "ALTER TABLE job DROP COLUMN off_day;"
           "ALTER TABLE workflow DROP COLUMN changed_at;"
           "ALTER TABLE workflow DROP COLUMN last_ended_at;"
           "ALTER TABLE workflow DROP COLUMN from_end_at;"
           "ALTER TABLE workflow DROP COLUMN source_set; ALTER TABLE folder DROP COLUMN lint;"
           "ALTER TABLE revision DROP COLUMN reason; ALTER TABLE revision DROP COLUMN source_ref;"
           "ALTER TABLE revision DROP COLUMN rollback_of;"
           "ALTER TABLE job DROP COLUMN accepted; ALTER TABLE job DROP COLUMN changed_by;"
           "ALTER TABLE run_active DROP COLUMN only_job;"
           "ALTER TABLE run_active DROP COLUMN attempt_floor;"
           "ALTER TABLE run_history DROP COLUMN only_job;"
           "ALTER TABLE run_history DROP COLUMN attempt_floor;"
           "ALTER TABLE run_active DROP COLUMN traceparent;"
           "ALTER TABLE run_history DROP COLUMN traceparent;"
           "ALTER TABLE agent DROP COLUMN instance; UPDATE schema_version SET version=1");
    CHECK(world.lease().acquire("test").value() == 2);
    const auto snapshot = world.engine().load();
    REQUIRE(snapshot);
    const auto& agent = std::get<model::AgentRow>(snapshot->rows.at(0));
    CHECK(agent.sequence == sample_agent("a").sequence);
    CHECK(agent.instance.is_nil());
  }

  TEST_CASE("the days of a workflow are read from an index alone, its runs by their ids") {
    SqliteWorld world;
    const std::string of_workflow = " FROM run_history WHERE workflow='a' AND id<x'ff'";
    CHECK(plan_of(sqlite_path(world.folder()),
                  "SELECT created_at,started_at,ended_at,state,business_date" + of_workflow)
              .find("USING COVERING INDEX run_history_workflow (workflow=? AND id<?)") !=
          std::string::npos);
    const std::string list = plan_of(sqlite_path(world.folder()),
                                     "SELECT *" + of_workflow + " ORDER BY id DESC LIMIT 10");
    CHECK(list.find("USING INDEX run_history_workflow") != std::string::npos);
    CHECK(list.find("TEMP B-TREE") == std::string::npos);
  }

  TEST_CASE("a word that no version wrote is an error and not a guess") {
    SqliteWorld world;
    REQUIRE(world.engine().commit({1, {model::RunRow{sample_run(1)}}}).has_value());
    change(sqlite_path(world.folder()), "UPDATE run_active SET state='odd'");
    CHECK(world.engine().load().error().code == "store.corrupt");
    CHECK(world.queries().run("nightly#1").error().code == "store.corrupt");
  }

  TEST_CASE("a failed write refuses until reopened; what was acknowledged is there") {
    SpoiltDisk disk;
    REQUIRE(disk.commit("a").has_value());
    disk.plan.fail_write = disk.plan.writes + 1;
    CHECK(disk.commit("b").error().code == "store.failed");
    CHECK(disk.commit("c").error().code == "store.failed");
    CHECK(disk.store.load().error().code == "store.failed");
    disk.reopen();
    CHECK(agents_in(disk.store) == "a");
    CHECK(disk.commit("d").has_value());
  }

  TEST_CASE("a failed sync is never retried: it refuses until reopened") {
    SpoiltDisk disk;
    REQUIRE(disk.commit("a").has_value());
    disk.plan.fail_sync = disk.plan.syncs + 1;
    CHECK(disk.commit("b").error().code == "store.failed");
    const std::uint64_t syncs = disk.plan.syncs;
    CHECK(disk.commit("c").error().code == "store.failed");
    CHECK(disk.plan.syncs == syncs);
    disk.reopen();
    const std::string names = agents_in(disk.store);
    CHECK((names == "a" || names == "ab"));
    CHECK(disk.commit("d").has_value());
  }

  TEST_CASE("on a full disk nothing is written, and work goes on when there is room") {
    SpoiltDisk disk;
    REQUIRE(disk.commit("a").has_value());
    for (std::uint64_t write = 1; write <= 2; ++write) {
      disk.plan.full_from_write = disk.plan.writes + write;
      CHECK(disk.commit("b").error().code == "store.full");
      CHECK(disk.commit("c").error().code == "store.full");
      CHECK(agents_in(disk.store) == "a");
      disk.plan.full_from_write = 0;
    }
    CHECK(disk.commit("d").has_value());
    disk.reopen();
    CHECK(agents_in(disk.store) == "ad");
  }

  TEST_CASE(
      "wherever the disk is full, also while the log is copied, an answer says what is there") {
    SpoiltDisk disk{1};
    std::string expected;
    for (char name = 'a'; name <= 'z'; ++name) {
      disk.plan.full_from_write =
          disk.plan.writes + 1 + static_cast<std::uint64_t>(name - 'a') % 13;
      const Result<void> done = disk.commit(std::string(1, name));
      disk.plan.full_from_write = 0;
      if (done) expected += name;
      if (!done) CHECK(done.error().code == "store.full");
      CHECK(agents_in(disk.store) == expected);
    }
    CHECK(expected.size() > 5);
    CHECK(expected.size() < 26);
    disk.reopen();
    CHECK(agents_in(disk.store) == expected);
  }

  TEST_CASE("wherever a write or sync fails, what was acknowledged is there after reopening") {
    for (std::uint64_t place = 1; place <= 12; ++place) {
      for (const bool spoil_sync : {false, true}) {
        CAPTURE(place);
        CAPTURE(spoil_sync);
        SpoiltDisk disk{1};
        REQUIRE(disk.commit("a").has_value());
        if (spoil_sync) disk.plan.fail_sync = disk.plan.syncs + place;
        if (!spoil_sync) disk.plan.fail_write = disk.plan.writes + place;
        std::string acknowledged = "a";
        char name = 'b';
        Result<void> done{};
        for (; name <= 'z'; ++name) {
          done = disk.commit(std::string(1, name));
          if (!done) break;
          acknowledged += name;
        }
        REQUIRE_FALSE(done.has_value());
        CHECK(done.error().code == "store.failed");
        CHECK(disk.commit("z").error().code == "store.failed");
        disk.reopen();
        const std::string names = agents_in(disk.store);
        CHECK((names == acknowledged || names == acknowledged + name));
      }
    }
  }

  TEST_CASE("the log stays bounded while batches are committed") {
    SqliteWorld world;
    std::vector<model::Change> rows;
    for (std::uint32_t i = 0; i < 200; ++i) {
      model::RevisionRow row = sample_revision("w" + std::to_string(i), 1);
      row.source.assign(20'000, 'x');
      rows.emplace_back(row);
    }
    for (std::uint32_t i = 1; i <= 12; ++i) {
      for (model::Change& row : rows) std::get<model::RevisionRow>(row).revision = i;
      REQUIRE(world.engine().commit({1, rows}).has_value());
    }
    CHECK(std::filesystem::file_size(sqlite_path(world.folder()) + "-wal") < 24U << 20U);
  }

  TEST_CASE("a backup made while the server works is whole, checked and restorable") {
    SqliteWorld world;
    const TemporaryFolder other;
    const std::string copy = other.path() + "/backup.db";
    REQUIRE(world.engine().commit({1, {sample_agent("a")}}).has_value());
    const Result<void> made = world.store().backup(copy);
    REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message));
    CHECK(world.store().backup(copy).error().code == "store.failed");  // exists
    CHECK(verify_sqlite(copy).has_value());
    CHECK_FALSE(std::filesystem::exists(copy + "-wal"));
    REQUIRE(world.engine().commit({1, {sample_agent("b")}}).has_value());

    CHECK(restore_sqlite(copy, world.folder()).error().code == "store.owned");
    world.lease().release();
    const Result<void> restored = restore_sqlite(copy, world.folder());
    REQUIRE_MESSAGE(restored.has_value(), (restored ? "" : restored.error().message));
    CHECK(world.lease().acquire("test").value() == 2);
    const auto snapshot = world.engine().load();
    REQUIRE(snapshot);
    REQUIRE(snapshot->rows.size() == 1);
    const auto& agent = std::get<model::AgentRow>(snapshot->rows[0]);
    CHECK(agent.name == "a");
    CHECK(agent.instance.is_nil());  // the restored machine's agent may be a new one
    CHECK(verify_sqlite(sqlite_path(world.folder()) + ".before").has_value());
  }

  TEST_CASE("a damaged file, or one of another program, is not taken for a backup") {
    SqliteWorld world;
    const TemporaryFolder other;
    const std::string copy = other.path() + "/backup.db";
    REQUIRE(world.store().backup(copy).has_value());
    std::filesystem::resize_file(copy, std::filesystem::file_size(copy) / 2);
    CHECK(verify_sqlite(copy).error().code == "store.corrupt");
    const std::string foreign = other.path() + "/foreign.db";
    change(foreign, "CREATE TABLE t (x)");
    CHECK(verify_sqlite(foreign).error().code == "store.corrupt");
    CHECK(verify_sqlite(other.path() + "/absent").error().code == "store.failed");
  }
}

}  // namespace dandori::store::test
