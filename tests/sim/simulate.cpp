// dandori_simulate: random virtual worlds from seeds, each held against the guarantees.
//
//   dandori_simulate SEED                     one seed, with everything that happens in it
//   dandori_simulate --seeds N | --seconds N  many, from --from S (default 1); --jobs N processes
//   (default 2) dandori_simulate --resume                 goes on after the last seed of
//   evidence/sim.txt, adds its last line
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "sim/trial.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::optional<std::uint64_t> one;
  std::uint64_t from = 1;
  std::uint64_t seeds = 1000;
  std::uint64_t seconds = 0;  ///< 0: no bound
  std::uint64_t jobs = 2;
  bool resume = false;
  bool until_failure = false;
};

/// What the workers share with the parent.
struct Shared {
  std::atomic<std::uint64_t> next;
  std::atomic<std::uint64_t> done, failed, commits, attempts, runs;
  std::atomic<bool> stop;
  std::array<std::atomic<std::uint64_t>, 64> current;  ///< seed of each worker
};

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

int usage() {
  fmt::print(stderr,
             "usage: dandori_simulate [SEED] [--seed S] [--seeds N] [--seconds N] [--from S] "
             "[--jobs N] [--resume] "
             "[--until-failure]\n");
  return 2;
}

std::optional<Options> parse(int argc, char** argv) {
  Options options;
  bool bounded = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word{argv[i]};
    if (word == "--resume") {
      options.resume = true;
      continue;
    }
    if (word == "--until-failure") {
      options.until_failure = true;
      continue;
    }
    const bool is_option = word.starts_with("--");
    const auto value = parse_number(!is_option     ? word
                                    : i + 1 < argc ? std::string_view{argv[++i]}
                                                   : "");
    if (!value) return std::nullopt;
    if (!is_option || word == "--seed") {
      options.one = *value;
    } else if (word == "--seeds") {
      options.seeds = *value;
      bounded = true;
    } else if (word == "--seconds") {
      options.seconds = *value;
    } else if (word == "--from") {
      options.from = *value;
    } else if (word == "--jobs") {
      options.jobs = std::clamp<std::uint64_t>(*value, 1, 64);
    } else {
      return std::nullopt;
    }
  }
  if (options.seconds != 0 && !bounded) options.seeds = UINT64_MAX / 2;
  return options;
}

int run_one(std::uint64_t seed) {
  const auto outcome =
      dandori::sim::run_trial(seed, [](const std::string& line) { fmt::print("{}\n", line); });
  std::fflush(stdout);
  if (!outcome.violation.empty()) {
    fmt::print("seed {}: {}\n", seed, outcome.violation);
    return 1;
  }
  fmt::print("seed {}: 0 violations ({} runs, {} attempts, {} commits)\n", seed, outcome.runs,
             outcome.attempts, outcome.commits);
  return 0;
}

/// One worker process: takes seeds until there are none.
void work(Shared& shared, std::size_t worker, std::uint64_t last, bool until_failure) {
  while (!shared.stop) {
    const std::uint64_t seed = shared.next++;
    if (seed > last) return;
    shared.current[worker] = seed;
    const auto outcome = dandori::sim::run_trial(seed);
    shared.current[worker] = 0;
    ++shared.done;
    shared.commits += outcome.commits;
    shared.attempts += outcome.attempts;
    shared.runs += outcome.runs;
    if (outcome.violation.empty()) continue;
    ++shared.failed;
    fmt::print("seed {}: {}\n", seed, outcome.violation);
    std::fflush(stdout);
    if (until_failure) shared.stop = true;
  }
}

pid_t begin_worker(Shared& shared, std::size_t worker, std::uint64_t last, bool until_failure) {
  std::fflush(stdout);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  work(shared, worker, last, until_failure);
  std::fflush(stdout);
  ::_exit(0);
}

constexpr const char* kEvidence = "evidence/sim.txt";

/// The seed after the last line's: `seeds A..B: …`.
std::uint64_t resume_from() {
  std::ifstream file{kEvidence};
  std::uint64_t next = 1;
  const std::regex form{R"(seeds \d+\.\.(\d+):.*)"};
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (std::regex_match(line, match, form)) next = parse_number(match[1].str()).value_or(0) + 1;
  }
  return next;
}

int run_many(const Options& options) {
  const std::uint64_t from = options.resume ? resume_from() : options.from;
  const std::uint64_t last = from + options.seeds - 1;
  void* memory =
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    fmt::print(stderr, "cannot share memory between workers\n");
    return 2;
  }
  Shared& shared = *new (memory) Shared{};
  shared.next = from;
  const auto began = Clock::now();
  std::vector<pid_t> workers;
  for (std::size_t i = 0; i < options.jobs; ++i) {
    workers.push_back(begin_worker(shared, i, last, options.until_failure));
  }
  std::size_t open = workers.size();
  while (open > 0) {
    if (options.seconds != 0 && Clock::now() - began >= std::chrono::seconds{options.seconds})
      shared.stop = true;
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid <= 0) {
      ::poll(nullptr, 0, 50);
      continue;
    }
    const auto worker =
        static_cast<std::size_t>(std::find(workers.begin(), workers.end(), pid) - workers.begin());
    const bool crashed = WIFSIGNALED(status) || WEXITSTATUS(status) != 0;
    if (!crashed || worker >= workers.size()) {
      --open;
      continue;
    }
    // An assertion is a violation too; the rest of the seeds goes on in a new worker.
    fmt::print("seed {}: the program stopped ({} {})\n", shared.current[worker].load(),
               WIFSIGNALED(status) ? "signal" : "exit",
               WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    ++shared.failed;
    ++shared.done;
    if (options.until_failure) shared.stop = true;
    workers[worker] = begin_worker(shared, worker, last, options.until_failure);
  }
  const double hours = std::chrono::duration<double>(Clock::now() - began).count() / 3600;
  const std::uint64_t done = shared.done, failed = shared.failed;
  const std::uint64_t end = std::min(shared.next.load() - 1, last);
  const std::string line = fmt::format("{} seeds, {} violations, {:.0f} seeds/h", done, failed,
                                       static_cast<double>(done) / hours);
  fmt::print("seeds {}..{}: {} runs, {} attempts, {} commits\n{}\n", from, end, shared.runs.load(),
             shared.attempts.load(), shared.commits.load(), line);
  if (options.resume) {
    std::filesystem::create_directories("evidence");
    std::ofstream{kEvidence, std::ios::app} << fmt::format("seeds {}..{}: {}\n", from, end, line);
  }
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = parse(argc, argv);
  if (!options) return usage();
  return options->one ? run_one(*options->one) : run_many(*options);
}
