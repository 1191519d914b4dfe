#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace dandori::spec {

/// One thing that two revisions of a definition do not share. `subject.op` is its code.
///
/// subject: `workflow`, `param`, `env`, `trigger`, `job`, or `dependency` (what a job waits for);
/// `calendar`, `rule` (of a calendar; name: its number, from 1), `business_date`.
/// op: `added`, `removed`, `changed`, or `reordered` (the same things in another order).
/// name: of the parameter, variable, trigger or job; empty: the workflow itself.
/// field: which member of it changed, such as `timeout`; of a dependency: the predecessor.
/// before, after: the values; null: absent, so that the language's default counts.
struct Difference {
  std::string_view subject;
  std::string_view op;
  std::string name;
  std::string field;
  Json before, after;

  bool operator==(const Difference&) const = default;
};

/// A member or null where there is none.
Json value_of(const Json* value);

/// What differs between two canonical forms (JSON values of spec::write_canonical); null: there is
/// no such workflow, which is one `workflow.added` or `workflow.removed` with `{jobs, triggers}`,
/// how many. Empty exactly when the two are equal. In order of the language's fields; jobs in order
/// of writing, removed ones first.
std::vector<Difference> differences(const Json& before, const Json& after);

/// The same of a calendar and of a business date; null: there is none, which is one `added` or
/// `removed` with the whole of it. Rules are compared in their order, as the first that matches
/// counts: a removed one has its old number, the others their new one.
std::vector<Difference> calendar_differences(const Json& before, const Json& after);
std::vector<Difference> business_date_differences(const Json& before, const Json& after);

/// `{op, subject, job, path, before, after}`; path: JSON pointer into the definition.
Json to_json(const Difference& difference);

}  // namespace dandori::spec
