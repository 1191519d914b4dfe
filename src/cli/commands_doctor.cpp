#include <fmt/core.h>

#include <chrono>
#include <optional>
#include <thread>

#include "cli/commands.h"
#include "cli/doctor.h"
#include "cli/remote.h"

namespace dandori::cli {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr Duration kClockOffMax = std::chrono::seconds{5};

void check_clock(const Console& console, Findings& findings, const Json& version) {
  const auto now = read_instant(version["now"]);
  if (!now) return;
  const Timestamp here = wall_now();
  const Duration off = *now > here ? *now - here : here - *now;
  const std::string detail = console.text("doctor.off", {{"span", span_text(off)}});
  if (off <= kClockOffMax) return findings.good("doctor.clock", detail);
  findings.bad("doctor.clock", detail, console.text("doctor.clock.remedy"));
}

void check_agents(const Console& console, Findings& findings, Remote& remote) {
  const auto answer = remote.list("/api/v1/agents", Remote::kWhole);
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
                             {{"workflows", std::to_string(answer->integer_or("workflows", 0))},
                              {"running", std::to_string(runs.integer_or("running", 0))},
                              {"queued", std::to_string(runs.integer_or("queued", 0))},
                              {"audit", std::to_string(answer->integer_or("audit_seq", 0))}}));
  const std::int64_t undecided = runs.integer_or("needs_decision", 0);
  if (undecided > 0) {
    findings.bad("doctor.undecided", std::to_string(undecided),
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

int Findings::finish() const {
  Json answer = Json::object({{"ok", bad_ == 0}, {"items", items_}});
  if (!print_raw(console_, answer, "name")) {
    console_.line(bad_ == 0 ? console_.text("doctor.all_good")
                            : console_.text("doctor.bad", {{"n", std::to_string(bad_)}}));
  }
  return bad_ == 0 ? kOk : kInternal;
}

void Findings::add(Mark mark, Key what, const std::string& detail, const std::string& remedy) {
  if (mark == Mark::bad) ++bad_;
  Json item = Json::object(
      {{"name", what.entry().key.substr(7)}, {"ok", mark != Mark::bad}, {"detail", detail}});
  if (!remedy.empty()) item.set("remedy", remedy);
  items_.push(std::move(item));
  if (!console_.is_table()) return;
  const std::string_view glyph = mark == Mark::good ? "✓" : mark == Mark::note ? "·" : "✕";
  const Style style = mark == Mark::good   ? Style::good
                      : mark == Mark::note ? Style::attention
                                           : Style::bad;
  console_.line(fmt::format("{} {}  {}", styled(glyph, style, console_.color_out),
                            console_.text(what), printable(detail)));
  if (!remedy.empty()) console_.line(fmt::format("    → {}", remedy));
}

int run_doctor(Console& console, const Hosts& hosts, const DoctorOptions& options) {
  if (!options.wait_ready.empty()) {
    const auto limit = parse_duration(options.wait_ready);
    if (!limit) return report(console, limit.error());
    if (const auto problem = wait_until_ready(console, *limit)) {
      report(console, *problem);
      return kUnreachable;
    }
    console.line(console.text("doctor.ready"));
    return kOk;
  }
  Findings findings{console};
  for (const Error& problem : options.config_problems) {
    const std::string hint = problem.hint.empty() ? "" : fmt::format(" ({})", problem.hint);
    findings.bad("doctor.config", problem.message + hint, console.text("doctor.config.remedy"));
  }
  // The server that every other command would talk to: only of a local one its host can be looked
  // at.
  const auto choice = choose_server(console);
  if (!choice) {
    const bool names_none = choice.error().code == "cli.no_server";
    findings.bad("doctor.data",
                 names_none ? console.text("problem.no_data") : choice.error().message,
                 names_none ? console.text("hint.no_data") : choice.error().hint);
    return findings.finish();
  }
  if (const std::string& data = choice->data; !data.empty()) {
    const ServerFile server = read_server_file(console, data);
    check_data(console, findings, data);
    check_disk(console, findings, data);
    check_programs(console, findings, data);
    check_time_zones(console, findings);
    check_cgroup(console, findings);
    check_descriptors(console, findings, server);
    check_process(console, findings, data, server);
    if (!server.is_alive) {  // what would keep it from starting
      check_port(console, findings, options.listen);
      check_store_file(console, findings, hosts, data);
      return findings.finish();
    }
  }
  check_server(console, findings);
  return findings.finish();
}

}  // namespace dandori::cli
