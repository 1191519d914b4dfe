#include "cli/top_feed.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/explain.h"
#include "cli/failures.h"
#include "cli/progress.h"
#include "cli/why_text.h"

namespace dandori::cli {

namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds kFeedPace{500};
constexpr milliseconds kUsualAge{60'000};
constexpr std::size_t kActiveMax = 200, kFailuresMax = 50, kDetailsMax = 30, kUsualRuns = 20;
constexpr std::size_t kFeedLogLines = 400, kNoteLines = 6;
constexpr std::uint64_t kLogBytes = 64U << 10U;

std::uint64_t count_of(const Json& item, std::string_view name) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(item.integer_or(name, 0), 0));
}

TopRun read_run(const Json& item) {
  TopRun run;
  run.name = item.text_or("name", "");
  run.title = item.text_or("title", "");
  run.state = item.text_or("state", "");
  run.business_date = item.text_or("business_date", "");
  run.started_at = read_instant(item["started_at"]);
  run.ended_at = read_instant(item["ended_at"]);
  if (item.bool_or("suspended", false)) run.state = "suspended";
  if (item.bool_or("held", false)) run.state = "held";
  return run;
}

TopJob read_job(const Console& console, const Json& item) {
  TopJob job;
  job.job = item.text_or("job", "");
  job.title = item.text_or("title", "");
  job.state = item.text_or("state", "");
  job.attempt = item.integer_or("attempt", 0);
  const Json& attempts = item["attempts"];
  const bool tried = attempts.is_array() && attempts.size() > 0 && job.state != "not_run";
  if (!tried) return job;
  const Json& last = attempts.items().back();
  job.started_at = read_instant(last["started_at"]);
  const auto ended = read_instant(last["ended_at"]);
  if (job.started_at && ended && *ended >= *job.started_at) job.took = *ended - *job.started_at;
  if (is_failed_state(job.state)) job.detail = end_detail(console, last);
  return job;
}

/// The jobs that matter for one line: at work, else at fault.
std::string note_of(const Json& run) {
  std::vector<std::string> working, failed;
  for (const Json& job : run["jobs"].is_array() ? run["jobs"].items() : Json::Array{}) {
    const std::string_view state = job.text_or("state", "");
    const bool is_working = state == "running" || state == "starting" || state == "stopping";
    if (is_working) working.emplace_back(job.text_or("job", ""));
    if (is_failed_state(state)) failed.emplace_back(job.text_or("job", ""));
  }
  const auto& shown = failed.empty() ? working : failed;
  return fmt::format("{}", fmt::join(shown, ", "));
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (const std::string_view line : split(text, '\n')) lines.emplace_back(line);
  while (!lines.empty() && trim(lines.back()).empty()) lines.pop_back();
  return lines;
}

}  // namespace

TopFeed::TopFeed(Console& console, Remote remote, int wake_fd)
    : console_{console}, remote_{std::move(remote)}, wake_fd_{wake_fd} {
  work_.url = remote_.place().url;
  shown_ = work_;
  thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
}

TopFeed::~TopFeed() {
  thread_.request_stop();
  changed_.notify_all();
}

TopSnapshot TopFeed::snapshot() {
  const std::lock_guard lock{mutex_};
  return shown_;
}

std::string TopFeed::take_message() {
  const std::lock_guard lock{mutex_};
  return std::exchange(message_, {});
}

void TopFeed::look_at(const TopFocus& focus) {
  const std::lock_guard lock{mutex_};
  if (focus_ == focus) return;
  focus_ = focus;
  hurry_ = true;
  changed_.notify_all();
}

void TopFeed::order(const TopOrder& order) {
  const std::lock_guard lock{mutex_};
  orders_.push_back(order);
  hurry_ = true;
  changed_.notify_all();
}

void TopFeed::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_, &one, sizeof one);
}

void TopFeed::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    step();
    wake();
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, stop, kFeedPace, [this] { return hurry_; });
    hurry_ = false;
  }
}

void TopFeed::step() {
  std::vector<TopOrder> orders;
  TopFocus focus;
  {
    const std::lock_guard lock{mutex_};
    orders = std::exchange(orders_, {});
    focus = focus_;
  }
  for (const TopOrder& order : orders) {
    std::string said = perform(order);
    again_ = true;
    const std::lock_guard lock{mutex_};
    message_ = std::move(said);
  }
  if (!(work_.focus == focus)) again_ = true;
  if (read_counts(work_) || again_) {
    again_ = false;
    read_runs(work_);
  }
  // A running job's log grows without a line in the journal.
  read_focus(work_, focus);
  const std::lock_guard lock{mutex_};
  shown_ = work_;
}

/// True: something has changed since the last time.
bool TopFeed::read_counts(TopSnapshot& next) {
  const auto version = remote_.get("/api/v1/version");
  const auto answer = version ? remote_.get("/api/v1/doctor") : version;
  if (!answer) {
    next.trouble = console_.text("top.lost") + " (" + answer.error().error.code + ")";
    again_ = true;
    remote_.find_again();
    return false;
  }
  next.trouble.clear();
  next.url = remote_.place().url;
  if (const auto now = read_instant((*version)["now"])) next.now = *now;
  const Json& runs = (*answer)["runs"];
  next.running = count_of(runs, "running");
  next.queued = count_of(runs, "queued");
  next.needs_decision = count_of(runs, "needs_decision");
  next.live = count_of((*answer)["attempts"], "live");
  next.waiting = count_of((*answer)["attempts"], "waiting");
  next.agents = count_of((*answer)["agents"], "known");
  next.agents_connected = count_of((*answer)["agents"], "connected");
  next.next_start = read_instant((*answer)["next_start"]);
  const std::int64_t before = std::exchange(seq_, answer->integer_or("journal_seq", 0));
  return seq_ != before;
}

