#include "cli/commands.h"
#include "cli/failures.h"
#include "cli/progress.h"
#include "cli/remote.h"
#include "cli/why_text.h"

namespace dandori::cli {

namespace {

constexpr std::size_t kLogLines = 20;

/// A run that ended badly, or that waits for a decision: its failed jobs, their logs, and what to
/// do.
bool needs_failures(const Json& run) {
  const std::string_view state = run.text_or("state", "");
  const bool ended_badly = is_ended_state(state) && state != "succeeded";
  return ended_badly || run.bool_or("has_failure", false) || run.bool_or("needs_decision", false);
}

/// The run cut down to one job, for the log of that job alone.
Json only_job(const Json& run, std::string_view name) {
  Json::Array jobs;
  for (Json job : run["jobs"].is_array() ? run["jobs"].items() : Json::Array{}) {
    const bool held_back = job.text_or("state", "") == "not_run";
    if (job.text_or("job", "") == name || held_back) jobs.push_back(std::move(job));
  }
  Json cut = run;
  cut.set("jobs", Json::array(std::move(jobs)));
  return cut;
}

}  // namespace

int show_why(Console& console, const std::string& text) {
  const Target target = parse_target(text);
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const auto why = remote->get(target_path(target) + "/why");
  if (!why) return report(console, why.error());
  if (print_raw(console, *why, "run")) return kOk;
  if (const auto zone = remote->load_zone(console); !zone) return report(console, zone.error());
  const auto run = remote->get(run_path(target.run));
  if (!run) return report(console, run.error());

  if (target.job.empty() && needs_failures(*run)) {
    // The failed jobs tell more than their reasons; what is still going on comes from the reasons.
    Json rest = *why;
    Json::Array going_on;
    for (const Json& job : (*why)["jobs"].is_array() ? (*why)["jobs"].items() : Json::Array{}) {
      if (!is_ended_state(job.text_or("state", ""))) going_on.push_back(job);
    }
    const bool is_over = going_on.empty();
    rest.set("jobs", is_over ? Json{} : Json::array(std::move(going_on)));
    console.out(why_text(console, rest, *run));
    console.out(failures_text(console, *remote, *run, kLogLines, false));
    return kOk;
  }
  console.out(why_text(console, *why, *run));
  const bool failed_job = !target.job.empty() && is_failed_state(why->text_or("state", ""));
  if (failed_job) {
    console.out(failures_text(console, *remote, only_job(*run, target.job), kLogLines, false));
  }
  return kOk;
}

}  // namespace dandori::cli
