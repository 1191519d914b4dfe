#include "cli/progress_view.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <utility>
#include <vector>

#include "base/text.h"

namespace dandori::cli {

namespace {

struct Size {
  std::size_t rows = 24, columns = 80;
};

Size terminal_size() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return {};
  return {size.ws_row, size.ws_col};
}

/// Order of interest when not all jobs fit.
int rank(const JobProgress& job) {
  if (is_failed_state(job.state)) return 0;
  if (job.state == "running" || job.state == "starting" || job.state == "stopping") return 1;
  if (job.state == "retry_wait") return 2;
  return is_ended_state(job.state) ? 4 : 3;
}

std::vector<const JobProgress*> choose_jobs(const std::vector<JobProgress>& jobs,
                                            std::size_t rows) {
  std::vector<const JobProgress*> chosen;
  for (const JobProgress& job : jobs) chosen.push_back(&job);
  if (chosen.size() <= rows) return chosen;
  std::ranges::sort(chosen, {}, [](const JobProgress* job) { return std::pair{rank(*job), job}; });
  chosen.resize(rows);
  std::ranges::sort(chosen);  // the definition's order again
  return chosen;
}

std::string head_line(const Console& console, const Progress& progress, Duration elapsed) {
  const std::string state = styled(console.state_cell(progress.state()),
                                   state_style(progress.state()), console.color_err);
  return fmt::format("{}  {}  {}/{}  {}", printable(progress.run()), state, progress.ended_jobs(),
                     progress.jobs().size(), span_text(elapsed));
}

}  // namespace

std::string job_line(const Console& console, const JobProgress& job, std::optional<Timestamp> now) {
  std::string line = styled(state_glyph(job.state), state_style(job.state), console.color_err);
  line += " " + printable(job.job);
  if (!job.title.empty()) line += "  " + printable(job.title);
  line +=
      "  " + styled(state_word(console.lang, job.state), state_style(job.state), console.color_err);
  if (job.took) {
    line += "  " + span_text(*job.took);
  } else if (now && job.started_at && !is_ended_state(job.state)) {
    line += "  " + span_text(std::max(Duration{0}, *now - *job.started_at));
  }
  if (job.attempt > 1)
    line += "  " + console.text("progress.attempt", {{"n", std::to_string(job.attempt)}});
  if (job.exit_code && *job.exit_code != 0) {
    line += "  " + console.text("why.exit_code", {{"exit_code", std::to_string(*job.exit_code)}});
  } else if (!job.failure.empty() && job.failure != "exit") {
    line += "  " + find_text(console.lang, "failure." + job.failure).value_or(job.failure);
  }
  return line;
}

std::string progress_block(const Console& console, const Progress& progress, std::size_t rows,
                           Timestamp begin, Timestamp now) {
  const std::size_t room = std::max<std::size_t>(rows, 4) - 2;
  std::string block = head_line(console, progress, std::max(Duration{0}, now - begin)) + "\n";
  const auto chosen = choose_jobs(progress.jobs(), room);
  for (const JobProgress* job : chosen) block += "  " + job_line(console, *job, now) + "\n";
  if (const std::size_t hidden = progress.jobs().size() - chosen.size(); hidden > 0) {
    block += "  " + console.text("progress.more", {{"n", std::to_string(hidden)}}) + "\n";
  }
  return block;
}

ProgressView::ProgressView(const Console& console)
    : console_{console},
      live_{!console.globals.quiet && ::isatty(STDERR_FILENO) == 1},
      begin_{wall_now()} {
  if (live_) ticker_ = std::jthread{[this](const std::stop_token& stop) { tick(stop); }};
}

ProgressView::~ProgressView() {
  if (!live_) return;
  ticker_.request_stop();
  ticker_.join();  // the last block stays on the screen
}

void ProgressView::tick(const std::stop_token& stop) {
  std::condition_variable_any wake;
  std::unique_lock lock{mutex_};
  while (
      !wake.wait_for(lock, stop, std::chrono::seconds{1}, [&] { return stop.stop_requested(); })) {
    draw();
  }
}

void ProgressView::show(const Progress& progress) {
  if (!live_) return;
  const std::lock_guard lock{mutex_};
  copy_ = progress;
  progress_ = &copy_;
  draw();
}

void ProgressView::job_changed(const Progress& progress, std::size_t job, Timestamp at) {
  if (live_) return show(progress);
  console_.say(fmt::format("{}  {}", console_.clock(at),
                           job_line(console_, progress.jobs()[job], std::nullopt)));
}

void ProgressView::note(const std::string& line) {
  const std::lock_guard lock{mutex_};
  erase();
  console_.warn(line);
  draw();
}

void ProgressView::erase() {
  if (drawn_lines_ > 0) std::fputs(fmt::format("\x1b[{}A\x1b[J", drawn_lines_).c_str(), stderr);
  drawn_lines_ = 0;
  std::fflush(stderr);
}

void ProgressView::draw() {
  if (progress_ == nullptr) return;
  const Size size = terminal_size();
  const std::string block = progress_block(console_, *progress_, size.rows, begin_, wall_now());
  std::string out;
  if (drawn_lines_ > 0) out = fmt::format("\x1b[{}A\x1b[J", drawn_lines_);
  drawn_lines_ = 0;
  // Lines that wrapped would be counted wrongly: wrapping is off while the block is written.
  out += "\x1b[?7l" + block + "\x1b[?7h";
  drawn_lines_ = static_cast<std::size_t>(std::ranges::count(block, '\n'));
  std::fputs(out.c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace dandori::cli
