#include "cli/failures.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "cli/progress.h"

namespace dandori::cli {

namespace {

constexpr std::size_t kJobsShown = 5;
constexpr std::uint64_t kTailBytes = 16U << 10U;
constexpr std::size_t kLineColumns = 160;

std::vector<Json> jobs_of(const Json& run) {
  const Json& jobs = run["jobs"];
  return jobs.is_array() ? jobs.items() : Json::Array{};
}

/// Jobs that did not run and lie behind `job`, directly or not, in the definition's order.
std::vector<std::string> held_back_by(const std::vector<Json>& jobs, std::string_view job) {
  std::set<std::string, std::less<>> behind{std::string{job}};
  std::vector<std::string> held;
  // A predecessor may stand below its successor in the file, so passes go on until nothing is
  // added.
  for (bool more = true; more;) {
    more = false;
    for (const Json& item : jobs) {
      const std::string name{item.text_or("job", "")};
      if (item.text_or("state", "") != "not_run" || behind.contains(name)) continue;
      const Json& before = item["depends_on"];
      const bool depends =
          before.is_array() && std::ranges::any_of(before.items(), [&](const Json& p) {
            return p.is_string() && behind.contains(p.as_string());
          });
      if (!depends) continue;
      behind.insert(name);
      more = true;
    }
  }
  for (const Json& item : jobs) {
    const std::string name{item.text_or("job", "")};
    if (name != job && behind.contains(name)) held.push_back(name);
  }
  return held;
}

std::string list_text(const Console& console, const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 10;
  std::string out = fmt::format(
      "{}",
      fmt::join(names.begin(),
                names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), kShown)), ", "));
  if (names.size() > kShown) {
    out += " " + console.text("list.more", {{"n", fmt::to_string(names.size() - kShown)}});
  }
  return printable(out);
}

/// What is kept of the log of an attempt.
std::uint64_t log_bytes_of(const Json& attempt) {
  const std::int64_t kept =
      attempt.integer_or("log_bytes", 0) - attempt.integer_or("log_dropped", 0);
  return static_cast<std::uint64_t>(std::max<std::int64_t>(kept, 0));
}

}  // namespace

