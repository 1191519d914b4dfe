#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <chrono>
#include <optional>
#include <thread>

#include "cli/commands.h"
#include "cli/remote.h"

namespace dandori::cli {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::uint64_t kDiskFreeMin = 256U << 20U;
constexpr Duration kClockOffMax = std::chrono::seconds{5};

/// Collects checks: one line each, and the remedy below what is not well.
class Findings {
 public:
  explicit Findings(const Console& console) : console_{console} {}

  void good(Key what, const std::string& detail) { add(true, what, detail, {}); }
  void bad(Key what, const std::string& detail, const std::string& remedy) {
    add(false, what, detail, remedy);
  }
  int finish() const {
    Json answer = Json::object({{"ok", bad_ == 0}, {"items", items_}});
    if (!print_raw(console_, answer, "name")) {
      console_.line(bad_ == 0 ? console_.text("doctor.all_good")
                              : console_.text("doctor.bad", {{"n", fmt::to_string(bad_)}}));
    }
    return bad_ == 0 ? kOk : kInternal;
  }

 private:
  void add(bool is_good, Key what, const std::string& detail, const std::string& remedy) {
    if (!is_good) ++bad_;
    Json item =
        Json::object({{"name", what.entry().key.substr(7)}, {"ok", is_good}, {"detail", detail}});
    if (!remedy.empty()) item.set("remedy", remedy);
    items_.push(std::move(item));
    if (!console_.is_table()) return;
    console_.line(fmt::format(
        "{} {}  {}",
        styled(is_good ? "✓" : "✕", is_good ? Style::good : Style::bad, console_.color_out),
        console_.text(what), printable(detail)));
    if (!remedy.empty()) console_.line(fmt::format("    → {}", remedy));
  }

  const Console& console_;
  Json items_ = Json::array();
  std::size_t bad_ = 0;
};

void check_rights(const Console& console, Findings& findings, Key what, const std::string& path,
                  unsigned wanted) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) {
    return findings.bad(what, path, console.text("doctor.missing.remedy"));
  }
  const unsigned mode = info.st_mode & 0777U;
  const std::string detail = fmt::format("{} ({:04o})", path, mode);
  // Others must not read it; that its owner may do less is their choice.
  if ((mode & ~wanted) == 0) return findings.good(what, detail);
  findings.bad(what, detail,
               console.text("doctor.rights.remedy",
                            {{"mode", fmt::format("{:04o}", wanted)}, {"path", path}}));
}

void check_disk(const Console& console, Findings& findings, const std::string& data) {
  struct statvfs info{};
  if (::statvfs(data.c_str(), &info) != 0) return;
  const std::uint64_t available = std::uint64_t{info.f_bavail} * info.f_frsize;
  const std::string detail = console.text("doctor.free", {{"bytes", bytes_text(available)}});
  if (available >= kDiskFreeMin) return findings.good("doctor.disk", detail);
  findings.bad("doctor.disk", detail, console.text("doctor.disk.remedy"));
}

/// DATA/server.json: is the process it names there?
void check_process(const Console& console, Findings& findings, const std::string& data) {
  const auto text = read_file(console, data + "/server.json", 64U << 10U);
  const auto parsed = text ? parse_json(*text) : std::unexpected(text.error());
  if (!parsed) {
    return findings.bad("doctor.server_file", data + "/server.json",
                        console.text("doctor.server_file.remedy", {{"data", data}}));
  }
  const std::int64_t pid = parsed->integer_or("pid", 0);
  const std::string detail = fmt::format("{} (pid {})", printable(parsed->text_or("url", "")), pid);
  const bool alive =
      pid > 0 && pid <= INT32_MAX && (::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM);
  if (alive) return findings.good("doctor.server_file", detail);
  findings.bad("doctor.server_file", detail,
               console.text("doctor.process.remedy", {{"data", data}}));
}

void check_clock(const Console& console, Findings& findings, const Json& version) {
  const auto now = read_instant(version["now"]);
  if (!now) return;
  const Timestamp here{
      std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch())};
  const Duration off = *now > here ? *now - here : here - *now;
  const std::string detail = console.text("doctor.off", {{"span", span_text(off)}});
  if (off <= kClockOffMax) return findings.good("doctor.clock", detail);
  findings.bad("doctor.clock", detail, console.text("doctor.clock.remedy"));
}

