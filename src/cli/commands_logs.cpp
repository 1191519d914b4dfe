#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "cli/commands.h"
#include "cli/remote.h"

namespace dandori::cli {

namespace {

using std::chrono::milliseconds;

/// While following, a quiet job says nothing for as long as it likes.
constexpr milliseconds kQuietMax{60'000};
constexpr milliseconds kPauseMin{100}, kPauseMax{2'000};
constexpr std::size_t kLineBytesMax = 1U << 20U;

/// Hands on what was read: all of it, or only lines with a text in them.
class LogPrinter {
 public:
  LogPrinter(const Console& console, const std::string& wanted)
      : console_{console}, wanted_{wanted} {}

  void take(std::string_view piece) {
    if (wanted_.empty()) return console_.out(piece);
    line_.append(piece);
    std::size_t begin = 0;
    for (std::size_t end; (end = line_.find('\n', begin)) != std::string::npos; begin = end + 1) {
      print({line_.data() + begin, end + 1 - begin});
    }
    line_.erase(0, begin);
    if (line_.size() > kLineBytesMax)
      finish();  // binary output without lines must not fill the memory
  }
  void finish() {
    if (!line_.empty()) print(line_);
    line_.clear();
  }

 private:
  void print(std::string_view line) {
    if (line.contains(wanted_)) console_.out(line);
  }

  const Console& console_;
  const std::string& wanted_;
  std::string line_;
};

/// The attempt whose log is followed is pinned, so that a retry does not mix two logs after a
/// reconnect.
Answer<std::string> log_path(Remote& remote, const Target& target, const LogsOptions& options) {
  std::uint64_t number = options.attempt;
  if (number == 0) {
    const auto job = remote.get(target_path(target));
    if (!job) return std::unexpected(job.error());
    number = static_cast<std::uint64_t>(std::max<std::int64_t>(job->integer_or("attempt", 0), 0));
  }
  std::string path = target_path(target) + "/logs?";
  if (number > 0) path += fmt::format("attempt={}&", number);
  return path + fmt::format("follow={}", options.follow ? 1 : 0);
}

bool is_passing(const Problem& problem) {
  return problem.status == 503 || (problem.status == 0 && problem.error.code.starts_with("http.") &&
                                   problem.error.code != "http.bad_url");
}

}  // namespace

int show_logs(Console& console, const LogsOptions& options) {
  const Target target = parse_target(options.target);
  if (target.job.empty()) {
    return report(console, Error{"cli.usage", console.text("problem.logs_target"),
                                 console.text("hint.logs_target", {{"run", options.target}})});
  }
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const auto path = log_path(*remote, target, options);
  if (!path) return report(console, path.error());

  LogPrinter printer{console, options.grep};
  std::uint64_t offset = 0;
  milliseconds pause = kPauseMin;
  for (;;) {
    const auto done = remote->stream(fmt::format("{}&offset={}", *path, offset), {}, kQuietMax,
                                     [&](std::string_view piece) {
                                       printer.take(piece);
                                       offset += piece.size();
                                       pause = kPauseMin;
                                       return true;
                                     });
    if (done) break;
    if (!options.follow || !is_passing(done.error())) {
      printer.finish();
      return report(console, done.error());
    }
    // The server restarts, or the job was quiet for long: go on behind what was read.
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, kPauseMax);
    remote->find_again();
  }
  printer.finish();
  return kOk;
}

}  // namespace dandori::cli
