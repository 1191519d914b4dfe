#include "sample.h"

#include <concepts>
#include <tuple>
#include <type_traits>

#include <fmt/core.h>

#include "store/rows.h"

namespace dandori::store::test {

namespace {

std::string show(const std::string& value) {
  return '"' + value + '"';
}
std::string show(Timestamp value) {
  return std::to_string(value.us);
}
std::string show(Duration value) {
  return std::to_string(value.count());
}
std::string show(const Uuid& value) {
  return format_uuid(value);
}
std::string show(RunId value) {
  return to_string(value);
}
std::string show(const Json& value) {
  return write_json(value);
}
std::string show(const std::map<std::string, std::string>& value) {
  return write_json(labels_to_json(value));
}
template <class T>
  requires std::integral<T>
std::string show(T value) {
  return std::to_string(value);
}
template <class T>
  requires std::is_enum_v<T>
std::string show(T value) {
  return std::to_string(static_cast<int>(value));
}

template <class... Fields>
std::string joined(std::string_view kind, const Fields&... fields) {
  std::string text{kind};
  ((text += ' ', text += show(fields)), ...);
  return text;
}

Uuid sample_uuid(std::uint64_t number) {
  return Uuid{0x0123'4567'89ab'cdef, number};
}

}  // namespace

Timestamp at_second(std::int64_t second) {
  return Timestamp{(1'700'000'000 + second) * 1'000'000};
}

RunId run_id(std::uint64_t number) {
  return RunId{make_uuid7(at_second(static_cast<std::int64_t>(number)), 7, number)};
}

model::Run sample_run(std::uint64_t number, model::RunState state) {
  model::Run run;
  run.id = run_id(number);
  run.number = number;
  run.workflow = "nightly";
  run.revision = 1;
  run.state = state;
  run.has_warning = true;
  run.needs_decision = true;
  run.kill_requested = true;
  run.confirmed_by = "佐藤";
  run.origin = model::Origin::schedule;
  run.trigger = "at_two";
  run.nominal = "2026-11-24T02:00";
  run.actor = "schedule";
  run.scheduled_for = at_second(1);
  run.created_at = at_second(static_cast<std::int64_t>(number));
  run.started_at = at_second(3);
  run.ended_at = model::is_ended(state) ? at_second(4) : Timestamp{};
  run.business_date = "2026-11-24";
  run.params = Json::object({{"shop", Json{"新宿"}}, {"count", Json{3}}});
  run.reruns = 2;
  run.only_job = "load";
  run.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  run.attempt_floor = 41;
  run.version = 0xffff'ffff'ffff'fff0;
  run.date_wait = model::DateWait::ahead;
  return run;
}

model::JobRow sample_job(RunId run, std::string path) {
  model::JobRow row;
  row.run = run;
  row.path = std::move(path);
  row.job = 4;
  row.state.phase = model::JobRun::Phase::ended;
  row.state.ended = model::JobState::bypassed;
  row.state.in_scope = false;
  row.state.confirmed = true;
  row.state.accepted = true;
  row.state.off_day = true;
  row.state.changed_by = std::make_shared<const std::string>("田中");
  row.state.attempts = 5;
  row.state.tries = 6;
  row.state.lost = 7;
  row.state.ready_at = at_second(8);
  row.state.retry_at = at_second(9);
  row.state.ended_at = at_second(10);
  return row;
}

model::AttemptRow sample_attempt(RunId run, std::string path, std::uint32_t number) {
  model::AttemptRow row;
  row.path = std::move(path);
  model::Attempt& attempt = row.attempt;
  attempt.ref = {run, 4, number};
  attempt.state = model::AttemptState::killed;
  attempt.failure = model::FailureKind::signal;
  attempt.agent = "local";
  attempt.boot_id = sample_uuid(11);
  attempt.sequence = 12;
  attempt.start_confirmed = true;
  attempt.timed_out = true;
  attempt.pid = 13;
  attempt.assigned_at = at_second(14);
  attempt.started_at = at_second(15);
  attempt.ended_at = at_second(16);
  attempt.stop_requested_at = at_second(17);
  attempt.exit = {.exit_code = -1,
                  .signal = 9,
                  .started_at = at_second(18),
                  .ended_at = at_second(19),
                  .cpu = Duration{20},
                  .memory_peak_bytes = 21,
                  .spawn_errno = 22,
                  .group_gone = false,
                  .log_bytes = 23,
                  .log_dropped = 24};
  attempt.outputs = Json::object({{"rows", Json{25}}});
  attempt.error = "one line";
  return row;
}

model::RevisionRow sample_revision(std::string workflow, std::uint32_t revision) {
  model::RevisionRow row;
  row.workflow = std::move(workflow);
  row.revision = revision;
  row.source = fmt::format("# 改訂 {}\njobs: {{}}\n", revision);
  row.canonical = fmt::format("{{\"revision\":{}}}", revision);
  row.digest = fmt::format("digest{}", revision);
  row.applied_at = at_second(revision);
  row.applied_by = "admin";
  row.reason = "月末対応";
  row.source_ref = "4f00344";
  row.rollback_of = 40;
  return row;
}

model::WorkflowRow sample_workflow(std::string name, std::uint32_t revision) {
  model::WorkflowRow row;
  row.name = std::move(name);
  row.folder = "sales/nightly";
  row.title = "日次締め";
  row.revision = revision;
  row.run_number = 26;
  row.last_ended = run_id(27);
  row.last_failed = true;
  row.last_rerun = true;
  row.triggers_since = at_second(28);
  row.source_set = "sales";
  row.changed_at = at_second(71);
  row.last_ended_at = at_second(72);
  row.from_end_at = at_second(73);
  return row;
}

model::CalendarRow sample_calendar(std::string name, std::uint32_t revision) {
  model::CalendarRow row;
  row.name = std::move(name);
  row.revision = revision;
  row.source = fmt::format("# 改訂 {}\nkind: Calendar\n", revision);
  row.canonical = fmt::format("{{\"calendar\":{}}}", revision);
  row.digest = fmt::format("digest{}", revision);
  row.applied_at = at_second(74);
  row.applied_by = "admin";
  row.reason = "臨時営業日";
  row.source_ref = "4f00344";
  row.since = at_second(75);
  row.source_set = "calendars";
  return row;
}

model::BusinessDateRow sample_business_date(std::string name) {
  model::BusinessDateRow row;
  row.name = std::move(name);
  row.revision = 76;
  row.source = "kind: BusinessDate\n";
  row.canonical = "{\"name\":\"batch\"}";
  row.digest = "digest";
  row.applied_at = at_second(77);
  row.applied_by = "admin";
  row.reason = "新設";
  row.source_ref = "9a1";
  row.source_set = "dates";
  row.value = "2026-05-01";
  row.moved_at = at_second(78);
  row.moves = 79;
  row.done = {{"2026-05-01", "夜間", run_id(80)}, {"2026-05-07", "nightly", run_id(81)}};
  row.deleted = true;
  return row;
}

model::BusinessDateMoveRow sample_move(std::string name, std::uint64_t number) {
  model::BusinessDateMoveRow row;
  row.name = std::move(name);
  row.number = number;
  row.from = "2026-05-01";
  row.to = "2026-05-07";
  row.at = at_second(82);
  row.how = model::DateMove::job;
  row.actor = "schedule";
  row.reason = "締め";
  row.run = run_id(83);
  return row;
}

model::Mark sample_mark(std::string workflow, std::uint64_t number, std::string job) {
  model::Mark mark;
  mark.key = {std::move(workflow), number, std::move(job), model::MarkKind::skip};
  mark.by = "佐藤";
  mark.reason = "月末";
  mark.since = at_second(51);
  mark.until = at_second(52);
  mark.values = Json::object({{"rows", Json{53}}});
  return mark;
}

model::PlannedOutcome sample_outcome(std::string nominal, Timestamp at) {
  model::PlannedOutcome outcome;
  outcome.workflow = "nightly";
  outcome.trigger = "at_two";
  outcome.nominal = std::move(nominal);
  outcome.at = at;
  outcome.business_date = "2026-11-24";
  outcome.state = model::PlannedState::missed;
  outcome.reason = model::MissReason::catch_up;
  outcome.detail = "late by 3h";
  outcome.run = run_id(29);
  outcome.decided_at = at_second(30);
  return outcome;
}

model::KeyRow sample_key(std::string key, Timestamp at) {
  return {.key = std::move(key), .request_digest = "abc", .answer = "{\"run\":1}", .at = at};
}

model::AuditRow sample_audit(std::uint64_t seq) {
  model::AuditRow row;
  row.seq = seq;
  row.at = at_second(31);
  row.actor = {.name = "admin",
               .channel = model::Channel::ui,
               .address = "127.0.0.1",
               .request_id = "r1",
               .reason = "月末"};
  row.action = "run.rerun";
  row.target = "nightly#3";
  row.before = Json::object({{"state", Json{"failed"}}});
  row.after = Json::object({{"state", Json{"running"}}});
  row.hash = fmt::format("hash{}", seq);
  return row;
}

model::JournalRow sample_journal(std::uint64_t seq, RunId run) {
  model::JournalRow row;
  row.seq = seq;
  row.at = at_second(32);
  row.run = run;
  row.kind = "job.started";
  row.job = "load.17.check";
  row.attempt = 2;
  row.body = Json::object({{"agent", Json{"local"}}});
  return row;
}

model::CountersRow sample_counters() {
  return {.id_counter = 33,
          .id_key = 0xfedc'ba98'7654'3210,
          .journal_seq = 34,
          .audit_seq = 35,
          .audit_hash = "hash",
          .clock_high = at_second(36)};
}

model::AgentRow sample_agent(std::string name) {
  return {.name = std::move(name),
          .boot_id = sample_uuid(37),
          .sequence = 38,
          .slots = 39,
          .instance = sample_uuid(40)};
}

model::TokenRow sample_token(std::uint64_t number) {
  model::TokenRow row;
  row.id = run_id(number).value;
  row.name = "ci" + std::to_string(number);
  row.role = model::Role::author;
  row.secret_hash = "hash" + std::to_string(number);
  row.created_by = "admin";
  row.created_at = at_second(61);
  row.expires_at = at_second(62);
  row.last_used_at = at_second(63);
  row.revoked_at = at_second(64);
  return row;
}

model::Variable sample_variable(std::string folder, std::string name) {
  return {.name = std::move(name), .folder = std::move(folder), .value = Json{"a\n\"b\""}};
}

model::Folder sample_folder(std::string name) {
  return {.name = std::move(name),
          .title = "売上",
          .labels = {{"team", "a"}, {"tier", "1"}},
          .lint = Json::object({{"unused_param", Json::object({{"level", Json{"off"}}})}})};
}

std::string text_of(const model::Run& r) {
  return joined("run", r.id, r.number, r.workflow, r.revision, r.state, r.has_warning,
                r.has_failure, r.needs_decision, r.cancel_requested, r.kill_requested, r.confirmed,
                r.confirmed_by, r.origin, r.trigger, r.nominal, r.actor, r.scheduled_for,
                r.created_at, r.started_at, r.ended_at, r.business_date, r.params, r.reruns,
                r.only_job, r.traceparent, r.attempt_floor, r.drained, r.jobs.size(), r.jobs_open,
                r.jobs_live, r.version, r.date_wait);
}

std::string text_of(const model::JobRow& row) {
  const model::JobRun& j = row.state;
  const std::string changed_by = j.changed_by ? *j.changed_by : std::string{};
  return joined("job", row.run, row.path, row.job, j.phase, j.ended, j.in_scope, j.confirmed,
                j.accepted, static_cast<int>(j.marks), changed_by, j.attempts, j.tries, j.lost,
                j.off_day, j.predecessors_open, j.ready_at, j.retry_at, j.ended_at);
}

std::string text_of(const model::AttemptRow& row) {
  const model::Attempt& a = row.attempt;
  const model::ExitRecord& e = a.exit;
  return joined("attempt", a.ref.run, row.path, a.ref.job, a.ref.number, a.state, a.failure,
                a.agent, a.boot_id, a.sequence, a.start_confirmed, a.manual_kill, a.timed_out,
                a.pid, a.assigned_at, a.started_at, a.ended_at, a.stop_requested_at, a.outputs,
                a.error, e.exit_code, e.signal, e.started_at, e.ended_at, e.cpu,
                e.memory_peak_bytes, e.spawn_errno, e.group_gone, e.log_bytes, e.log_dropped);
}

std::string text_of(const model::RevisionRow& r) {
  return joined("revision", r.workflow, r.revision, r.source, r.canonical, r.digest, r.applied_at,
                r.applied_by, r.reason, r.source_ref, r.rollback_of, r.definition == nullptr);
}

std::string text_of(const model::WorkflowRow& r) {
  return joined("workflow", r.name, r.folder, r.title, r.revision, r.run_number, r.deleted,
                r.last_ended, r.last_failed, r.last_rerun, r.triggers_since, r.source_set,
                r.changed_at, r.last_ended_at, r.from_end_at);
}

std::string text_of(const model::CalendarRow& r) {
  return joined("calendar", r.name, r.revision, r.source, r.canonical, r.digest, r.applied_at,
                r.applied_by, r.reason, r.source_ref, r.since, r.source_set, r.deleted,
                r.definition == nullptr);
}

std::string text_of(const model::BusinessDateRow& r) {
  return joined("business_date", r.name, r.revision, r.source, r.canonical, r.digest, r.applied_at,
                r.applied_by, r.reason, r.source_ref, r.source_set, r.value, r.moved_at, r.moves,
                done_to_json(r.done), r.deleted, r.definition == nullptr);
}

std::string text_of(const model::BusinessDateMoveRow& r) {
  return joined("business_date_move", r.name, r.number, r.from, r.to, r.at, r.how, r.actor,
                r.reason, r.run);
}

std::string text_of(const model::Mark& m) {
  return joined("mark", m.key.workflow, m.key.number, m.key.job, m.key.kind, m.by, m.reason,
                m.since, m.until, m.values);
}

std::string text_of(const model::PlannedOutcome& r) {
  return joined("planned", r.workflow, r.trigger, r.nominal, r.at, r.business_date, r.state,
                r.reason, r.detail, r.run, r.decided_at);
}

std::string text_of(const model::KeyRow& r) {
  return joined("key", r.key, r.request_digest, r.answer, r.at);
}

std::string text_of(const model::AuditRow& r) {
  return joined("audit", r.seq, r.at, r.actor.name, r.actor.channel, r.actor.address,
                r.actor.request_id, r.actor.reason, r.action, r.target, r.before, r.after, r.hash);
}

std::string text_of(const model::JournalRow& r) {
  return joined("journal", r.seq, r.at, r.run, r.kind, r.job, r.attempt, r.body);
}

std::string text_of(const model::CountersRow& r) {
  return joined("counters", r.id_counter, r.id_key, r.journal_seq, r.audit_seq, r.audit_hash,
                r.clock_high);
}

std::string text_of(const model::AgentRow& r) {
  return joined("agent", r.name, r.boot_id, r.sequence, r.slots, r.instance);
}

std::string text_of(const model::SignedOutRow& r) {
  return joined("signed_out", r.session, r.until);
}

std::string text_of(const model::TokenRow& r) {
  return joined("token", r.id, r.name, r.role, r.secret_hash, r.created_by, r.created_at,
                r.expires_at, r.last_used_at, r.revoked_at);
}

std::string text_of(const model::Variable& r) {
  return joined("variable", r.folder, r.name, r.value);
}
std::string text_of(const model::Folder& r) {
  return joined("folder", r.name, r.title, r.labels, r.lint);
}

namespace {

struct TextOf {
  std::string operator()(const model::RunRow& row) const { return "active " + text_of(row.run); }
  std::string operator()(const model::RunEndedRow& row) const {
    return "ended " + text_of(row.run);
  }
  std::string operator()(const model::RunReopenedRow& row) const {
    return "reopened " + text_of(row.run);
  }
  std::string operator()(const model::VariableRow& row) const { return text_of(row.variable); }
  std::string operator()(const model::FolderRow& row) const { return text_of(row.folder); }
  std::string operator()(const model::MarkRow& row) const { return text_of(row.mark); }
  std::string operator()(const model::PlannedRow& row) const { return text_of(row.outcome); }
  std::string operator()(const model::AuditLine& row) const { return text_of(row.row); }
  std::string operator()(const model::JournalLine& row) const { return text_of(row.row); }
  template <class Row>
  std::string operator()(const Row& row) const {
    return text_of(row);
  }
};

}  // namespace

std::string text_of(const model::Change& change) {
  return std::visit(TextOf{}, change);
}

std::string lines(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += text + '\n';
  return out;
}

}  // namespace dandori::store::test