void TopFeed::read_runs(TopSnapshot& next) {
  if (!next.trouble.empty()) return;
  const auto active =
      remote_.list("/api/v1/runs?state=running,stopping,suspended,queued", kActiveMax);
  const auto failures = remote_.list("/api/v1/runs?state=failed,killed", kFailuresMax);
  if (!active || !failures) {
    again_ = true;
    return;
  }
  next.active.clear();
  next.failures.clear();
  std::size_t details = 0;
  for (const Json& item : items_of((*active)["items"])) {
    TopRun run = read_run(item);
    if (++details <= kDetailsMax) read_details(run);
    read_usual(run, std::string{item.text_or("workflow", "")});
    next.active.push_back(std::move(run));
  }
  for (const Json& item : items_of((*failures)["items"])) {
    if (item.bool_or("confirmed", false)) continue;
    TopRun run = read_run(item);
    if (++details <= kDetailsMax) read_details(run);
    next.failures.push_back(std::move(run));
  }
}

void TopFeed::read_details(TopRun& run) {
  const auto answer = remote_.get(run_path(run.name));
  if (!answer) return;
  run.note = note_of(*answer);
  const Json& jobs = (*answer)["jobs"];
  run.jobs = jobs.size();
  for (const Json& job : jobs.is_array() ? jobs.items() : Json::Array{}) {
    if (is_ended_state(job.text_or("state", ""))) ++run.jobs_ended;
  }
}

/// Median of what the workflow's last good runs took.
void TopFeed::read_usual(TopRun& run, const std::string& workflow) {
  Usual& known = usual_[workflow];
  const auto now = SteadyClock::now();
  if (known.read_at == SteadyClock::time_point{} || now - known.read_at > kUsualAge) {
    known.read_at = now;
    std::vector<Duration> spans;
    const auto answer = remote_.list(fmt::format("/api/v1/runs?workflow={}&state=succeeded,warning",
                                                 http::percent_encode(workflow)),
                                     kUsualRuns);
    for (const Json& item : answer ? items_of((*answer)["items"]) : Json::Array{}) {
      const auto started = read_instant(item["started_at"]);
      const auto ended = read_instant(item["ended_at"]);
      // A rerun's span holds the time until somebody reran it.
      const bool fair = item.integer_or("reruns", 0) == 0;
      if (fair && started && ended && *ended > *started) spans.push_back(*ended - *started);
    }
    std::ranges::sort(spans);
    known.took = spans.empty() ? std::nullopt : std::optional{spans[spans.size() / 2]};
  }
  run.usual = known.took;
}

void TopFeed::read_focus(TopSnapshot& next, const TopFocus& focus) {
  if (!next.trouble.empty()) return;
  const bool is_new = !(next.focus == focus);
  if (is_new && next.focus.run != focus.run) next.jobs.clear();
  next.focus = focus;
  if (is_new) next.text.clear();
  if (focus.run.empty()) return;
  const auto run = remote_.get(run_path(focus.run));
  if (!run) return;
  next.jobs.clear();
  for (const Json& job : (*run)["jobs"].is_array() ? (*run)["jobs"].items() : Json::Array{}) {
    next.jobs.push_back(read_job(console_, job));
  }
  read_text(next, *run);
}

/// The end of the log, or why: of a failed job both.
void TopFeed::read_text(TopSnapshot& next, const Json& run) {
  const TopFocus& focus = next.focus;
  if (focus.job.empty()) return;
  const Target target{focus.run, focus.job};
  const auto found = std::ranges::find(next.jobs, focus.job, &TopJob::job);
  const bool failed = found != next.jobs.end() && is_failed_state(found->state);
  std::vector<std::string> text;
  if (!focus.log) {
    const auto why = remote_.get(target_path(target) + "/why");
    if (why) text = lines_of(reasons_text(console_, (*why)["reasons"], focus.run, 0, run));
  }
  if (focus.log || failed) {
    const std::size_t wanted = focus.log ? kFeedLogLines : kNoteLines;
    for (std::string& line : read_log_end(remote_, run, focus.job, kLogBytes, wanted)) {
      text.push_back(std::move(line));
    }
  }
  next.text = std::move(text);
}

std::string TopFeed::perform(const TopOrder& order) {
  const std::string target = order.job.empty() ? order.run : order.run + "/" + order.job;
  std::string path = target_path({order.run, order.job});
  if (order.kind == TopOrder::Kind::rerun) {
    path = run_path(order.run) + ":rerun";
  } else if (order.job.empty()) {
    // A run that has started cannot be held any more; it can be suspended.
    const bool is_queued = order.state == "queued";
    if (order.state == "suspended") {
      path += ":resume";
    } else if (order.state == "held") {
      path += ":release";
    } else {
      path += is_queued ? ":hold" : ":suspend";
    }
  } else {
    path += order.state == "held" ? ":release" : ":hold";
  }
  const auto answer = remote_.post(path, Json::object());
  if (!answer) {
    const Error& error = answer.error().error;
    std::string summary;  // in one line: there is no room for more
    for (const std::string_view line : split(page_summary(error.code, console_.lang), '\n')) {
      if (!trim(line).empty()) summary.append(" ").append(trim(line));
    }
    return fmt::format("{}: {} [{}]{} {}", target, error.message, error.code, summary, error.hint);
  }
  return console_.text("top.done", {{"target", target}});
}

}  // namespace dandori::cli
