#include "cli/progress.h"

#include <algorithm>

#include "cli/cli.h"
#include "cli/console.h"
#include "model/words.h"

namespace dandori::cli {

namespace {

JobProgress read_job(const Json& job) {
  JobProgress out;
  out.job = job.text_or("job", "");
  out.title = job.text_or("title", "");
  out.state = job.text_or("state", "");
  out.attempt = job.integer_or("attempt", 0);
  const Json& attempts = job["attempts"];
  if (!attempts.is_array() || attempts.size() == 0 || out.state == "not_run" ||
      out.state == "wait_pred") {
    return out;
  }
  const Json& last = attempts.items().back();
  out.started_at = read_instant(last["started_at"]);
  const auto ended = read_instant(last["ended_at"]);
  if (out.started_at && ended && *ended >= *out.started_at) out.took = *ended - *out.started_at;
  if (last["exit_code"].is_integer()) out.exit_code = last["exit_code"].as_integer();
  const std::string_view failure = last.text_or("failure", "none");
  if (failure != "none") out.failure = failure;
  return out;
}

/// Alters the job by one journal line about it; false: not a change of state.
bool alter(JobProgress& job, std::string_view kind, const Json& event) {
  const Json& body = event["body"];
  const auto at = read_instant(event["at"]);
  const std::int64_t attempt = event.integer_or("attempt", job.attempt);
  if (kind == "job.started") {
    job = {.job = job.job,
           .title = job.title,
           .state = "running",
           .attempt = attempt,
           .started_at = at,
           .took = {},
           .exit_code = {},
           .failure = {}};
    return true;
  }
  if (kind == "job.retry") {
    job.state = "retry_wait";
    job.failure = body.text_or("failure", "");
    return true;
  }
  if (kind != "job.ended") return false;
  if (attempt != job.attempt || body.text_or("state", "") == "not_run") job.started_at.reset();
  job.attempt = attempt;
  job.state = body.text_or("state", "");
  if (job.started_at && at && *at >= *job.started_at) job.took = *at - *job.started_at;
  job.exit_code.reset();
  if (body["exit_code"].is_integer()) job.exit_code = body["exit_code"].as_integer();
  job.failure = body.text_or("failure", "");
  return true;
}

}  // namespace

bool is_ended_state(std::string_view state) {
  const auto run = model::parse_word<model::RunState>(state);
  if (run) return model::is_ended(*run);
  const auto job = model::parse_word<model::JobState>(state);
  return job && model::is_ended(*job);
}

bool is_failed_state(std::string_view state) {
  return state == "failed" || state == "killed" || state == "unknown";
}

int exit_code_of_run(std::string_view state) {
  if (state == "succeeded") return kOk;
  if (state == "warning") return kRunWarning;
  if (state == "killed" || state == "interrupted") return kRunKilled;
  if (state == "failed" || state == "not_run") return kRunFailed;
  return kStillRunning;
}

void Progress::load(const Json& run, std::vector<std::size_t>* changed) {
  run_ = run.text_or("name", "");
  state_ = run.text_or("state", "");
  std::vector<JobProgress> jobs;
  const Json& listed = run["jobs"];
  if (listed.is_array()) {
    for (const Json& job : listed.items()) jobs.push_back(read_job(job));
  }
  if (changed != nullptr) {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      const bool same = i < jobs_.size() && jobs_[i].state == jobs[i].state &&
                        jobs_[i].attempt == jobs[i].attempt;
      if (!same) changed->push_back(i);
    }
  }
  jobs_ = std::move(jobs);
}

Change Progress::take(const Json& event, std::size_t& job) {
  const std::int64_t seq = event.integer_or("seq", 0);
  if (seq <= last_seq_) return Change::none;
  last_seq_ = seq;
  const auto at = read_instant(event["at"]);
  if (since_ && at && *at < *since_) return Change::none;
  const std::string_view kind = event.text_or("kind", "");
  if (kind == "run.started") {
    state_ = "running";
    return Change::run_state;
  }
  if (kind == "run.cancel_requested" || kind == "run.kill_requested") {
    state_ = "stopping";
    return Change::run_state;
  }
  if (kind == "run.ended") {
    state_ = event["body"].text_or("state", "");
    return Change::run_ended;
  }
  if (kind == "run.rerun" || kind == "run.reopened") return Change::run_reopened;
  const auto index = index_of(event.text_or("job", ""));
  if (!index || event.integer_or("attempt", 0) < jobs_[*index].attempt) return Change::none;
  if (!alter(jobs_[*index], kind, event)) return Change::none;
  job = *index;
  return Change::job;  // also when the snapshot knew it already: nobody has been told yet
}

bool Progress::is_ended() const {
  return is_ended_state(state_);
}

std::size_t Progress::ended_jobs() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      jobs_, [](const JobProgress& job) { return is_ended_state(job.state); }));
}

std::optional<std::size_t> Progress::index_of(std::string_view job) const {
  const auto found = std::ranges::find(jobs_, job, &JobProgress::job);
  if (found == jobs_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - jobs_.begin());
}

}  // namespace dandori::cli
