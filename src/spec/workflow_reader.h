#pragma once

#include <memory>
#include <vector>

#include "model/workflow.h"
#include "spec/fields.h"
#include "spec/tables.h"

namespace dandori::spec {

/// Reads a document of kind Workflow. nullptr: it has problems (all told).
std::shared_ptr<model::Workflow> read_workflow(Context& context, const Node& root,
                                               Place& name_place);

/// Turns names in depends_on into indices and checks that the jobs can all be reached.
/// False: some name is unknown or there is a circle, so that `finish_workflow` must not be called.
/// Problems: spec.unknown_job, spec.duplicate_dependency, spec.unreachable_job, spec.cycle.
bool resolve_dependencies(Context& context, std::vector<JobDraft>& drafts);

/// Checks the noted expressions: their form and every name in them. The workflow must be finished.
/// Problems: spec.expression, spec.unknown_name, spec.not_ancestor.
void check_expressions(Context& context, const model::Workflow& workflow);

}  // namespace dandori::spec
