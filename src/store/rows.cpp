#include "store/rows.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <unordered_map>
#include <utility>

#include <fmt/core.h>

namespace dandori::store {

namespace {

/// Names one object of a batch. `kind` is the alternative, with the three run rows as one.
struct ObjectKey {
  std::size_t kind = 0;
  RunId run;
  std::uint32_t number = 0;
  std::string_view text;
  bool operator==(const ObjectKey&) const = default;
};

struct ObjectKeyHash {
  std::size_t operator()(const ObjectKey& key) const noexcept {
    const std::size_t id = std::hash<RunId>{}(key.run) + key.number;
    return (id * 31 + key.kind) ^ std::hash<std::string_view>{}(key.text);
  }
};

constexpr std::size_t kRunKind = 0;

/// The object that a change writes as a whole, or nullopt for lines that are only added.
struct KeyOf {
  std::optional<ObjectKey> operator()(const model::RunRow& row) const { return run(row.run.id); }
  std::optional<ObjectKey> operator()(const model::RunEndedRow& row) const {
    return run(row.run.id);
  }
  std::optional<ObjectKey> operator()(const model::RunReopenedRow& row) const {
    return run(row.run.id);
  }
  std::optional<ObjectKey> operator()(const model::JobRow& row) const {
    return ObjectKey{1, row.run, 0, row.path};
  }
  std::optional<ObjectKey> operator()(const model::AttemptRow& row) const {
    return ObjectKey{2, row.attempt.ref.run, row.attempt.ref.number, row.path};
  }
  std::optional<ObjectKey> operator()(const model::WorkflowRow& row) const {
    return ObjectKey{3, {}, 0, row.name};
  }
  std::optional<ObjectKey> operator()(const model::AgentRow& row) const {
    return ObjectKey{4, {}, 0, row.name};
  }
  std::optional<ObjectKey> operator()(const model::TokenRow& row) const {
    return ObjectKey{6, RunId{row.id}, 0, {}};
  }
  std::optional<ObjectKey> operator()(const model::CountersRow&) const {
    return ObjectKey{5, {}, 0, {}};
  }
  std::optional<ObjectKey> operator()(const model::RevisionRow&) const { return std::nullopt; }
  std::optional<ObjectKey> operator()(const model::CalendarRow&) const { return std::nullopt; }
  std::optional<ObjectKey> operator()(const model::BusinessDateRow& row) const {
    return ObjectKey{7, {}, 0, row.name};
  }
  std::optional<ObjectKey> operator()(const model::BusinessDateMoveRow&) const {
    return std::nullopt;
  }
  std::optional<ObjectKey> operator()(const model::VariableRow&) const { return std::nullopt; }
  std::optional<ObjectKey> operator()(const model::FolderRow&) const { return std::nullopt; }
  std::optional<ObjectKey> operator()(const model::MarkRow&) const { return std::nullopt; }
  std::optional<ObjectKey> operator()(const model::PlannedRow&) const { return std::nullopt; }
  std::optional<ObjectKey> operator()(const model::SignedOutRow&) const { return std::nullopt; }
  std::optional<ObjectKey> operator()(const model::KeyRow&) const { return std::nullopt; }
  std::optional<ObjectKey> operator()(const model::AuditLine&) const { return std::nullopt; }
  std::optional<ObjectKey> operator()(const model::JournalLine&) const { return std::nullopt; }

  static std::optional<ObjectKey> run(RunId id) { return ObjectKey{kRunKind, id, 0, {}}; }
};

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (value == 0 || value > INT64_MAX) return std::nullopt;
  return value;
}

}  // namespace

Error bad_cursor(const Page& page) {
  return Error{.code = "request.bad_cursor",
               .message = fmt::format("cursor '{}' is not one that this list gave", page.cursor),
               .hint = "take `next_cursor` of the page before, unchanged, or leave it out",
               .path = "cursor"};
}

model::Run kept_run(model::Run run) {
  run.definition.reset();
  run.jobs.clear();
  run.jobs_open = 0;
  run.jobs_live = 0;
  run.drained = false;
  return run;
}

model::JobRun kept_job(model::JobRun job) {
  job.predecessors_open = 0;
  job.marks = 0;
  if (job.phase != model::JobRun::Phase::ended) {
    job.ended = model::JobState::wait_pred;
    job.off_day = false;
  }
  return job;
}

