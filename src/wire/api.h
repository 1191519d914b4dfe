#pragma once

#include "base/json.h"
#include "base/json_time.h"
#include "base/result.h"
#include "model/event.h"

namespace dandori::wire {

// JSON forms of the model in API answers, events and the CLI. Members are snake_case; instants are
// RFC 3339 in UTC (null: not yet), spans are texts (`1m30s`), ids and states are texts, numbers
// stay numbers.

/// Without `jobs`.
Json to_json(const model::Run& run);
/// state: engine::job_state, as the stored phase alone does not say why a job waits.
Json to_json(const model::JobRun& run, const model::Job& job, model::JobState state);
Json to_json(const model::Attempt& attempt);
Json to_json(const model::WorkflowRow& workflow);
/// Without `source` and `canonical`; see `with_source`.
Json to_json(const model::RevisionRow& revision);
/// The same with the text as it was written and its canonical form (as JSON, not as text).
Json with_source(const model::RevisionRow& revision);
Json to_json(const model::PlannedOutcome& outcome);
/// Of a job, run or workflow: what an operator did there and has not undone.
Json to_json(const model::Mark& mark);
Json to_json(const model::AuditRow& row);
/// Also the `data` of an SSE event; its id is `seq`.
Json to_json(const model::JournalRow& row);
Json to_json(const model::Variable& variable);
Json to_json(const model::Folder& folder);
Json to_json(const model::Actor& actor);
/// Without its secret, and without the hash of it.
Json to_json(const model::TokenRow& token);
Json to_json(const model::LogChunk& chunk);
/// `{code, message, hint, path}`; empty members are left out.
Json to_json(const Error& error);

}  // namespace dandori::wire