std::string end_detail(const Console& console, const Json& attempt) {
  std::vector<std::string> parts;
  const std::int64_t exit_code = attempt.integer_or("exit_code", 0);
  const std::int64_t signal = attempt.integer_or("signal", 0);
  const std::string failure{attempt.text_or("failure", "none")};
  if (failure != "none" && failure != "exit" && failure != "signal") {
    parts.push_back(find_text(console.lang, "failure." + failure).value_or(printable(failure)));
  }
  if (exit_code != 0) {
    parts.push_back(console.text("why.exit_code", {{"exit_code", fmt::to_string(exit_code)}}));
  }
  if (signal > 0) parts.push_back(console.text("why.signal", {{"signal", fmt::to_string(signal)}}));
  // Of an exit or a signal the error says the same again.
  const bool said = failure == "exit" || failure == "signal";
  if (const auto error = attempt.text_or("error", ""); !error.empty() && !said) {
    parts.push_back(printable(error));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::vector<std::string> last_lines(std::string_view text, bool is_whole, std::size_t lines_max) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  std::vector<std::string> lines;
  if (text.empty()) return lines;
  auto parts = split(text, '\n');
  if (!is_whole && parts.size() > 1) parts.erase(parts.begin());
  const std::size_t first = parts.size() > lines_max ? parts.size() - lines_max : 0;
  for (std::size_t i = first; i < parts.size(); ++i) {
    std::string line = printable(trim(parts[i]).empty() ? std::string_view{} : parts[i]);
    while (line.ends_with(' ')) line.pop_back();
    if (display_width(line) > kLineColumns) line = fit_width(line, kLineColumns);
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::string> read_log_end(Remote& remote, const Json& run, std::string_view job,
                                      std::uint64_t bytes, std::size_t lines_max) {
  std::uint64_t size = 0;
  for (const Json& item : jobs_of(run)) {
    const Json& attempts = item["attempts"];
    if (item.text_or("job", "") == job && attempts.is_array() && attempts.size() > 0) {
      size = log_bytes_of(attempts.items().back());
    }
  }
  const std::uint64_t offset = size > bytes ? size - bytes : 0;
  const std::string path =
      fmt::format("{}/jobs/{}/logs?offset={}", run_path(run.text_or("name", "")),
                  http::percent_encode(job), offset);
  std::string text;
  bool cut = offset > 0;
  const auto done = remote.stream(path, {}, std::chrono::seconds{10}, [&](std::string_view piece) {
    text.append(piece);
    if (text.size() > 4 * bytes) {
      text.erase(0, text.size() - 2 * bytes);
      cut = true;
    }
    return true;
  });
  return done ? last_lines(text, !cut, lines_max) : std::vector<std::string>{};
}

std::vector<FailedJob> find_failed(const Console& console, const Json& run) {
  const std::vector<Json> jobs = jobs_of(run);
  std::vector<FailedJob> failed;
  for (const Json& item : jobs) {
    if (!is_failed_state(item.text_or("state", ""))) continue;
    FailedJob job;
    job.job = item.text_or("job", "");
    job.title = item.text_or("title", "");
    job.state = item.text_or("state", "");
    job.held_back = held_back_by(jobs, job.job);
    const Json& attempts = item["attempts"];
    if (attempts.is_array() && attempts.size() > 0) {
      const Json& last = attempts.items().back();
      job.detail = end_detail(console, last);
      job.log_bytes = log_bytes_of(last);
      job.has_log = job.log_bytes > 0 || job.state == "unknown";
    }
    failed.push_back(std::move(job));
  }
  return failed;
}

std::string failed_job_text(const Console& console, std::string_view run, const FailedJob& job) {
  std::string out =
      "  " + styled(state_glyph(job.state), state_style(job.state), console.color_out);
  out += " " + printable(job.job);
  if (!job.title.empty()) out += "  " + printable(job.title);
  out +=
      "  " + styled(state_word(console.lang, job.state), state_style(job.state), console.color_out);
  if (!job.detail.empty()) out += fmt::format("  {}", job.detail);
  out += "\n";
  if (!job.log_lines.empty()) {
    out += "    " + console.text("failure_text.log") + "\n";
    for (const std::string& line : job.log_lines) out += fmt::format("      │ {}\n", line);
    out += fmt::format("    → {} logs {}/{}\n", console.globals.program, printable(run),
                       printable(job.job));
  } else if (!job.has_log) {
    out += "    " + console.text("failure_text.no_log") + "\n";
  }
  if (!job.held_back.empty()) {
    out += "    " +
           console.text("failure_text.held_back", {{"jobs", list_text(console, job.held_back)}}) +
           "\n";
  }
  return out;
}

std::string command_line(const Console& console, std::string_view command, Key what) {
  return fmt::format("  → {} {}    {}\n", console.globals.program, command,
                     styled(console.text(what), Style::faint, console.color_out));
}

std::string failures_text(const Console& console, Remote& remote, const Json& run,
                          std::size_t log_lines_max, bool with_why) {
  const std::string name = printable(run.text_or("name", ""));
  auto failed = find_failed(console, run);
  std::string out;
  for (std::size_t i = 0; i < failed.size() && i < kJobsShown; ++i) {
    if (failed[i].has_log) {
      failed[i].log_lines = read_log_end(remote, run, failed[i].job, kTailBytes, log_lines_max);
      failed[i].has_log = !failed[i].log_lines.empty();
    }
    out += failed_job_text(console, name, failed[i]);
  }
  if (failed.size() > kJobsShown) {
    out += "  " + console.text("list.more", {{"n", fmt::to_string(failed.size() - kJobsShown)}}) +
           "\n";
  }
  if (run.text_or("state", "") == "warning" || failed.empty()) return out;
  out += console.text("failure_text.next") + "\n";
  if (with_why) out += command_line(console, fmt::format("why {}", name), "next.why");
  if (is_ended_state(run.text_or("state", ""))) {
    out += command_line(console, fmt::format("rerun {} --from failed --wait", name), "next.rerun");
  }
  if (run.bool_or("needs_decision", false)) {
    out += command_line(console, fmt::format("confirm {}", name), "next.confirm");
  }
  return out;
}

}  // namespace dandori::cli
