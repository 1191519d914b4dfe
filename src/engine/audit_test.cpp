#include "engine/audit.h"

#include <vector>

#include <doctest/doctest.h>

namespace dandori::engine {

namespace {

/// Five rows, the first at the front.
std::vector<model::AuditRow> chain() {
  std::vector<model::AuditRow> rows;
  for (std::uint64_t seq = 1; seq <= 5; ++seq) {
    model::AuditRow row;
    row.seq = seq;
    row.actor.name = "admin";
    row.action = "run.start";
    row.after = Json::object({{"number", seq}});
    row.hash = audit_hash(rows.empty() ? std::string{} : rows.back().hash, row);
    rows.push_back(row);
  }
  return rows;
}

/// Number of the row that does not fit; 0: all do.
std::uint64_t broken_at(const std::vector<model::AuditRow>& rows) {
  AuditCheck check;
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    if (!check.take(*row)) return check.suspect();
  }
  return check.finish() ? 0 : check.suspect();
}

}  // namespace

TEST_CASE("an audit log as it was written is whole, an empty one too") {
  CHECK(broken_at(chain()) == 0);
  CHECK(broken_at({}) == 0);
}

TEST_CASE("an audit line that was altered, taken out or put in breaks the chain") {
  auto rows = chain();
  rows[2].actor.name = "somebody";
  CHECK(broken_at(rows) == 3);
  rows = chain();
  rows.erase(rows.begin() + 2);
  CHECK(broken_at(rows) == 4);
  rows = chain();
  rows.erase(rows.begin());
  CHECK(broken_at(rows) == 2);
  rows = chain();
  rows[0].action = "run.cancel";
  CHECK(broken_at(rows) == 1);
  rows = chain();
  rows.insert(rows.begin() + 3, rows[2]);
  CHECK(broken_at(rows) != 0);
}

}  // namespace dandori::engine
