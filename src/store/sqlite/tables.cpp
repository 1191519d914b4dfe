#include "store/sqlite/tables.h"

#include <array>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "store/rows.h"

namespace dandori::store::sqlite {

namespace {

/// Stands for a value of any type while fields are counted.
struct AnyField {
  template <class T>
  operator T() const;
};

template <class Row, class... Fields>
consteval std::size_t field_count() {
  if constexpr (requires { Row{Fields{}..., AnyField{}}; }) {
    return field_count<Row, Fields..., AnyField>();
  } else {
    return sizeof...(Fields);
  }
}

// A field that is added here needs a column in a new migration, `bind` and `read` below, and a
// value in the sample rows of tests/store_conformance.
static_assert(field_count<model::Run>() == 33);
static_assert(field_count<model::JobRow>() == 4 && field_count<model::JobRun>() == 15);
static_assert(field_count<model::AttemptRow>() == 2 && field_count<model::Attempt>() == 17);
static_assert(field_count<model::ExitRecord>() == 10);
static_assert(field_count<model::RevisionRow>() == 11);
static_assert(field_count<model::WorkflowRow>() == 14);
static_assert(field_count<model::CalendarRow>() == 13);
static_assert(field_count<model::BusinessDateRow>() == 16 && field_count<model::DateDone>() == 3);
static_assert(field_count<model::BusinessDateMoveRow>() == 9);
static_assert(field_count<model::Variable>() == 3 && field_count<model::Folder>() == 4);
static_assert(field_count<model::Mark>() == 6 && field_count<model::MarkKey>() == 4);
static_assert(field_count<model::PlannedOutcome>() == 10);
static_assert(field_count<model::AgentRow>() == 5 && field_count<model::KeyRow>() == 4);
static_assert(field_count<model::TokenRow>() == 9 && field_count<model::SignedOutRow>() == 2);
static_assert(field_count<model::AuditRow>() == 8 && field_count<model::Actor>() == 5);
static_assert(field_count<model::JournalRow>() == 7 && field_count<model::CountersRow>() == 6);

using Phase = model::JobRun::Phase;
constexpr std::array<std::string_view, 4> kPhases{"waiting", "live", "retry_wait", "ended"};

std::optional<Phase> parse_phase(std::string_view text) {
  for (std::size_t i = 0; i < kPhases.size(); ++i) {
    if (kPhases[i] == text) return static_cast<Phase>(i);
  }
  return std::nullopt;
}

template <class Word>
Word read_word(Row& in) {
  return in.word<Word>([](std::string_view text) { return model::parse_word<Word>(text); });
}

void bind_exit(Binder& out, const model::ExitRecord& exit) {
  constexpr int kExitColumns = 10;
  if (exit == model::ExitRecord{}) {
    for (int i = 0; i < kExitColumns; ++i) out.null();
    return;
  }
  out.integer(exit.exit_code).integer(exit.signal).instant(exit.started_at).instant(exit.ended_at);
  out.integer(exit.cpu.count()).bits(exit.memory_peak_bytes).integer(exit.spawn_errno);
  out.boolean(exit.group_gone).bits(exit.log_bytes).bits(exit.log_dropped);
}

model::ExitRecord read_exit(Row& in) {
  constexpr int kExitColumns = 10;
  model::ExitRecord exit;
  if (in.is_null()) {
    in.skip(kExitColumns);
    return exit;
  }
  exit.exit_code = in.small();
  exit.signal = in.small();
  exit.started_at = in.instant();
  exit.ended_at = in.instant();
  exit.cpu = Duration{in.integer()};
  exit.memory_peak_bytes = in.bits();
  exit.spawn_errno = in.small();
  exit.group_gone = in.boolean();
  exit.log_bytes = in.bits();
  exit.log_dropped = in.bits();
  return exit;
}

}  // namespace

std::string columns(const Table& table, std::string_view prefix) {
  std::string out;
  for (const std::string_view part : {table.keys, table.fixed, table.rest}) {
    if (part.empty()) continue;
    for (const std::string_view name : split(part, ',')) {
      out += fmt::format("{}{}{}", out.empty() ? "" : ",", prefix, name);
    }
  }
  return out;
}

std::string upsert(const Table& table) {
  const std::string all = columns(table);
  std::string marks;
  for (std::size_t i = 0; i < split(all, ',').size(); ++i) marks += i == 0 ? "?" : ",?";
  std::string sql = fmt::format("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT ({}) DO ", table.name,
                                all, marks, table.keys);
  if (table.rest.empty()) return sql + "NOTHING";
  std::string sets;
  for (const std::string_view name : split(table.rest, ',')) {
    sets += fmt::format("{}{}=excluded.{}", sets.empty() ? "" : ",", name, name);
  }
  return sql + "UPDATE SET " + sets;
}

std::string select(const Table& table, std::string_view tail) {
  return fmt::format("SELECT {} FROM {} {}", columns(table), table.name, tail);
}

void bind(Binder& out, const model::Run& run) {
  out.uuid(run.id.value).bits(run.number).text(run.workflow).integer(run.revision);
  out.text(model::to_string(run.state)).boolean(run.has_warning).boolean(run.has_failure);
  out.boolean(run.needs_decision).boolean(run.cancel_requested).boolean(run.kill_requested);
  out.boolean(run.confirmed).text(run.confirmed_by).text(model::to_string(run.origin));
  out.text(run.trigger).text(run.nominal).text(run.actor).instant(run.scheduled_for);
  out.instant(run.created_at).instant(run.started_at).instant(run.ended_at);
  out.text(run.business_date).json(run.params).integer(run.reruns);
  out.text(run.only_job).integer(run.attempt_floor).bits(run.version);
  out.text(run.traceparent).text(model::to_string(run.date_wait));
}

void read(Row& in, model::Run& run) {
  run.id = RunId{in.uuid()};
  run.number = in.bits();
  run.workflow = in.text();
  run.revision = in.count();
  run.state = read_word<model::RunState>(in);
  run.has_warning = in.boolean();
  run.has_failure = in.boolean();
  run.needs_decision = in.boolean();
  run.cancel_requested = in.boolean();
  run.kill_requested = in.boolean();
  run.confirmed = in.boolean();
  run.confirmed_by = in.text();
  run.origin = read_word<model::Origin>(in);
  run.trigger = in.text();
  run.nominal = in.text();
  run.actor = in.text();
  run.scheduled_for = in.instant();
  run.created_at = in.instant();
  run.started_at = in.instant();
  run.ended_at = in.instant();
  run.business_date = in.text();
  run.params = in.json();
  run.reruns = in.count();
  run.only_job = in.text();
  run.attempt_floor = in.count();
  run.version = in.bits();
  run.traceparent = in.text();
  run.date_wait = read_word<model::DateWait>(in);
}

void bind(Binder& out, const model::JobRow& row) {
  const model::JobRun& job = row.state;
  out.uuid(row.run.value).text(row.path).integer(row.job);
  out.text(kPhases[static_cast<std::size_t>(job.phase)]);
  if (job.phase == Phase::ended) {
    out.text(model::to_string(job.ended));
  } else {
    out.null();
  }
  out.boolean(job.in_scope).boolean(job.confirmed).boolean(job.accepted);
  out.integer(job.attempts).integer(job.tries).integer(job.lost);
  out.instant(job.ready_at).instant(job.retry_at).instant(job.ended_at);
  out.text(job.changed_by ? std::string_view{*job.changed_by} : std::string_view{});
  out.boolean(job.off_day && job.phase == Phase::ended);
}

void read(Row& in, model::JobRow& row) {
  model::JobRun& job = row.state;
  row.run = RunId{in.uuid()};
  row.path = in.text();
  row.job = in.count();
  job.phase = in.word<Phase>(parse_phase);
  if (in.is_null()) {
    in.skip(1);
  } else {
    job.ended = read_word<model::JobState>(in);
  }
  job.in_scope = in.boolean();
  job.confirmed = in.boolean();
  job.accepted = in.boolean();
  job.attempts = in.count();
  job.tries = in.count();
  job.lost = in.count();
  job.ready_at = in.instant();
  job.retry_at = in.instant();
  job.ended_at = in.instant();
  if (std::string name = in.text(); !name.empty()) {
    job.changed_by = std::make_shared<const std::string>(std::move(name));
  }
  job.off_day = in.boolean();
}

void bind(Binder& out, const model::AttemptRow& row) {
  const model::Attempt& attempt = row.attempt;
  out.uuid(attempt.ref.run.value).text(row.path).integer(attempt.ref.number);
  out.integer(attempt.ref.job).text(model::to_string(attempt.state));
  out.text(model::to_string(attempt.failure)).text(attempt.agent).uuid(attempt.boot_id);
  out.bits(attempt.sequence).boolean(attempt.start_confirmed).boolean(attempt.manual_kill);
  out.boolean(attempt.timed_out).integer(attempt.pid).instant(attempt.assigned_at);
  out.instant(attempt.started_at).instant(attempt.ended_at).instant(attempt.stop_requested_at);
  bind_exit(out, attempt.exit);
  out.json(attempt.outputs).text(attempt.error);
}

void read(Row& in, model::AttemptRow& row) {
  model::Attempt& attempt = row.attempt;
  attempt.ref.run = RunId{in.uuid()};
  row.path = in.text();
  attempt.ref.number = in.count();
  attempt.ref.job = in.count();
  attempt.state = read_word<model::AttemptState>(in);
  attempt.failure = read_word<model::FailureKind>(in);
  attempt.agent = in.text();
  attempt.boot_id = in.uuid();
  attempt.sequence = in.bits();
  attempt.start_confirmed = in.boolean();
  attempt.manual_kill = in.boolean();
  attempt.timed_out = in.boolean();
  attempt.pid = in.integer();
  attempt.assigned_at = in.instant();
  attempt.started_at = in.instant();
  attempt.ended_at = in.instant();
  attempt.stop_requested_at = in.instant();
  attempt.exit = read_exit(in);
  attempt.outputs = in.json();
  attempt.error = in.text();
}

void bind(Binder& out, const model::RevisionRow& row) {
  out.text(row.workflow).integer(row.revision).text(row.digest).instant(row.applied_at);
  out.text(row.applied_by).text(row.source).text(row.canonical);
  out.text(row.reason).text(row.source_ref).integer(row.rollback_of);
}

void read(Row& in, model::RevisionRow& row) {
  row.workflow = in.text();
  row.revision = in.count();
  row.digest = in.text();
  row.applied_at = in.instant();
  row.applied_by = in.text();
  row.source = in.text();
  row.canonical = in.text();
  row.reason = in.text();
  row.source_ref = in.text();
  row.rollback_of = in.count();
}

void bind(Binder& out, const model::CalendarRow& row) {
  out.text(row.name).integer(row.revision).text(row.digest).instant(row.applied_at);
  out.text(row.applied_by).text(row.source).text(row.canonical);
  out.text(row.reason).text(row.source_ref);
  out.instant(row.since).text(row.source_set).boolean(row.deleted);
}

void read(Row& in, model::CalendarRow& row) {
  row.name = in.text();
  row.revision = in.count();
  row.digest = in.text();
  row.applied_at = in.instant();
  row.applied_by = in.text();
  row.source = in.text();
  row.canonical = in.text();
  row.reason = in.text();
  row.source_ref = in.text();
  row.since = in.instant();
  row.source_set = in.text();
  row.deleted = in.boolean();
}

void bind(Binder& out, const model::BusinessDateRow& row) {
  out.text(row.name).integer(row.revision).text(row.digest).instant(row.applied_at);
  out.text(row.applied_by).text(row.source).text(row.canonical);
  out.text(row.reason).text(row.source_ref).text(row.source_set);
  out.text(row.value).instant(row.moved_at).bits(row.moves).json(done_to_json(row.done));
  out.boolean(row.deleted);
}

void read(Row& in, model::BusinessDateRow& row) {
  row.name = in.text();
  row.revision = in.count();
  row.digest = in.text();
  row.applied_at = in.instant();
  row.applied_by = in.text();
  row.source = in.text();
  row.canonical = in.text();
  row.reason = in.text();
  row.source_ref = in.text();
  row.source_set = in.text();
  row.value = in.text();
  row.moved_at = in.instant();
  row.moves = in.bits();
  row.done = in.word<std::vector<model::DateDone>>([](std::string_view text) {
    const Result<Json> json = parse_json(text, {.bytes_max = text.size() + 1});
    return json ? done_from_json(*json) : std::nullopt;
  });
  row.deleted = in.boolean();
}

void bind(Binder& out, const model::BusinessDateMoveRow& row) {
  out.text(row.name).bits(row.number).text(row.from).text(row.to).instant(row.at);
  out.text(model::to_string(row.how)).text(row.actor).text(row.reason).uuid(row.run.value);
}

void read(Row& in, model::BusinessDateMoveRow& row) {
  row.name = in.text();
  row.number = in.bits();
  row.from = in.text();
  row.to = in.text();
  row.at = in.instant();
  row.how = read_word<model::DateMove>(in);
  row.actor = in.text();
  row.reason = in.text();
  row.run = RunId{in.uuid()};
}

void bind(Binder& out, const model::WorkflowRow& row) {
  out.text(row.name).text(row.folder).text(row.title).integer(row.revision).bits(row.run_number);
  out.boolean(row.deleted).uuid(row.last_ended.value).boolean(row.last_failed);
  out.boolean(row.last_rerun).instant(row.triggers_since).text(row.source_set);
  out.instant(row.changed_at).instant(row.last_ended_at).instant(row.from_end_at);
}

void read(Row& in, model::WorkflowRow& row) {
  row.name = in.text();
  row.folder = in.text();
  row.title = in.text();
  row.revision = in.count();
  row.run_number = in.bits();
  row.deleted = in.boolean();
  row.last_ended = RunId{in.uuid()};
  row.last_failed = in.boolean();
  row.last_rerun = in.boolean();
  row.triggers_since = in.instant();
  row.source_set = in.text();
  row.changed_at = in.instant();
  row.last_ended_at = in.instant();
  row.from_end_at = in.instant();
}

void bind(Binder& out, const model::Variable& variable) {
  out.text(variable.folder).text(variable.name).json(variable.value);
}

void read(Row& in, model::Variable& variable) {
  variable.folder = in.text();
  variable.name = in.text();
  variable.value = in.json();
}

void bind(Binder& out, const model::Folder& folder) {
  out.text(folder.name).text(folder.title).json(labels_to_json(folder.labels)).json(folder.lint);
}

void read(Row& in, model::Folder& folder) {
  folder.name = in.text();
  folder.title = in.text();
  folder.labels = labels_from_json(in.json());
  folder.lint = in.json();
}

void bind(Binder& out, const model::Mark& mark) {
  out.text(mark.key.workflow).bits(mark.key.number).text(mark.key.job);
  out.text(model::to_string(mark.key.kind)).text(mark.by).text(mark.reason).instant(mark.since);
  out.instant(mark.until).json(mark.values);
}

void read(Row& in, model::Mark& mark) {
  mark.key.workflow = in.text();
  mark.key.number = in.bits();
  mark.key.job = in.text();
  mark.key.kind = read_word<model::MarkKind>(in);
  mark.by = in.text();
  mark.reason = in.text();
  mark.since = in.instant();
  mark.until = in.instant();
  mark.values = in.json();
}

void bind(Binder& out, const model::PlannedOutcome& outcome) {
  out.text(outcome.workflow).text(outcome.trigger).text(outcome.nominal).instant(outcome.at);
  out.text(outcome.business_date).text(model::to_string(outcome.state));
  out.text(model::to_string(outcome.reason)).text(outcome.detail).uuid(outcome.run.value);
  out.instant(outcome.decided_at);
}

void read(Row& in, model::PlannedOutcome& outcome) {
  outcome.workflow = in.text();
  outcome.trigger = in.text();
  outcome.nominal = in.text();
  outcome.at = in.instant();
  outcome.business_date = in.text();
  outcome.state = read_word<model::PlannedState>(in);
  outcome.reason = read_word<model::MissReason>(in);
  outcome.detail = in.text();
  outcome.run = RunId{in.uuid()};
  outcome.decided_at = in.instant();
}

void bind(Binder& out, const model::AgentRow& row) {
  out.text(row.name).uuid(row.boot_id).bits(row.sequence).integer(row.slots).uuid(row.instance);
}

void read(Row& in, model::AgentRow& row) {
  row.name = in.text();
  row.boot_id = in.uuid();
  row.sequence = in.bits();
  row.slots = in.count();
  row.instance = in.uuid();
}

void bind(Binder& out, const model::TokenRow& row) {
  out.uuid(row.id).text(row.name).text(model::to_string(row.role)).text(row.secret_hash);
  out.text(row.created_by).instant(row.created_at).instant(row.expires_at);
  out.instant(row.last_used_at).instant(row.revoked_at);
}

void read(Row& in, model::TokenRow& row) {
  row.id = in.uuid();
  row.name = in.text();
  row.role = read_word<model::Role>(in);
  row.secret_hash = in.text();
  row.created_by = in.text();
  row.created_at = in.instant();
  row.expires_at = in.instant();
  row.last_used_at = in.instant();
  row.revoked_at = in.instant();
}

void bind(Binder& out, const model::SignedOutRow& row) {
  out.text(row.session).instant(row.until);
}

void read(Row& in, model::SignedOutRow& row) {
  row.session = in.text();
  row.until = in.instant();
}

void bind(Binder& out, const model::KeyRow& row) {
  out.text(row.key).text(row.request_digest).instant(row.at).text(row.answer);
}

void read(Row& in, model::KeyRow& row) {
  row.key = in.text();
  row.request_digest = in.text();
  row.at = in.instant();
  row.answer = in.text();
}

void bind(Binder& out, const model::AuditRow& row) {
  out.bits(row.seq).instant(row.at).text(row.actor.name).text(model::to_string(row.actor.channel));
  out.text(row.actor.address).text(row.actor.request_id).text(row.actor.reason);
  out.text(row.action).text(row.target).json(row.before).json(row.after).text(row.hash);
}

void read(Row& in, model::AuditRow& row) {
  row.seq = in.bits();
  row.at = in.instant();
  row.actor.name = in.text();
  row.actor.channel = read_word<model::Channel>(in);
  row.actor.address = in.text();
  row.actor.request_id = in.text();
  row.actor.reason = in.text();
  row.action = in.text();
  row.target = in.text();
  row.before = in.json();
  row.after = in.json();
  row.hash = in.text();
}

void bind(Binder& out, const model::JournalRow& row) {
  out.bits(row.seq).instant(row.at).uuid(row.run.value).text(row.kind).text(row.job);
  out.integer(row.attempt).json(row.body);
}

void read(Row& in, model::JournalRow& row) {
  row.seq = in.bits();
  row.at = in.instant();
  row.run = RunId{in.uuid()};
  row.kind = in.text();
  row.job = in.text();
  row.attempt = in.count();
  row.body = in.json();
}

void bind(Binder& out, const model::CountersRow& row) {
  out.integer(1).bits(row.id_counter).bits(row.id_key).bits(row.journal_seq).bits(row.audit_seq);
  out.text(row.audit_hash).instant(row.clock_high);
}

void read(Row& in, model::CountersRow& row) {
  in.skip(1);
  row.id_counter = in.bits();
  row.id_key = in.bits();
  row.journal_seq = in.bits();
  row.audit_seq = in.bits();
  row.audit_hash = in.text();
  row.clock_high = in.instant();
}

}  // namespace dandori::store::sqlite
