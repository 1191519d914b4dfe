#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "expr/expr.h"
#include "spec/workflow_reader.h"

namespace dandori::spec {

namespace {

constexpr std::size_t kBatch = 64;  // targets followed at once, one bit each

/// The place of a column inside the text of the use.
Place place_in(const ExpressionUse& use, std::size_t column, std::size_t width) {
  Place place = use.place;
  if (!use.exact) return place;
  place.column += static_cast<int>(column) - 1;
  place.width = static_cast<int>(std::max<std::size_t>(width, 1));
  return place;
}

/// `column 5: …` begins every message of expr about a place.
std::size_t column_of(std::string_view message) {
  std::size_t column = 1;
  constexpr std::string_view kLead = "column ";
  if (!message.starts_with(kLead)) return column;
  std::from_chars(message.data() + kLead.size(), message.data() + message.size(), column);
  return column;
}

/// A job's output is used by a job that does not wait for it directly.
struct FarUse {
  std::uint32_t job = 0;
  std::uint32_t target = 0;
  const ExpressionUse* use = nullptr;
  expr::PathRef path;
};

class Checker {
 public:
  Checker(Context& context, const model::Workflow& workflow)
      : context_{context}, workflow_{workflow} {}

  void run() {
    for (const ExpressionUse& use : context_.expressions) check_use(use);
    check_far_uses();
  }

 private:
  void add(const ExpressionUse& use, const expr::PathRef& path, std::string_view code,
           std::string_view what, std::string hint) {
    context_.add(place_in(use, path.column, expr::to_text(path).size()), code,
                 fmt::format("{}: {}", use.path, what), std::move(hint));
  }

  void check_use(const ExpressionUse& use) {
    const auto pieces = expr::parse_template(use.text);
    if (!pieces) {
      const Error& error = pieces.error();
      context_.add(place_in(use, column_of(error.message), 1), "spec.expression",
                   fmt::format("{}: {}", use.path, error.message), error.hint);
      return;
    }
    for (const expr::PathRef& path : expr::references(*pieces)) check_path(use, path);
  }

  void check_path(const ExpressionUse& use, const expr::PathRef& path) {
    if (!is_in_scope(use.scope, path.root)) return report_scope(use, path);
    switch (path.root) {
      case expr::Root::params:
        return check_param(use, path);
      case expr::Root::env:
        return check_env(use, path);
      case expr::Root::jobs:
        return check_job(use, path);
      case expr::Root::vars:
      case expr::Root::run:
      case expr::Root::attempt:
        return;
    }
  }

  static bool is_in_scope(Scope scope, expr::Root root) {
    switch (scope) {
      case Scope::job:
        return true;
      case Scope::workflow:
        return root != expr::Root::jobs && root != expr::Root::env;
      case Scope::start:
        return root == expr::Root::vars || root == expr::Root::run;
    }
    std::unreachable();
  }

  void report_scope(const ExpressionUse& use, const expr::PathRef& path) {
    const std::string_view known =
        use.scope == Scope::start ? "vars and run" : "params, vars, run and attempt";
    add(use, path, "spec.unknown_name",
        fmt::format("'{}' does not exist yet where this is worked out", expr::to_text(path)),
        fmt::format("{} can be used here", known));
  }

  void check_param(const ExpressionUse& use, const expr::PathRef& path) {
    std::vector<std::string> known;
    for (const model::Param& param : workflow_.params) {
      if (param.name == path.name) return;
      known.push_back(param.name);
    }
    add(use, path, "spec.unknown_name",
        fmt::format("the workflow has no parameter '{}'", path.name),
        known.empty() ? "add it under `params:`" : suggest(path.name, known, "parameters"));
  }

  void check_env(const ExpressionUse& use, const expr::PathRef& path) {
    std::vector<std::string> known;
    for (const auto& [name, value] : workflow_.env) known.push_back(name);
    for (const auto& [name, value] : workflow_.jobs[use.job].env) known.push_back(name);
    if (std::ranges::find(known, path.name) != known.end()) return;
    add(use, path, "spec.unknown_name", fmt::format("there is no variable '{}' in env", path.name),
        known.empty() ? "add it under `env:`" : suggest(path.name, known, "variables"));
  }

