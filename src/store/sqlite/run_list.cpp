#include "store/sqlite/run_list.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>

#include <fmt/core.h>

#include "store/day_tally.h"
#include "store/sqlite/tables.h"

namespace dandori::store::sqlite {

namespace {

/// One reading: a table, perhaps narrowed to one state and one workflow.
struct Reading {
  const Table& table;
  std::optional<model::RunState> state = std::nullopt;
  std::optional<std::string> workflow = std::nullopt;
};

/// Up to so many workflows are read each by its index; beyond them all runs are looked through,
/// which finds something soon.
constexpr std::size_t kReadingsMax = 256;

/// An id carries the millisecond in which it was made (RFC 9562, version 7). Clocks are set back at
/// times, so ids only narrow the search, by a day more than asked; created_at decides.
constexpr Duration kIdSlack = std::chrono::hours{24};
constexpr std::int64_t kYearTenThousandMs = 253'402'300'800'000;

Uuid first_id_of(Timestamp at) {
  const std::int64_t ms = std::clamp<std::int64_t>(at.us / 1000, 1, kYearTenThousandMs);
  return Uuid{static_cast<std::uint64_t>(ms) << 16U, 0};
}

Timestamp shifted(Timestamp at, Duration by) {
  const std::int64_t far = kYearTenThousandMs * 1000;
  return Timestamp{std::clamp<std::int64_t>(at.us, 0, far)} + by;
}

/// The `+` keeps SQLite from choosing an index on the column: the one of what comes first is
/// better.
std::string sql_of(const Reading& reading, const RunFilter& filter, bool has_before) {
  std::string tail = "WHERE 1";
  if (has_before) tail += " AND id<?";
  if (filter.created_from) tail += " AND id>=? AND created_at>=?";
  if (filter.created_until) tail += " AND id<? AND created_at<?";
  if (reading.workflow) tail += " AND workflow=?";
  if (filter.workflows && !reading.workflow) {
    tail += " AND +workflow IN (SELECT value FROM json_each(?))";
  }
  if (filter.business_date)
    tail += reading.workflow ? " AND +business_date=?" : " AND business_date=?";
  if (reading.state) {
    tail += reading.workflow || filter.business_date ? " AND +state=?" : " AND state=?";
  }
  if (filter.needs_decision) tail += " AND +needs_decision=1";
  return select(reading.table, tail + " ORDER BY id DESC LIMIT ?");
}

/// names: filter.workflows as JSON; must live until the last step.
void bind_filter(Binder& query, const Reading& reading, const RunFilter& filter,
                 const std::string& names, RunId before) {
  if (!before.is_nil()) query.uuid(before.value);
  if (filter.created_from) {
    query.uuid(first_id_of(shifted(*filter.created_from, -kIdSlack))).instant(*filter.created_from);
  }
  if (filter.created_until) {
    query.uuid(first_id_of(shifted(*filter.created_until, kIdSlack)))
        .instant(*filter.created_until);
  }
  if (reading.workflow) query.text(*reading.workflow);
  if (filter.workflows && !reading.workflow) query.text(names);
  if (filter.business_date) query.text(*filter.business_date);
  if (reading.state) query.text(model::to_string(*reading.state));
}

std::vector<model::RunState> states_of(const RunFilter& filter) {
  std::vector<model::RunState> states = filter.states;
  std::ranges::sort(states);
  const auto doubles = std::ranges::unique(states);
  states.erase(doubles.begin(), doubles.end());
  return states;
}

/// The workflows to read one by one; empty: none is asked for, or there are too many of them.
std::vector<std::string> workflows_of(const RunFilter& filter, std::size_t states) {
  if (filter.workflow) return {*filter.workflow};
  if (!filter.workflows || filter.workflows->size() * states > kReadingsMax) return {};
  return *filter.workflows;
}

/// Every reading, once for each table.
std::vector<Reading> readings_of(const RunFilter& filter) {
  const std::vector<model::RunState> states = states_of(filter);
  const std::vector<std::string> workflows =
      workflows_of(filter, std::max<std::size_t>(states.size(), 1));
  std::vector<Reading> readings;
  const auto add = [&](Reading reading) {
    if (workflows.empty()) return readings.push_back(reading);
    for (const std::string& workflow : workflows) {
      reading.workflow = workflow;
      readings.push_back(reading);
    }
  };
  for (const Table* table : {&kRunActive, &kRunHistory}) {
    if (filter.needs_decision && table == &kRunHistory) continue;  // a run that waits goes on
    if (states.empty()) add({*table});
    for (const model::RunState state : states) add({*table, state});
  }
  return readings;
}

Json names_json(const RunFilter& filter) {
  Json names = Json::array();
  if (filter.workflows) {
    for (const std::string& name : *filter.workflows) names.push(name);
  }
  return names;
}

/// Whether nothing can pass: no workflow is left, or the one asked for is not among those.
bool is_empty(const RunFilter& filter) {
  if (!filter.workflows) return false;
  return filter.workflows->empty() ||
         (filter.workflow &&
          std::ranges::find(*filter.workflows, *filter.workflow) == filter.workflows->end());
}

}  // namespace

Result<std::vector<model::Run>> list_runs(sqlite3* connection, StatementCache& cache,
                                          const RunFilter& filter, RunId before,
                                          std::uint32_t count_max) {
  if (is_empty(filter)) return std::vector<model::Run>{};
  const std::string names = write_json(names_json(filter));
  std::vector<model::Run> found;
  for (const Reading& reading : readings_of(filter)) {
    const Result<sqlite3_stmt*> statement = cache.get(sql_of(reading, filter, !before.is_nil()));
    if (!statement) return std::unexpected(statement.error());
    Binder query{*statement};
    bind_filter(query, reading, filter, names, before);
    query.integer(count_max);
    const auto done =
        read_all<model::Run>(connection, query, reading.table.name,
                             [&](model::Run run) { found.push_back(std::move(run)); });
    if (!done) return std::unexpected(done.error());
  }
  std::ranges::sort(found, std::ranges::greater{}, &model::Run::id);
  if (found.size() > count_max) found.resize(count_max);
  return found;
}

/// For read_all; the columns are those of the index run_history_workflow.
static void read(Row& in, RunBrief& run) {
  run.created_at = in.instant();
  run.started_at = in.instant();
  run.ended_at = in.instant();
  run.state = in.word<model::RunState>(
      [](std::string_view text) { return model::parse_word<model::RunState>(text); });
  run.business_date = in.text();
}

Result<std::vector<DayRuns>> tally_runs(sqlite3* connection, StatementCache& cache,
                                        const DayWindow& window) {
  DayTally tally{window};
  for (const Table* table : {&kRunActive, &kRunHistory}) {
    const Result<sqlite3_stmt*> statement =
        cache.get(fmt::format("SELECT created_at,started_at,ended_at,state,business_date FROM {} "
                              "WHERE workflow=? AND id>=? AND id<?",
                              table->name));
    if (!statement) return std::unexpected(statement.error());
    Binder query{*statement};
    query.text(window.workflow)
        .uuid(first_id_of(shifted(tally.created_from(), -kIdSlack)))
        .uuid(first_id_of(shifted(tally.created_until(), kIdSlack)));
    const auto done = read_all<RunBrief>(connection, query, table->name,
                                         [&](const RunBrief& run) { tally.add(run); });
    if (!done) return std::unexpected(done.error());
  }
  return tally.take();
}

}  // namespace dandori::store::sqlite
