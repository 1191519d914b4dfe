#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/event.h"
#include "store/store.h"

namespace dandori::store::test {

// Rows with a value of their own in every field, so that a column mixed up or left out shows.

RunId run_id(std::uint64_t number);
Timestamp at_second(std::int64_t second);
model::Run sample_run(std::uint64_t number, model::RunState state = model::RunState::running);
model::JobRow sample_job(RunId run, std::string path);
model::AttemptRow sample_attempt(RunId run, std::string path, std::uint32_t number);
model::RevisionRow sample_revision(std::string workflow, std::uint32_t revision);
model::WorkflowRow sample_workflow(std::string name, std::uint32_t revision);
model::CalendarRow sample_calendar(std::string name, std::uint32_t revision);
model::BusinessDateRow sample_business_date(std::string name);
model::BusinessDateMoveRow sample_move(std::string name, std::uint64_t number);
model::Mark sample_mark(std::string workflow, std::uint64_t number, std::string job);
model::PlannedOutcome sample_outcome(std::string nominal, Timestamp at);
model::KeyRow sample_key(std::string key, Timestamp at);
model::AuditRow sample_audit(std::uint64_t seq);
model::JournalRow sample_journal(std::uint64_t seq, RunId run);
model::CountersRow sample_counters();
model::AgentRow sample_agent(std::string name);
model::TokenRow sample_token(std::uint64_t number);
model::Variable sample_variable(std::string folder, std::string name);
model::Folder sample_folder(std::string name);

/// Every field of a row as text: equal texts mean equal rows.
std::string text_of(const model::Run& row);
std::string text_of(const model::JobRow& row);
std::string text_of(const model::AttemptRow& row);
std::string text_of(const model::RevisionRow& row);
std::string text_of(const model::WorkflowRow& row);
std::string text_of(const model::CalendarRow& row);
std::string text_of(const model::BusinessDateRow& row);
std::string text_of(const model::BusinessDateMoveRow& row);
std::string text_of(const model::Mark& row);
std::string text_of(const model::PlannedOutcome& row);
std::string text_of(const model::KeyRow& row);
std::string text_of(const model::AuditRow& row);
std::string text_of(const model::JournalRow& row);
std::string text_of(const model::CountersRow& row);
std::string text_of(const model::AgentRow& row);
std::string text_of(const model::TokenRow& row);
std::string text_of(const model::SignedOutRow& row);
std::string text_of(const model::Variable& row);
std::string text_of(const model::Folder& row);
std::string text_of(const model::Change& change);

template <class T>
std::vector<std::string> texts_of(const std::vector<T>& rows) {
  std::vector<std::string> texts;
  for (const T& row : rows) texts.push_back(text_of(row));
  return texts;
}
/// A vector as one text, a line each, for messages.
std::string lines(const std::vector<std::string>& texts);

}  // namespace dandori::store::test