  void check_job(const ExpressionUse& use, const expr::PathRef& path) {
    const auto job = static_cast<std::uint32_t>(use.job);
    const auto target = model::find_job(workflow_, path.name);
    if (!target) return report_unknown_job(use, path);
    const auto& waits = workflow_.jobs[job].depends_on;
    if (std::ranges::find(waits, *target, &model::Dependency::job) != waits.end()) return;
    if (*target == job) {
      return add(use, path, "spec.not_ancestor",
                 fmt::format("job '{}' reads its own result", path.name),
                 "only jobs that end before it can be read");
    }
    far_uses_.push_back({job, *target, &use, path});
  }

  void report_unknown_job(const ExpressionUse& use, const expr::PathRef& path) {
    std::vector<std::string> known;
    for (const model::Job& job : workflow_.jobs) {
      if (known.size() >= kCandidatesMax || context_.problems.is_full()) break;
      known.push_back(job.id);
    }
    add(use, path, "spec.unknown_name", fmt::format("there is no job '{}'", path.name),
        suggest(path.name, known, "jobs here"));
  }

  void report_not_before(const FarUse& far) {
    const std::string& id = workflow_.jobs[far.job].id;
    add(*far.use, far.path, "spec.not_ancestor",
        fmt::format("job '{}' reads from '{}', which does not always end before it", id,
                    far.path.name),
        fmt::format("add '{}' to depends_on of '{}', or of a job before it", far.path.name, id));
  }

  /// Every job after those before it.
  std::vector<std::uint32_t> running_order() const {
    std::vector<std::size_t> waiting(workflow_.jobs.size());
    std::vector<std::uint32_t> order = workflow_.first_jobs;
    for (std::size_t i = 0; i < waiting.size(); ++i)
      waiting[i] = workflow_.jobs[i].depends_on.size();
    for (std::size_t i = 0; i < order.size(); ++i) {
      for (const std::uint32_t successor : workflow_.jobs[order[i]].successors) {
        if (--waiting[successor] == 0) order.push_back(successor);
      }
    }
    return order;
  }

  /// Follows up to kBatch targets through the graph at once: linear per batch, whatever the shape.
  void check_far_uses() {
    if (far_uses_.empty()) return;
    std::ranges::sort(far_uses_, {}, &FarUse::target);
    const std::vector<std::uint32_t> order = running_order();
    for (std::size_t begin = 0; begin < far_uses_.size();) begin = check_batch(order, begin);
  }

  std::size_t check_batch(const std::vector<std::uint32_t>& order, std::size_t begin) {
    std::unordered_map<std::uint32_t, std::uint64_t> bit_of;
    std::vector<std::uint64_t> behind(workflow_.jobs.size(), 0);
    std::size_t end = begin;
    for (; end < far_uses_.size(); ++end) {
      const std::uint32_t target = far_uses_[end].target;
      if (bit_of.contains(target)) continue;
      if (bit_of.size() == kBatch) break;
      bit_of.emplace(target, std::uint64_t{1} << bit_of.size());
      behind[target] = bit_of[target];
    }
    for (const std::uint32_t job : order) {
      for (const model::Dependency& dependency : workflow_.jobs[job].depends_on) {
        behind[job] |= behind[dependency.job];
      }
    }
    for (std::size_t i = begin; i < end; ++i) {
      const FarUse& far = far_uses_[i];
      if ((behind[far.job] & bit_of[far.target]) == 0) report_not_before(far);
    }
    return end;
  }

  Context& context_;
  const model::Workflow& workflow_;
  std::vector<FarUse> far_uses_;
};

}  // namespace

void check_expressions(Context& context, const model::Workflow& workflow) {
  Checker{context, workflow}.run();
}

}  // namespace dandori::spec
