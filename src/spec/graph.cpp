#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "spec/workflow_reader.h"

namespace dandori::spec {

namespace {

using model::Dependency;
using model::JobState;

constexpr std::size_t kCycleShownMax = 100;  // names of one circle in a message

using Index = std::unordered_map<std::string_view, std::uint32_t>;

/// How a noop can end: it does nothing, so it cannot fail.
constexpr std::uint32_t kNoopEnds =
    model::kSatisfied | model::state_bit(JobState::not_run) | model::state_bit(JobState::killed);

void report_unknown_job(Context& context, const std::vector<JobDraft>& drafts,
                        const JobDraft& draft, const DependencyDraft& dependency) {
  if (context.problems.is_full()) return context.add(dependency.place, "spec.unknown_job", {});
  std::vector<std::string> known;
  for (const JobDraft& other : drafts) {
    if (known.size() >= kCandidatesMax) break;
    if (other.job.id != draft.job.id) known.push_back(other.job.id);
  }
  context.add(dependency.place, "spec.unknown_job",
              fmt::format("job '{}' waits for '{}', unknown in this workflow", draft.job.id,
                          dependency.job),
              suggest(dependency.job, known, "jobs here"));
}

/// Two entries for one job: never both true under `join: all` when no state is in both.
void report_double(Context& context, const JobDraft& draft, const DependencyDraft& dependency,
                   std::uint32_t states_before) {
  const bool is_impossible =
      draft.job.join == model::Join::all && (states_before & dependency.states) == 0;
  context.add(
      dependency.place, is_impossible ? "spec.unreachable_job" : "spec.duplicate_dependency",
      is_impossible ? fmt::format("job '{}' can never start: '{}' cannot end in two states at once",
                                  draft.job.id, dependency.job)
                    : fmt::format("job '{}' waits for '{}' twice", draft.job.id, dependency.job),
      fmt::format("write one entry: {{job: {}, state: […]}}", dependency.job));
}

bool resolve_job(Context& context, std::vector<JobDraft>& drafts, JobDraft& draft,
                 const Index& index) {
  bool good = true;
  std::unordered_map<std::uint32_t, std::uint32_t> seen;  // job → states
  for (const DependencyDraft& dependency : draft.depends_on) {
    const auto found = index.find(dependency.job);
    if (found == index.end()) {
      report_unknown_job(context, drafts, draft, dependency);
      good = false;
      continue;
    }
    const auto [slot, is_new] = seen.emplace(found->second, dependency.states);
    if (!is_new) {
      report_double(context, draft, dependency, slot->second);
      continue;
    }
    const model::Job& other = drafts[found->second].job;
    if (other.type == model::JobType::noop && (dependency.states & kNoopEnds) == 0) {
      context.add(dependency.place, "spec.unreachable_job",
                  fmt::format("job '{}' can never start: '{}' is a noop and cannot fail",
                              draft.job.id, other.id),
                  "wait for another job, or name a state that a noop ends in");
    }
    draft.job.depends_on.push_back({found->second, dependency.states});
  }
  std::ranges::sort(draft.job.depends_on, {}, &Dependency::job);
  return good;
}

void check_join(Context& context, const JobDraft& draft) {
  if (draft.broken_dependencies || draft.job.join != model::Join::at_least) return;
  const std::size_t known = draft.job.depends_on.size();
  if (draft.job.join_count <= known) return;
  context.add(draft.join_place, "spec.unreachable_job",
              fmt::format("job '{}' can never start: it needs {} predecessors and names {}",
                          draft.job.id, draft.job.join_count, known),
              fmt::format("lower at_least to {} or less, or add predecessors", known));
}

/// Takes away, again and again, jobs that wait for nothing that is left. What stays is on a circle
/// or behind one.
std::vector<bool> find_tangled(const std::vector<JobDraft>& drafts) {
  std::vector<std::vector<std::uint32_t>> successors(drafts.size());
  std::vector<std::size_t> waiting(drafts.size());
  std::vector<std::uint32_t> ready;
  for (std::uint32_t job = 0; job < drafts.size(); ++job) {
    waiting[job] = drafts[job].job.depends_on.size();
    if (waiting[job] == 0) ready.push_back(job);
    for (const Dependency& dependency : drafts[job].job.depends_on) {
      successors[dependency.job].push_back(job);
    }
  }
  std::vector<bool> tangled(drafts.size(), true);
  while (!ready.empty()) {
    const std::uint32_t job = ready.back();
    ready.pop_back();
    tangled[job] = false;
    for (const std::uint32_t successor : successors[job]) {
      if (--waiting[successor] == 0) ready.push_back(successor);
    }
  }
  return tangled;
}

/// The place where `draft` names `job`.
Place place_of_dependency(const JobDraft& draft, std::string_view job) {
  const auto found = std::ranges::find(draft.depends_on, job, &DependencyDraft::job);
  return found == draft.depends_on.end() ? draft.place : found->place;
}

/// `circle`: each job followed by the one it waits for; the first waits for the second.
void report_cycle(Context& context, const std::vector<JobDraft>& drafts,
                  std::vector<std::uint32_t> circle) {
  std::ranges::reverse(circle);  // in order of running now
  std::ranges::rotate(circle, std::ranges::min_element(circle));
  std::string names;
  const std::size_t shown = std::min(circle.size(), kCycleShownMax);
  for (std::size_t i = 0; i < shown; ++i) names += drafts[circle[i]].job.id + " → ";
  if (shown < circle.size()) names += fmt::format("… ({} more) → ", circle.size() - shown);
  const JobDraft& first = drafts[circle.front()];
  const std::string& last = drafts[circle.back()].job.id;
  context.add(place_of_dependency(first, last), "spec.cycle",
              fmt::format("jobs wait for each other in a circle: {}{}", names, first.job.id),
              "none of them could ever start: remove one of these dependencies");
}

bool report_cycles(Context& context, const std::vector<JobDraft>& drafts) {
  const std::vector<bool> tangled = find_tangled(drafts);
  if (std::ranges::none_of(tangled, [](bool is) { return is; })) return true;
  std::vector<std::uint32_t> walk_of(drafts.size(), 0);  // which walk came by; 0: none
  std::uint32_t walk = 0;
  for (std::uint32_t start = 0; start < drafts.size(); ++start) {
    if (!tangled[start] || walk_of[start] != 0) continue;
    ++walk;
    std::vector<std::uint32_t> path;
    std::uint32_t job = start;
    while (walk_of[job] == 0) {
      walk_of[job] = walk;
      path.push_back(job);
      const auto& waits = drafts[job].job.depends_on;
      job = std::ranges::find_if(waits, [&](const Dependency& d) { return tangled[d.job]; })->job;
    }
    if (walk_of[job] != walk) continue;  // leads to a circle that is told already
    path.erase(path.begin(), std::ranges::find(path, job));
    report_cycle(context, drafts, std::move(path));
  }
  return false;
}

}  // namespace

bool resolve_dependencies(Context& context, std::vector<JobDraft>& drafts) {
  Index index;
  index.reserve(drafts.size());
  for (std::uint32_t i = 0; i < drafts.size(); ++i) index.emplace(drafts[i].job.id, i);
  bool good = true;
  for (JobDraft& draft : drafts) good &= resolve_job(context, drafts, draft, index);
  if (good) {
    for (const JobDraft& draft : drafts) check_join(context, draft);
  }
  return report_cycles(context, drafts) && good;
}

}  // namespace dandori::spec
