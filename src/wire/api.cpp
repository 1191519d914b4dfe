#include "wire/api.h"

#include <fmt/core.h>

#include "base/text.h"
#include "model/trace.h"
#include "wire/base64.h"

namespace dandori::wire {

namespace {

Json run_id_json(RunId run) {
  return run.is_nil() ? Json{} : Json{to_string(run)};
}

template <class E>
Json word_json(E word) {
  return model::to_string(word);
}

Json labels_json(const std::map<std::string, std::string>& labels) {
  Json::Object members;
  for (const auto& [name, value] : labels) members.emplace_back(name, value);
  return Json::object(std::move(members));
}

/// Members that only a process has: how it ended and what it used.
void add_exit(Json::Object& out, const model::Attempt& attempt) {
  const model::ExitRecord& exit = attempt.exit;
  out.emplace_back("exit_code", exit.exit_code >= 0 ? Json{exit.exit_code} : Json{});
  out.emplace_back("signal", exit.signal > 0 ? Json{exit.signal} : Json{});
  out.emplace_back("spawn_errno", exit.spawn_errno > 0 ? Json{exit.spawn_errno} : Json{});
  out.emplace_back("cpu", format_duration(exit.cpu));
  out.emplace_back("memory_peak_bytes", exit.memory_peak_bytes);
  out.emplace_back("group_gone", exit.group_gone);
  out.emplace_back("log_bytes", exit.log_bytes);
  out.emplace_back("log_dropped", exit.log_dropped);
}

}  // namespace

Json to_json(const model::Run& run) {
  return Json::object({
      {"id", to_string(run.id)},
      {"name", fmt::format("{}#{}", run.workflow, run.number)},
      {"workflow", run.workflow},
      {"number", run.number},
      {"revision", run.revision},
      {"state", word_json(run.state)},
      {"has_warning", run.has_warning},
      {"has_failure", run.has_failure},
      {"needs_decision", run.needs_decision},
      {"cancel_requested", run.cancel_requested},
      {"kill_requested", run.kill_requested},
      {"confirmed", run.confirmed},
      {"confirmed_by", run.confirmed_by},
      {"origin", word_json(run.origin)},
      {"trigger", run.trigger},
      {"nominal", run.nominal},
      {"actor", run.actor},
      {"business_date", run.business_date},
      {"waits_for", run.date_wait == model::DateWait::none
                        ? Json{}
                        : Json{fmt::format("business_date_{}", to_string(run.date_wait))}},
      {"scheduled_for", instant_json(run.scheduled_for)},
      {"created_at", instant_json(run.created_at)},
      {"started_at", instant_json(run.started_at)},
      {"ended_at", instant_json(run.ended_at)},
      {"params", run.params.is_null() ? Json::object() : run.params},
      {"reruns", run.reruns},
      {"only_job", run.only_job.empty() ? Json{} : Json{run.only_job}},
      {"trace_id", model::format_trace_id(model::trace_of(run).trace)},
      {"version", run.version},
  });
}

Json to_json(const model::JobRun& run, const model::Job& job, model::JobState state) {
  return Json::object({
      {"job", job.id},
      {"title", job.title},
      {"type", word_json(job.type)},
      {"state", word_json(state)},
      {"attempt", run.attempts},
      {"tries", run.tries},
      {"lost", run.lost},
      {"in_scope", run.in_scope},
      {"confirmed", run.confirmed},
      {"accepted", run.accepted},
      {"off_day", run.off_day && run.phase == model::JobRun::Phase::ended},
      {"idempotent", job.idempotent},
      {"state_changed_by", run.changed_by ? Json{*run.changed_by} : Json{}},
      {"ready_at", instant_json(run.ready_at)},
      {"retry_at", instant_json(run.retry_at)},
      {"ended_at", instant_json(run.ended_at)},
  });
}

Json to_json(const model::Attempt& attempt) {
  Json::Object out{
      {"number", attempt.ref.number},
      {"state", word_json(attempt.state)},
      {"failure", word_json(attempt.failure)},
      {"error", attempt.error},
      {"agent", attempt.agent},
      {"pid", attempt.pid > 0 ? Json{attempt.pid} : Json{}},
      {"start_confirmed", attempt.start_confirmed},
      {"manual_kill", attempt.manual_kill},
      {"timed_out", attempt.timed_out},
      {"assigned_at", instant_json(attempt.assigned_at)},
      {"started_at", instant_json(attempt.started_at)},
      {"stop_requested_at", instant_json(attempt.stop_requested_at)},
      {"ended_at", instant_json(attempt.ended_at)},
  };
  const bool took_time = attempt.started_at.us != 0 && attempt.ended_at >= attempt.started_at;
  out.emplace_back("duration", took_time
                                   ? Json{format_duration(attempt.ended_at - attempt.started_at)}
                                   : Json{});
  const bool has_exit = model::is_ended(attempt.state) && attempt.sequence != 0 &&
                        attempt.state != model::AttemptState::lost;
  if (has_exit) add_exit(out, attempt);
  out.emplace_back("outputs", attempt.outputs);
  return Json::object(std::move(out));
}

Json to_json(const model::WorkflowRow& workflow) {
  return Json::object({
      {"name", workflow.name},
      {"folder", workflow.folder},
      {"title", workflow.title},
      {"revision", workflow.revision},
      {"run_number", workflow.run_number},
      {"deleted", workflow.deleted},
      {"last_ended", run_id_json(workflow.last_ended)},
      {"last_failed", workflow.last_failed},
      {"source_set", workflow.source_set},
  });
}

Json to_json(const model::RevisionRow& revision) {
  return Json::object({
      {"workflow", revision.workflow},
      {"revision", revision.revision},
      {"digest", revision.digest},
      {"applied_at", instant_json(revision.applied_at)},
      {"applied_by", revision.applied_by},
      {"reason", revision.reason},
      {"source_ref", revision.source_ref},
      {"rollback_of", revision.rollback_of > 0 ? Json{revision.rollback_of} : Json{}},
  });
}

Json with_source(const model::RevisionRow& revision) {
  Json out = to_json(revision);
  out.set("source", revision.source);
  auto canonical = parse_json(revision.canonical);
  out.set("definition", canonical ? std::move(*canonical) : Json{});
  return out;
}

Json to_json(const model::PlannedOutcome& outcome) {
  const bool has_reason = outcome.reason != model::MissReason::none;
  return Json::object({
      {"workflow", outcome.workflow},
      {"trigger", outcome.trigger},
      {"nominal", outcome.nominal},
      {"at", instant_json(outcome.at)},
      {"business_date", outcome.business_date},
      {"state", word_json(outcome.state)},
      {"reason", has_reason ? word_json(outcome.reason) : Json{}},
      {"detail", outcome.detail},
      {"run", run_id_json(outcome.run)},
      {"decided_at", instant_json(outcome.decided_at)},
  });
}

Json to_json(const model::Actor& actor) {
  return Json::object({
      {"name", actor.name},
      {"channel", word_json(actor.channel)},
      {"address", actor.address},
      {"request_id", actor.request_id},
      {"reason", actor.reason},
  });
}

Json to_json(const model::Mark& mark) {
  return Json::object({
      {"kind", word_json(mark.key.kind)},
      {"job", mark.key.job.empty() ? Json{} : Json{mark.key.job}},
      {"every_run", mark.key.number == 0},
      {"by", mark.by},
      {"at", instant_json(mark.since)},
      {"reason", mark.reason},
      {"until", instant_json(mark.until)},
      {"outputs", mark.values},
  });
}

Json to_json(const model::TokenRow& token) {
  return Json::object({{"id", format_uuid(token.id)},
                       {"name", token.name},
                       {"role", word_json(token.role)},
                       {"created_at", instant_json(token.created_at)},
                       {"created_by", token.created_by},
                       {"expires_at", instant_json(token.expires_at)},
                       {"last_used_at", instant_json(token.last_used_at)},
                       {"revoked_at", instant_json(token.revoked_at)}});
}

Json to_json(const model::AuditRow& row) {
  return Json::object({
      {"seq", row.seq},
      {"at", instant_json(row.at)},
      {"actor", to_json(row.actor)},
      {"action", row.action},
      {"target", row.target},
      {"before", row.before},
      {"after", row.after},
      {"hash", row.hash},
  });
}

Json to_json(const model::JournalRow& row) {
  return Json::object({
      {"seq", row.seq},
      {"at", instant_json(row.at)},
      {"run", run_id_json(row.run)},
      {"kind", row.kind},
      {"job", row.job},
      {"attempt", row.attempt},
      {"body", row.body},
  });
}

Json to_json(const model::Variable& variable) {
  return Json::object(
      {{"name", variable.name}, {"folder", variable.folder}, {"value", variable.value}});
}

Json to_json(const model::Folder& folder) {
  Json out = Json::object(
      {{"name", folder.name}, {"title", folder.title}, {"labels", labels_json(folder.labels)}});
  if (!folder.lint.is_null()) out.set("lint", folder.lint);
  return out;
}

Json to_json(const model::LogChunk& chunk) {
  Json out = Json::object({
      {"offset", chunk.offset},
      {"next_offset", chunk.offset + chunk.bytes.size()},
      {"complete", chunk.complete},
      {"dropped", chunk.dropped},
  });
  if (is_valid_utf8(chunk.bytes)) {
    out.set("text", chunk.bytes);
  } else {
    std::string bytes;
    append_base64(bytes, chunk.bytes);
    out.set("bytes_b64", std::move(bytes));
  }
  return out;
}

Json to_json(const Error& error) {
  Json out = Json::object({{"code", error.code}, {"message", error.message}});
  if (!error.hint.empty()) out.set("hint", error.hint);
  if (!error.path.empty()) out.set("path", error.path);
  return out;
}

}  // namespace dandori::wire
