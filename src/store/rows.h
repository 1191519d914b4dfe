#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "model/event.h"
#include "store/store.h"

namespace dandori::store {

// What every store does alike: which part of a row is kept, how runs are named, how lists are
// paged.

/// The row as it comes back from a store: derived fields and definitions cleared.
model::Change kept(model::Change change);
model::Run kept_run(model::Run run);
model::JobRun kept_job(model::JobRun job);

/// Marks the changes that a later one of the same batch replaces, so that each object is written
/// once. A move between active and ended runs is only replaced by a later move.
std::vector<bool> superseded(std::span<const model::Change> changes);

/// Cuts `rows`, read by instant with one more than kOutcomesMax, before an instant that may not be
/// whole.
void cut_outcomes(model::PlannedRows& rows);

/// What people call a run: its id, or `name#number`.
struct RunName {
  RunId id;  ///< nil: named by number
  std::string workflow;
  std::uint64_t number = 0;
};
/// nullopt: neither an id nor `name#number`, so no run has this name.
std::optional<RunName> parse_run_name(std::string_view text);

/// request.bad_cursor: the cursor is not one that the list gave.
Error bad_cursor(const Page& page);
/// The limit of a page, brought into 1…1000.
std::uint32_t page_limit(const Page& page);
/// The run id of a cursor; nil for the first page. Errors: request.bad_cursor.
Result<RunId> run_cursor(const Page& page);
/// The sequence number of a cursor; INT64_MAX for the first page. Errors: request.bad_cursor.
Result<std::int64_t> seq_cursor(const Page& page);

/// A variable as a cursor, and back: folder and name. Errors: request.bad_cursor.
std::string variable_cursor(const model::Variable& variable);
Result<std::pair<std::string, std::string>> variable_place(const Page& page);

/// Cuts `items`, read with one more than the limit, to a page; `cursor_of` names an item.
template <class T, class CursorOf>
Listed<T> make_page(std::vector<T> items, std::uint32_t limit, CursorOf cursor_of) {
  Listed<T> page;
  if (items.size() > limit) {
    items.resize(limit);
    page.next_cursor = cursor_of(items.back());
  }
  page.items = std::move(items);
  return page;
}

/// Whether it passes the filter.
bool matches(const RunFilter& filter, const model::Run& run);
bool matches(const AuditFilter& filter, const model::AuditRow& row);

Error run_unknown(std::string_view run);
Error workflow_unknown(std::string_view workflow);
Error revision_unknown(std::string_view workflow, std::uint32_t revision);
Error calendar_unknown(std::string_view calendar);
Error calendar_revision_unknown(std::string_view calendar, std::uint32_t revision);
Error business_date_unknown(std::string_view name);
Error fenced(std::uint64_t epoch, std::uint64_t current);

/// What a business date has waited for, as JSON (`[[date, workflow, run]]`), and back; nullopt: it
/// is something else.
Json done_to_json(const std::vector<model::DateDone>& done);
std::optional<std::vector<model::DateDone>> done_from_json(const Json& json);

/// Labels as a JSON object, and back (members that are not text are left out).
Json labels_to_json(const std::map<std::string, std::string>& labels);
std::map<std::string, std::string> labels_from_json(const Json& json);

}  // namespace dandori::store
