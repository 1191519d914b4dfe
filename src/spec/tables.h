#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/workflow.h"
#include "spec/fields.h"

namespace dandori::spec {

/// A dependency as written: names are resolved when every job is known.
struct DependencyDraft {
  std::string job;
  Place place;  ///< of the name
  std::uint32_t states = model::kSatisfied;
};

/// A job while it is read.
struct JobDraft {
  model::Job job;
  Place place;  ///< of its id
  std::vector<DependencyDraft> depends_on;
  Place join_place;
  Place runs_on_place;
  bool has_type = false;
  bool broken_dependencies = false;  ///< told already: what follows from them is not judged
};

struct TriggerDraft {
  model::Trigger trigger;
  Place place;  ///< of its id
  bool has_catch_up = false;
  const Node* node = nullptr;  ///< the whole map; outlives the draft
  std::optional<Node> params;  ///< checked when all keys are read
};

/// A workflow while it is read.
struct WorkflowDraft {
  model::Workflow workflow;
  std::string kind;  ///< `Workflow`
  Place name_place;
  bool has_queue_max = false;
  std::optional<Node> triggers, jobs;  ///< read last: they need defaults and params
  JobDraft defaults;
};

struct VariableDraft {
  model::Variable variable;
  Place name_place;
};
struct FolderDraft {
  model::Folder folder;
  Place name_place;
};
struct CalendarDraft {
  model::Calendar calendar;
  Place name_place;
  std::optional<Node> extends;  ///< for the check of the whole set
};
struct BusinessDateDraft {
  model::BusinessDate date;
  Place name_place;
  bool by_job = false;
};

/// The fields of each object: what is read, what the schema says, in what order it is written.
/// What a job does after a failure, and what its exit codes mean.
const ObjectInfo& retry_info();
const ObjectInfo& exit_codes_info();
void read_retry(Context& context, const Node& node, const Path& path, JobDraft& out);
void read_exit_codes(Context& context, const Node& node, const Path& path, JobDraft& out);

/// The keys of a job that only a process gives a meaning.
bool is_process_key(std::string_view key);
/// Checks that the value is of the parameter's type and one of its choices. A text with an
/// expression passes: its value is checked at the start of a run. Problems: spec.wrong_type,
/// spec.bad_value.
bool check_param_value(Context& context, const model::Param& param, const Node& node,
                       const Path& path);
/// Problems: spec.unknown_zone.
void check_zone_name(Context& context, const Node& node, const Path& path);
/// What only all keys of a trigger together tell: that it has one form, keys that would do nothing
/// beside it, expressions, the default of catch_up. Problems: spec.contradiction, spec.missing_key,
/// spec.bad_value, spec.bad_cron, spec.bad_time, spec.unknown_zone, and those of on_calendar and
/// rate.
void finish_trigger(Context& context, const Path& path, TriggerDraft& draft);
/// Notes the earliest clock time for the check against the calendar, when all files are read.
void note_time(Context& context, const Path& path, const TriggerDraft& draft);
/// Fires more than once a business date.
bool is_cycle(const model::Trigger& trigger);

const Table<JobDraft>& job_table();
const Table<JobDraft>& defaults_table();
const Table<TriggerDraft>& trigger_table();
const Table<model::Param>& param_table();
const Table<WorkflowDraft>& workflow_table();
const Table<VariableDraft>& variable_table();
const Table<FolderDraft>& folder_table();
const Table<CalendarDraft>& calendar_table();
const Table<BusinessDateDraft>& business_date_table();

}  // namespace dandori::spec
