#include "sim/generate.h"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/core.h>

namespace dandori::sim {

namespace {

template <std::size_t N>
std::string_view pick(Random& random, const std::string_view (&words)[N]) {
  return words[random.below(N)];
}

std::string retry_text(Random& random) {
  const std::string rule =
      fmt::format("max: {}, interval: {}s", 1 + random.below(3), random.below(40));
  switch (random.below(5)) {
    case 0:
      return fmt::format("{}", 1 + random.below(2));
    case 1:
      return fmt::format("{{{}, backoff: 2, max_interval: 50s}}", rule);
    case 2:
      return fmt::format("{{{}, jitter: full}}", rule);
    case 3:
      return fmt::format("[{{on: [\"exit:3\", timeout], {}}}, {{on: [signal, lost], {}}}]", rule,
                         rule);
    default:
      return fmt::format("{{{}}}", rule);
  }
}

/// Which jobs come before: by the shape of the workflow.
std::set<std::uint32_t> before(Random& random, std::uint32_t shape, std::uint32_t job) {
  std::set<std::uint32_t> jobs;
  if (job == 0) return jobs;
  if (shape == 0) jobs.insert(job - 1);  // chain
  if (shape == 1) jobs.insert(0);        // fan out
  if (shape == 2) {                      // layers of three
    const std::uint32_t layer = job / 3 * 3;
    for (std::uint32_t i = layer >= 3 ? layer - 3 : layer; i < layer; ++i) jobs.insert(i);
  }
  if (shape == 3) {  // anything
    const std::uint64_t count = random.below(4);
    for (std::uint64_t i = 0; i < count; ++i) jobs.insert(random.below32(job));
  }
  return jobs;
}

/// noops: they never fail, so nothing may wait for that.
std::string depends_text(Random& random, const std::set<std::uint32_t>& jobs,
                         const std::set<std::uint32_t>& noops) {
  std::string text = "[";
  for (const std::uint32_t job : jobs) {
    if (text.size() > 1) text += ", ";
    if (random.chance(75) || noops.contains(job)) {
      text += fmt::format("j{}", job);
    } else {
      text += fmt::format(
          "{{job: j{}, state: [{}]}}", job,
          pick(random, {"succeeded, warning", "failed, killed", "succeeded, failed", "failed",
                        "succeeded, warning, failed, killed, bypassed", "warning, not_run"}));
    }
  }
  return text + "]";
}

std::string join_text(Random& random, std::size_t count) {
  if (count < 2 || random.chance(60)) return {};
  if (random.chance(50)) return ", join: any";
  return fmt::format(", join: {{at_least: {}}}", 1 + random.below(count));
}

std::string job_text(Random& random, std::uint32_t job, std::uint32_t shape,
                     const std::vector<std::string>& agents, std::set<std::uint32_t>& noops,
                     bool with_dates) {
  std::string text = random.chance(12) ? "type: noop" : "run: [work, now]";
  const bool is_noop = text.starts_with("type");
  if (is_noop && with_dates && random.chance(40))
    text = "type: business_date, with: {name: d0, unit: day}";
  if (with_dates && random.chance(15)) {
    text += pick(random, {", runs_on: {calendar: c0}", ", runs_on: {days: {weekdays: [fri, mon]}}",
                          ", runs_on: {calendar: c1}"});
  }
  const std::set<std::uint32_t> jobs = before(random, shape, job);
  if (!jobs.empty()) {
    text += ", depends_on: " + depends_text(random, jobs, noops);
    text += join_text(random, jobs.size());
  }
  if (random.chance(5)) text += ", enabled: false";
  if (is_noop) {
    noops.insert(job);
    return text;
  }
  if (agents.size() > 1 && random.chance(60)) {
    text += fmt::format(", agent: {}", agents[random.below(agents.size())]);
  }
  if (random.chance(40)) text += ", retry: " + retry_text(random);
  // What may run for ever ends some day.
  text += fmt::format(", timeout: {}s", 40 + random.below(200));
  if (random.chance(30)) text += fmt::format(", grace: {}s", random.below(12));
  if (random.chance(30)) text += ", exit_codes: {warning: [4-6], success: [9]}";
  text += fmt::format(", on_lost: {}", pick(random, {"hold", "fail", "rerun", "rerun"}));
  if (random.chance(10)) text += fmt::format(", start_within: {}s", 5 + random.below(60));
  if (random.chance(15)) text += fmt::format(", priority: {}", random.below(101));
  if (random.chance(10)) text += ", idempotent: false";
  if (random.chance(20)) text += ", env: {N: \"${{ params.n }}\"}";
  if (!jobs.empty() && random.chance(8)) {
    text += fmt::format(", stdin: \"${{{{ jobs.j{}.outputs.n }}}}\"", *jobs.begin());
  }
  return text;
}

/// A schedule of one of the forms that look at calendars, ends of runs and other workflows.
std::string dated_trigger(Random& random, const std::string& name) {
  std::string text = "{type: schedule";
  switch (random.below(4)) {
    case 0:
      text += fmt::format(", every: {}m", 1 + random.below(6));
      break;
    case 1:
      text += fmt::format(", every: {}s, from_end: true", 20 + random.below(200));
      break;
    case 2:
      text += fmt::format(", times: [\"00:{:02}\", \"24:{:02}\"]", 15 + random.below(10),
                          random.below(10));
      break;
    default:
      text += fmt::format(", cron: \"*/{} * * * *\"", 1 + random.below(5));
      break;
  }
  if (random.chance(70)) {
    text += fmt::format(", calendar: {}, on_closed_day: {}", pick(random, {"c0", "c1"}),
                        pick(random, {"skip", "run", "next", "previous"}));
  }
  if (name != "w0" && random.chance(30)) text += ", exclude: {workflows: [w0]}";
  if (random.chance(20) && text.find("from_end") == std::string::npos) text += ", jitter: 20s";
  return text + fmt::format(", catch_up: {}}}", pick(random, {"all", "latest", "none"}));
}

std::string triggers_text(Random& random) {
  const std::string catch_up = fmt::format(
      "{}",
      pick(random, {"all", "latest", "none", "{within: 4m}", "{policy: latest, within: 10m}"}));
  std::string text = "triggers:\n";
  text +=
      fmt::format("  t1: {{type: schedule, cron: \"*/{} * * * *\", timezone: {}, catch_up: {}}}\n",
                  pick(random, {"1", "2", "5", "7", "15"}),
                  pick(random, {"UTC", "Asia/Tokyo", "America/New_York"}), catch_up);
  if (random.chance(30)) {
    text +=
        fmt::format("  t2: {{type: once, at: \"2026-11-20T00:{:02}:00Z\"}}\n", random.below(30));
  }
  if (random.chance(20)) text += "  t3: {type: schedule, cron: \"*/10 * * * *\", params: {n: 7}}\n";
  return text;
}

}  // namespace

std::string make_calendars(Random random) {
  std::string text;
  for (const std::string_view name : {"c0", "c1"}) {
    text += fmt::format("kind: Calendar\nname: {}\ntimezone: UTC\nday_starts_at: \"00:{:02}\"\n",
                        name, random.chance(50) ? random.below(15) : 0);
    if (random.chance(30))
      text += fmt::format("effective_from: \"2026-11-{}\"\n", 18 + random.below(4));
    text += "rules:\n";
    for (int day = 18; day <= 23; ++day) {
      if (random.chance(40)) text += fmt::format("  - {{closed: \"2026-11-{}\"}}\n", day);
    }
    text += fmt::format("  - {{closed: {{weekdays: [{}]}}}}\n",
                        pick(random, {"sun", "wed", "sat, sun"}));
    if (name == "c0") text += "---\n";
  }
  return text;
}

std::string make_business_dates(Random random) {
  const std::uint64_t start = 14 + random.below(6);
  return fmt::format(
      "kind: BusinessDate\nname: d0\ncalendar: c0\nunit: day\nadvance: {{by: job}}\nstart: "
      "\"2026-11-{}\"\n---\n"
      "kind: BusinessDate\nname: d1\ncalendar: c1\nadvance: {{at: \"24:{:02}\"}}\nstart: "
      "\"2026-11-{}\"\n---\n"
      "kind: BusinessDate\nname: d2\nadvance: {{at: \"24:{:02}\", after: [w0]}}\nstart: "
      "\"2026-11-19\"\n",
      start, random.below(25), start, random.below(25));
}

WorkflowShape make_workflow(Random random, const std::string& name,
                            const std::vector<std::string>& agents, bool with_triggers,
                            bool with_dates, std::uint32_t jobs_max) {
  WorkflowShape shape;
  shape.name = name;
  std::string& text = shape.text;
  text += fmt::format(
      "overlap: {}\n",
      pick(random, {"queue", "queue", "{policy: queue, max_queue: 2}", "skip", "replace", "block",
                    "{policy: parallel, max: 2}", "{policy: parallel, max: 5}"}));
  text += fmt::format("on_previous_failure: {}\n",
                      pick(random, {"run", "run", "run", "rerun", "hold"}));
  text += "params: {n: {type: int, default: 3}}\n";
  const std::string triggers = triggers_text(random);
  const std::string dated = dated_trigger(random, name);
  const bool has_triggers = random.chance(50);
  const bool has_dated = random.chance(50) && with_dates;
  if (with_triggers && (has_triggers || has_dated)) {
    text += has_triggers ? triggers : "triggers:\n";
    if (has_dated) text += fmt::format("  t4: {}\n", dated);
  }
  const std::string date = fmt::format("business_date: {{name: {}, on_mismatch: {}}}\n",
                                       pick(random, {"d0", "d1", "d1", "d2"}),
                                       pick(random, {"hold", "run_planned", "run_current"}));
  if (random.chance(40) && with_dates) text += date;
  text += "jobs:\n";
  const std::uint32_t form = random.below32(4);
  const std::uint32_t count = 1 + random.below32(jobs_max);
  std::set<std::uint32_t> noops;
  for (std::uint32_t job = 0; job < count; ++job) {
    shape.jobs.push_back(fmt::format("j{}", job));
    text +=
        fmt::format("  j{}: {{{}}}\n", job, job_text(random, job, form, agents, noops, with_dates));
  }
  return shape;
}

}  // namespace dandori::sim