void check_agents(const Console& console, Findings& findings, Remote& remote) {
  const auto answer = remote.get("/api/v1/agents");
  if (!answer) {
    return findings.bad("doctor.agent", answer.error().error.message, answer.error().error.hint);
  }
  const Json& items = (*answer)["items"];
  if (!items.is_array() || items.size() == 0) {
    return findings.bad("doctor.agent", console.text("message.no_agents"),
                        console.text("doctor.agent.remedy"));
  }
  for (const Json& agent : items.items()) {
    const std::string name{agent.text_or("name", "")};
    const std::string detail =
        fmt::format("{} {}/{}", name, agent.integer_or("live", 0), agent.integer_or("slots", 0));
    if (agent.bool_or("connected", false)) {
      findings.good("doctor.agent", detail);
    } else {
      findings.bad("doctor.agent", name, console.text("doctor.agent.remedy"));
    }
  }
}

void check_store(const Console& console, Findings& findings, Remote& remote) {
  const auto answer = remote.get("/api/v1/doctor");
  if (!answer) {
    return findings.bad("doctor.store", answer.error().error.message,
                        console.text("doctor.store.remedy"));
  }
  const Json& runs = (*answer)["runs"];
  findings.good("doctor.store",
                console.text("doctor.counts",
                             {{"workflows", fmt::to_string(answer->integer_or("workflows", 0))},
                              {"running", fmt::to_string(runs.integer_or("running", 0))},
                              {"queued", fmt::to_string(runs.integer_or("queued", 0))},
                              {"audit", fmt::to_string(answer->integer_or("audit_seq", 0))}}));
  const std::int64_t undecided = runs.integer_or("needs_decision", 0);
  if (undecided > 0) {
    findings.bad("doctor.undecided", fmt::to_string(undecided),
                 console.text("doctor.undecided.remedy"));
  }
}

void check_server(const Console& console, Findings& findings) {
  auto remote = Remote::open(console);
  if (!remote) return findings.bad("doctor.reach", remote.error().message, remote.error().hint);
  const std::string& url = remote->place().url;
  const auto version = remote->get("/api/v1/version");
  if (!version) {
    const Problem& problem = version.error();
    const bool other = problem.status != 0 || problem.error.code == "http.protocol";
    return findings.bad("doctor.reach", problem.error.message,
                        other ? console.text("doctor.other_program.remedy", {{"url", url}})
                              : console.text("doctor.reach.remedy", {{"url", url}}));
  }
  findings.good("doctor.reach",
                fmt::format("{} ({})", url, printable(version->text_or("version", "?"))));
  check_clock(console, findings, *version);
  if (const auto ready = remote->get("/readyz"); !ready) {
    findings.bad("doctor.ready", ready.error().error.message, console.text("doctor.ready.remedy"));
  } else {
    findings.good("doctor.ready", url);
  }
  check_agents(console, findings, *remote);
  check_store(console, findings, *remote);
}

/// Tries until /readyz says yes or the time is over; the last problem.
std::optional<Problem> wait_until_ready(const Console& console, Duration limit) {
  const auto deadline = Clock::now() + limit;
  for (milliseconds pause{20};; pause = std::min(pause * 2, milliseconds{500})) {
    std::optional<Problem> problem;
    if (auto remote = Remote::open(console); !remote) {
      problem = Problem{.error = remote.error()};
    } else if (const auto ready = remote->get("/readyz"); !ready) {
      problem = ready.error();
    } else {
      return std::nullopt;
    }
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
    if (left <= milliseconds{0}) return problem;
    std::this_thread::sleep_for(std::min(pause, left));  // nothing tells that a server has come up
  }
}

}  // namespace

int run_doctor(Console& console, const std::string& wait_ready) {
  if (!wait_ready.empty()) {
    const auto limit = parse_duration(wait_ready);
    if (!limit) return report(console, limit.error());
    if (const auto problem = wait_until_ready(console, *limit)) {
      report(console, *problem);
      return kUnreachable;
    }
    console.line(console.text("doctor.ready"));
    return kOk;
  }
  Findings findings{console};
  const std::string data = find_data(console.globals);
  if (console.globals.server.empty() && data.empty()) {
    findings.bad("doctor.data", console.text("problem.no_data"), console.text("hint.no_data"));
    return findings.finish();
  }
  if (console.globals.server.empty()) {
    check_rights(console, findings, "doctor.data", data, 0700);
    check_rights(console, findings, "doctor.token", data + "/admin.token", 0600);
    check_disk(console, findings, data);
    check_process(console, findings, data);
  }
  check_server(console, findings);
  return findings.finish();
}

}  // namespace dandori::cli
