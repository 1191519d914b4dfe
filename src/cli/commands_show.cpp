#include <fmt/core.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/failures.h"
#include "cli/progress.h"
#include "cli/remote.h"

namespace dandori::cli {

namespace {

std::string took_of(const Json& item) {
  const auto started = read_instant(item["started_at"]);
  const auto ended = read_instant(item["ended_at"]);
  return started && ended && *ended >= *started ? span_text(*ended - *started) : std::string{};
}

Cell state_of(const Console& console, const Json& item) {
  const std::string_view state = item.text_or("state", "");
  return {console.state_cell(state), state_style(state)};
}

std::string origin_of(const Console& console, const Json& run) {
  const std::string origin{run.text_or("origin", "")};
  std::string text = find_text(console.lang, "origin." + origin).value_or(origin);
  if (const auto trigger = run.text_or("trigger", ""); !trigger.empty()) {
    text += fmt::format(" {}", trigger);
  } else if (const auto actor = run.text_or("actor", ""); !actor.empty()) {
    text += fmt::format(" {}", actor);
  }
  return text;
}

/// A state with what stands beside it: rerun, confirmed, waits for a decision.
std::string flags_of(const Console& console, const Json& run) {
  std::string flags;
  const auto add = [&](std::string_view text) {
    flags.append(flags.empty() ? "" : ", ").append(text);
  };
  if (run.bool_or("needs_decision", false)) add(console.text("field.needs_decision"));
  if (run.integer_or("reruns", 0) > 0) {
    add(fmt::format("{} {}", console.text("field.reruns"), run.integer_or("reruns", 0)));
  }
  if (run.bool_or("confirmed", false)) {
    add(fmt::format("{} {}", console.text("field.confirmed_by"), run.text_or("confirmed_by", "")));
  }
  return flags;
}

std::string with_zone(const Console& console, const Json& at) {
  const std::string text = console.instant(at);
  return text.empty() ? text : fmt::format("{} ({})", text, console.zone().name());
}

void print_run(const Console& console, const Json& run) {
  const std::string_view state = run.text_or("state", "");
  console.line(
      fmt::format("{}  {}", printable(run.text_or("name", "")),
                  styled(console.state_cell(state), state_style(state), console.color_out)));
  const Json& params = run["params"];
  print_fields(
      console,
      {{console.text("field.id"), std::string{run.text_or("id", "")}},
       {console.text("field.business_date"), std::string{run.text_or("business_date", "")}},
       {console.text("field.origin"), origin_of(console, run)},
       {console.text("field.revision"), std::to_string(run.integer_or("revision", 0))},
       {console.text("field.planned"), with_zone(console, run["scheduled_for"])},
       {console.text("field.started"), with_zone(console, run["started_at"])},
       {console.text("field.ended"), with_zone(console, run["ended_at"])},
       {console.text("field.took"), took_of(run)},
       {console.text("field.params"), params.size() > 0 ? write_json(params) : ""},
       {console.text("field.note"), flags_of(console, run)}});
  Table table{{console.text("column.job"), console.text("column.title"),
               console.text("column.state"), console.text("column.attempt"),
               console.with_zone("column.started"), console.text("column.took"),
               console.text("column.exit"), console.text("column.agent")}};
  table.align_right(3);
  table.align_right(5);
  table.align_right(6);
  for (const Json& job : run["jobs"].is_array() ? run["jobs"].items() : Json::Array{}) {
    const Json& attempts = job["attempts"];
    const bool tried = attempts.is_array() && attempts.size() > 0;
    const Json last = tried ? attempts.items().back() : Json::object();
    const std::int64_t number = job.integer_or("attempt", 0);
    table.add(
        {std::string{job.text_or("job", "")}, std::string{job.text_or("title", "")},
         state_of(console, job), number > 0 ? std::to_string(number) : "",
         console.instant(last["started_at"]), took_of(last),
         last["exit_code"].is_integer() ? std::to_string(last.integer_or("exit_code", 0)) : "",
         std::string{last.text_or("agent", "")}});
  }
  if (!table.empty()) console.out("\n" + table.render(console.color_out, console.ambiguous));
}

void print_job(const Console& console, const Json& job) {
  const std::string_view state = job.text_or("state", "");
  console.line(
      fmt::format("{}/{}  {}  {}", printable(job.text_or("run", "")),
                  printable(job.text_or("job", "")), printable(job.text_or("title", "")),
                  styled(console.state_cell(state), state_style(state), console.color_out)));
  std::string before;
  for (const Json& name :
       job["depends_on"].is_array() ? job["depends_on"].items() : Json::Array{}) {
    if (name.is_string()) before += (before.empty() ? "" : ", ") + name.as_string();
  }
  print_fields(console, {{console.text("field.depends_on"), before},
                         {console.text("field.retry_at"), with_zone(console, job["retry_at"])},
                         {console.text("field.ended"), with_zone(console, job["ended_at"])}});
  Table table{{console.text("column.attempt"), console.text("column.state"),
               console.with_zone("column.started"), console.text("column.took"),
               console.text("column.agent"), console.text("column.pid"), console.text("column.cpu"),
               console.text("column.memory"), console.text("column.log"),
               console.text("column.reason")}};
  for (const Json& attempt : job["attempts"].is_array() ? job["attempts"].items() : Json::Array{}) {
    const std::int64_t memory = attempt.integer_or("memory_peak_bytes", 0);
    const std::int64_t log = attempt.integer_or("log_bytes", 0);
    const std::int64_t pid = attempt.integer_or("pid", 0);
    table.add(
        {std::to_string(attempt.integer_or("number", 0)), state_of(console, attempt),
         console.instant(attempt["started_at"]), took_of(attempt),
         std::string{attempt.text_or("agent", "")}, pid > 0 ? std::to_string(pid) : "",
         std::string{attempt.text_or("cpu", "")},
         memory > 0 ? bytes_text(static_cast<std::uint64_t>(memory)) : "",
         attempt.find("log_bytes") != nullptr ? bytes_text(static_cast<std::uint64_t>(log)) : "",
         end_detail(console, attempt)});
  }
  if (!table.empty()) console.out("\n" + table.render(console.color_out, console.ambiguous));
  const Json& attempts = job["attempts"];
  if (!attempts.is_array() || attempts.size() == 0) return;
  const Json& outputs = attempts.items().back()["outputs"];
  if (outputs.size() == 0) return;
  console.line(fmt::format("\n{}", console.text("field.outputs")));
  for (const auto& [name, value] : outputs.members()) {
    console.line(fmt::format("  {} = {}", printable(name),
                             printable(value.is_string() ? value.as_string() : write_json(value))));
  }
}

}  // namespace

void print_fields(const Console& console,
                  const std::vector<std::pair<std::string, std::string>>& fields) {
  std::size_t width = 0;
  for (const auto& [name, value] : fields) {
    if (!value.empty()) width = std::max(width, display_width(name, console.ambiguous));
  }
  for (const auto& [name, value] : fields) {
    if (value.empty()) continue;
    console.line(fmt::format(
        "  {}  {}",
        styled(fit_width(name, width, console.ambiguous), Style::faint, console.color_out),
        printable(value)));
  }
}

int list_runs(Console& console, const ListOptions& options) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  std::string path = "/api/v1/runs";
  const auto add = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    path +=
        fmt::format("{}{}={}", path.contains('?') ? '&' : '?', name, http::percent_encode(value));
  };
  add("workflow", options.workflow);
  add("state", options.state);
  add("date", options.date);
  const auto answer = remote->list(path, options.limit);
  if (!answer) return report(console, answer.error());
  if (print_raw(console, *answer, "name")) return kOk;
  if (const auto zone = remote->load_zone(console); !zone) return report(console, zone.error());

  const auto& items = (*answer)["items"].items();
  if (items.empty()) {
    console.say(console.text("message.no_runs"));
    return kOk;
  }
  std::vector<std::string> header{
      console.text("column.run"),           console.text("column.state"),
      console.text("column.business_date"), console.with_zone("column.started"),
      console.text("column.took"),          console.text("column.origin")};
  if (console.is_wide()) header.push_back(console.text("column.revision"));
  if (console.is_wide()) header.push_back(console.text("column.id"));
  if (console.is_wide()) header.push_back(console.text("column.note"));
  Table table{std::move(header)};
  table.align_right(4);
  for (const Json& run : items) {
    std::vector<Cell> row{std::string{run.text_or("name", "")},
                          state_of(console, run),
                          std::string{run.text_or("business_date", "")},
                          console.instant(run["started_at"]),
                          took_of(run),
                          origin_of(console, run)};
    if (console.is_wide()) row.emplace_back(std::to_string(run.integer_or("revision", 0)));
    if (console.is_wide()) row.emplace_back(std::string{run.text_or("id", "")});
    if (console.is_wide()) row.emplace_back(flags_of(console, run));
    table.add(std::move(row));
  }
  console.print(table);
  if (!(*answer)["next_cursor"].is_null()) {
    console.say(console.text("message.more_runs", {{"n", std::to_string(items.size())}}));
  }
  return kOk;
}

int get_target(Console& console, const std::string& text) {
  const Target target = parse_target(text);
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const auto answer = remote->get(target_path(target));
  if (!answer) return report(console, answer.error());
  if (is_ended_state(answer->text_or("state", ""))) console.settle();
  if (print_raw(console, *answer, target.job.empty() ? "name" : "job")) return kOk;
  if (const auto zone = remote->load_zone(console); !zone) return report(console, zone.error());
  target.job.empty() ? print_run(console, *answer) : print_job(console, *answer);
  return kOk;
}

}  // namespace dandori::cli
