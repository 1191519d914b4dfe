#include "cli/wait.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "cli/failures.h"
#include "cli/progress_view.h"
#include "http/sse.h"

namespace dandori::cli {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// A server that says nothing for this long, not even a comment (every 15 s), has gone.
constexpr milliseconds kSilenceMax{40'000};
constexpr milliseconds kWaitPauseMin{50}, kWaitPauseMax{2'000};

/// One wait: the run as far as it is known, and the way back to the server when it goes away.
class Waiter {
 public:
  Waiter(Console& console, Remote& remote, const WaitRequest& request)
      : remote_{remote},
        console_{console},
        request_{request},
        progress_{request.since},
        view_{console} {
    if (request.timeout) deadline_ = Clock::now() + *request.timeout;
  }

  /// nullopt: ended, `run()` is its last form; else the exit code.
  std::optional<int> wait() {
    for (;;) {
      if (is_late()) return kStillRunning;
      if (const auto lost = refresh()) {
        if (*lost) return report(console_, **lost);
      } else if (progress_.is_ended()) {
        return std::nullopt;
      } else if (const auto failed = follow()) {
        return report(console_, *failed);
      }
      if (!is_late() && !connected_) pause();
    }
  }
  const Json& run() const { return run_; }

 private:
  /// Reads the run. Outer nullopt: done. Inner: a failure that waiting does not mend.
  std::optional<std::optional<Problem>> refresh() {
    auto answer = remote_.get(run_path(request_.run));
    if (!answer) {
      if (!is_passing(answer.error())) return std::optional{answer.error()};
      lose();
      return std::optional<Problem>{};
    }
    find_back();
    run_ = std::move(*answer);
    progress_.load(run_);
    view_.show(progress_);
    return std::nullopt;
  }

  /// Takes events until the run has ended, the stream breaks or the time is over.
  std::optional<Problem> follow() {
    http::SseReader reader{[this](const http::SseEvent& event) { take(event); }};
    reopen_ = false;
    const auto done = remote_.stream(run_path(request_.run) + "/events", last_id_, silence(),
                                     [&](std::string_view piece) {
                                       reader.feed(piece);
                                       return !reopen_ && !is_late();
                                     });
    if (done) {
      // Either this side has enough, or the server ended it while stopping.
      connected_ = reopen_;
      if (!reopen_ && !is_late()) lose();
      return std::nullopt;
    }
    if (!is_passing(done.error())) return done.error();
    if (!is_late()) lose();
    return std::nullopt;
  }

  void take(const http::SseEvent& event) {
    if (!event.id.empty()) last_id_ = event.id;
    const auto line = parse_json(event.data);
    if (!line) return;
    std::size_t job = 0;
    switch (progress_.take(*line, job)) {
      case Change::none:
        return;
      case Change::job:
        return view_.job_changed(progress_, job, read_instant((*line)["at"]).value_or(Timestamp{}));
      case Change::run_state:
        return view_.show(progress_);
      case Change::run_ended:
      case Change::run_reopened:
        reopen_ = true;  // the whole run is read again: also what has no event of its own
        return;
    }
  }

  /// A failure that time may mend: the server is starting again.
  static bool is_passing(const Problem& problem) {
    const std::string& code = problem.error.code;
    return problem.status == 503 || problem.status == 429 ||
           (problem.status == 0 && code.starts_with("http.") && code != "http.bad_url");
  }

  void lose() {
    connected_ = false;
    if (told_) return;
    told_ = true;
    view_.note(console_.text("wait.lost"));
  }

  void find_back() {
    connected_ = true;
    pause_ = kWaitPauseMin;
    if (told_) view_.note(console_.text("wait.back"));
    told_ = false;
  }

  /// Longer at every try: a server that restarts is found soon, one that is away is not hammered.
  void pause() {
    std::this_thread::sleep_for(std::min(pause_, silence()));
    pause_ = std::min(pause_ * 2, kWaitPauseMax);
    remote_.find_again();
  }

  milliseconds silence() const {
    if (!deadline_) return kSilenceMax;
    const auto left = std::chrono::duration_cast<milliseconds>(*deadline_ - Clock::now());
    return std::clamp(left, milliseconds{1}, kSilenceMax);
  }
  bool is_late() const { return deadline_ && Clock::now() >= *deadline_; }

  Remote& remote_;
  Console& console_;
  const WaitRequest& request_;
  Progress progress_;
  ProgressView view_;
  Json run_;
  std::string last_id_;
  std::optional<Clock::time_point> deadline_;
  milliseconds pause_ = kWaitPauseMin;
  bool connected_ = true;
  bool reopen_ = false;
  bool told_ = false;
};

void print_end(Console& console, const Json& run) {
  const std::string_view state = run.text_or("state", "");
  const auto started = read_instant(run["started_at"]);
  const auto ended = read_instant(run["ended_at"]);
  std::string line =
      fmt::format("{}  {}", printable(run.text_or("name", "")),
                  styled(console.state_cell(state), state_style(state), console.color_out));
  if (started && ended && *ended >= *started) line += "  " + span_text(*ended - *started);
  line += fmt::format("  {} {}", console.text("field.business_date"),
                      run.text_or("business_date", "-"));
  console.line(line);
}

}  // namespace

int wait_for_run(Console& console, Remote& remote, const WaitRequest& request) {
  if (const auto zone = remote.load_zone(console); !zone && zone.error().status != 0) {
    return report(console, zone.error());
  }
  Json run;
  {
    Waiter waiter{console, remote, request};  // its view stops drawing before the result is told
    if (const auto code = waiter.wait()) {
      if (*code == kStillRunning) {
        console.warn(console.text("wait.timeout", {{"run", printable(request.run)}}));
      }
      return *code;
    }
    run = waiter.run();
  }
  const std::string_view state = run.text_or("state", "");
  if (!print_raw(console, run, "name")) {
    print_end(console, run);
    if (exit_code_of_run(state) != kOk) console.out(failures_text(console, remote, run));
  }
  return exit_code_of_run(state);
}

}  // namespace dandori::cli