model::Change kept(model::Change change) {
  if (auto* active = std::get_if<model::RunRow>(&change)) {
    active->run = kept_run(std::move(active->run));
  } else if (auto* ended = std::get_if<model::RunEndedRow>(&change)) {
    ended->run = kept_run(std::move(ended->run));
  } else if (auto* reopened = std::get_if<model::RunReopenedRow>(&change)) {
    reopened->run = kept_run(std::move(reopened->run));
  } else if (auto* job = std::get_if<model::JobRow>(&change)) {
    job->state = kept_job(job->state);
  } else if (auto* revision = std::get_if<model::RevisionRow>(&change)) {
    revision->definition.reset();
  } else if (auto* calendar = std::get_if<model::CalendarRow>(&change)) {
    calendar->definition.reset();
  } else if (auto* date = std::get_if<model::BusinessDateRow>(&change)) {
    date->definition.reset();
  }
  return change;
}

std::vector<bool> superseded(std::span<const model::Change> changes) {
  std::vector<bool> skip(changes.size(), false);
  if (changes.size() < 2) return skip;
  std::unordered_map<ObjectKey, bool, ObjectKeyHash> seen;  // value: a move of the run came later
  seen.reserve(changes.size());
  for (std::size_t i = changes.size(); i-- > 0;) {
    const auto key = std::visit(KeyOf{}, changes[i]);
    if (!key) continue;
    const bool is_move =
        key->kind == kRunKind && !std::holds_alternative<model::RunRow>(changes[i]);
    const auto [place, is_new] = seen.try_emplace(*key, is_move);
    if (is_new) continue;
    skip[i] = !is_move || place->second;
    place->second = place->second || is_move;
  }
  return skip;
}

void cut_outcomes(model::PlannedRows& rows) {
  if (rows.outcomes.size() <= model::kOutcomesMax) return;
  const Timestamp cut = rows.outcomes.back().at;
  std::erase_if(rows.outcomes, [&](const auto& outcome) { return outcome.at >= cut; });
  rows.span.until = cut - Duration{1};
}

std::optional<RunName> parse_run_name(std::string_view text) {
  const std::size_t mark = text.rfind('#');
  if (mark == std::string_view::npos) {
    const Result<Uuid> id = parse_uuid(text);
    if (!id || id->is_nil()) return std::nullopt;
    return RunName{.id = RunId{*id}, .workflow = {}, .number = 0};
  }
  const auto number = parse_number(text.substr(mark + 1));
  if (!number || mark == 0) return std::nullopt;
  return RunName{.id = {}, .workflow = std::string{text.substr(0, mark)}, .number = *number};
}

std::uint32_t page_limit(const Page& page) {
  return std::clamp<std::uint32_t>(page.limit, 1, 1000);
}

Result<RunId> run_cursor(const Page& page) {
  if (page.cursor.empty()) return RunId{};
  const Result<Uuid> id = parse_uuid(page.cursor);
  if (!id) return std::unexpected(bad_cursor(page));
  return RunId{*id};
}

std::string variable_cursor(const model::Variable& variable) {
  return fmt::format("{}/{}", variable.folder, variable.name);
}

// A name has no slash.
Result<std::pair<std::string, std::string>> variable_place(const Page& page) {
  if (page.cursor.empty()) return std::pair<std::string, std::string>{};
  const std::size_t slash = page.cursor.rfind('/');
  if (slash == std::string::npos) return std::unexpected(bad_cursor(page));
  return std::pair{page.cursor.substr(0, slash), page.cursor.substr(slash + 1)};
}

Result<std::int64_t> seq_cursor(const Page& page) {
  if (page.cursor.empty()) return INT64_MAX;
  const auto seq = parse_number(page.cursor);
  if (!seq) return std::unexpected(bad_cursor(page));
  return static_cast<std::int64_t>(*seq);
}

bool matches(const RunFilter& filter, const model::Run& run) {
  if (filter.workflow && run.workflow != *filter.workflow) return false;
  if (filter.business_date && run.business_date != *filter.business_date) return false;
  if (filter.created_from && run.created_at < *filter.created_from) return false;
  if (filter.created_until && run.created_at >= *filter.created_until) return false;
  if (filter.needs_decision && (!run.needs_decision || model::is_ended(run.state))) return false;
  if (filter.workflows &&
      std::ranges::find(*filter.workflows, run.workflow) == filter.workflows->end()) {
    return false;
  }
  return filter.states.empty() ||
         std::ranges::find(filter.states, run.state) != filter.states.end();
}

