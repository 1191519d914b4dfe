#include "api/definitions.h"

#include <fmt/core.h>

#include "base/text.h"
#include "spec/spec.h"

namespace dandori::api {

namespace {

constexpr std::size_t kCachedMax = 512;
constexpr std::size_t kLaidOutMax = 400'000;  // jobs and edges, about 40 MB

}  // namespace

Result<model::WorkflowPtr> Definitions::get(const std::string& workflow, std::uint32_t revision,
                                            std::string_view canonical) {
  const std::pair key{workflow, revision};
  if (model::WorkflowPtr known = find(key)) return known;
  auto compiled = spec::compile_canonical(canonical);
  if (!compiled) return compiled;
  const std::lock_guard lock{mutex_};
  if (items_.size() >= kCachedMax) items_.clear();
  items_[key] = *compiled;
  return compiled;
}

model::WorkflowPtr Definitions::find(const Revision& revision) {
  const std::lock_guard lock{mutex_};
  const auto found = items_.find(revision);
  return found == items_.end() ? nullptr : found->second;
}

Result<model::WorkflowPtr> Definitions::of(store::QueryStore& query, const std::string& workflow,
                                           std::uint32_t revision) {
  if (model::WorkflowPtr known = find({workflow, revision})) return known;
  const auto row = query.revision(workflow, revision);
  if (!row) return std::unexpected(row.error());
  return get(workflow, revision, row->canonical);
}

std::shared_ptr<const flow::Layout> Definitions::layout(const std::string& workflow,
                                                        std::uint32_t revision,
                                                        const flow::Graph& graph) {
  const Revision key{workflow, revision};
  {
    const std::lock_guard lock{mutex_};
    const auto found = layouts_.find(key);
    if (found != layouts_.end()) return found->second;
  }
  auto made = std::make_shared<const flow::Layout>(flow::lay_out(graph));
  const std::size_t size = graph.nodes.size() + graph.edges.size();
  const std::lock_guard lock{mutex_};
  if (laid_out_ + size > kLaidOutMax) {
    layouts_.clear();
    laid_out_ = 0;
  }
  if (layouts_.emplace(key, made).second) laid_out_ += size;
  return made;
}

Error unknown_job(const model::Workflow& workflow, std::string_view name) {
  std::vector<std::string> ids;
  for (const model::Job& job : workflow.jobs) ids.push_back(job.id);
  const auto near = nearest(name, ids);
  return {"workflow.unknown_job", fmt::format("workflow '{}' has no job '{}'", workflow.name, name),
          near ? fmt::format("did you mean '{}'?", *near) : std::string{}};
}

}  // namespace dandori::api