bool matches(const AuditFilter& filter, const model::AuditRow& row) {
  if (!filter.actor.empty() && row.actor.name != filter.actor) return false;
  const bool is_prefix = filter.action.ends_with('.');
  if (is_prefix ? !row.action.starts_with(filter.action)
                : !filter.action.empty() && row.action != filter.action) {
    return false;
  }
  if (!filter.target.empty() && row.target != filter.target &&
      !row.target.starts_with(filter.target + "#")) {
    return false;
  }
  if (filter.from && row.at < *filter.from) return false;
  return !filter.until || row.at < *filter.until;
}

Error run_unknown(std::string_view run) {
  return Error{.code = "run.unknown",
               .message = fmt::format("there is no run '{}'", run),
               .hint = "name it by id or as workflow#number; `dandori runs` lists them",
               .path = "run"};
}

Error workflow_unknown(std::string_view workflow) {
  return Error{.code = "workflow.unknown",
               .message = fmt::format("there is no workflow '{}'", workflow),
               .hint = "`dandori workflow list` shows those that exist",
               .path = "workflow"};
}

Error revision_unknown(std::string_view workflow, std::uint32_t revision) {
  return Error{.code = "workflow.unknown_revision",
               .message = fmt::format("workflow '{}' has no revision {}", workflow, revision),
               .hint = "ask for its revisions first; they count from 1",
               .path = "revision"};
}

Error calendar_unknown(std::string_view calendar) {
  return Error{.code = "calendar.unknown",
               .message = fmt::format("there is no calendar '{}'", calendar),
               .hint = "`dandori calendar list` shows those that exist",
               .path = "calendar"};
}

Error calendar_revision_unknown(std::string_view calendar, std::uint32_t revision) {
  return Error{.code = "calendar.unknown_revision",
               .message = fmt::format("calendar '{}' has no revision {}", calendar, revision),
               .hint = "ask for its revisions first; they count from 1",
               .path = "revision"};
}

Error business_date_unknown(std::string_view name) {
  return Error{.code = "business_date.unknown",
               .message = fmt::format("there is no business date '{}'", name),
               .hint = "`dandori business-date list` shows those that exist",
               .path = "business_date"};
}

Json done_to_json(const std::vector<model::DateDone>& done) {
  Json json = Json::array();
  for (const model::DateDone& each : done) {
    json.push(Json::array({Json{each.date}, Json{each.workflow}, Json{to_string(each.run)}}));
  }
  return json;
}

std::optional<std::vector<model::DateDone>> done_from_json(const Json& json) {
  if (!json.is_array()) return std::nullopt;
  std::vector<model::DateDone> done;
  for (const Json& each : json.items()) {
    if (!each.is_array() || each.size() != 3) return std::nullopt;
    const Json::Array& parts = each.items();
    if (!parts[0].is_string() || !parts[1].is_string() || !parts[2].is_string())
      return std::nullopt;
    const Result<Uuid> run = parse_uuid(parts[2].as_string());
    if (!run) return std::nullopt;
    done.push_back({parts[0].as_string(), parts[1].as_string(), RunId{*run}});
  }
  return done;
}

Error fenced(std::uint64_t epoch, std::uint64_t current) {
  return Error{.code = "store.fenced",
               .message = fmt::format(
                   "this server wrote with lease epoch {}, but the store is at {}", epoch, current),
               .hint = "another server owns the store now; this one must stop using it",
               .path = {}};
}

Json labels_to_json(const std::map<std::string, std::string>& labels) {
  Json json = Json::object();
  for (const auto& [name, value] : labels) json.set(name, Json{value});
  return json;
}

std::map<std::string, std::string> labels_from_json(const Json& json) {
  std::map<std::string, std::string> labels;
  if (!json.is_object()) return labels;
  for (const auto& [name, value] : json.members()) {
    if (value.is_string()) labels.emplace(name, value.as_string());
  }
  return labels;
}

}  // namespace dandori::store
