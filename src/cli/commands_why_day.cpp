#include <fmt/core.h>

#include <algorithm>

#include "cli/commands.h"
#include "cli/remote.h"
#include "cli/trace_text.h"

namespace dandori::cli {

namespace {

constexpr std::size_t kIndent = 4;
constexpr std::size_t kShownMax = 20;

std::string reason_of(const Console& console, const Json& item) {
  std::string text = miss_word(console, item.text_or("reason", ""));
  const std::string_view detail = item.text_or("detail", "");
  if (!detail.empty()) text += fmt::format(" ({})", printable(detail));
  return text;
}

/// One sentence about the day: by its code, and of many starts by their number.
std::string verdict_of(const Console& console, const Json& trigger) {
  std::string_view code = trigger.text_or("code", "");
  code.remove_prefix(std::min(code.size(), std::string_view{"why."}.size()));
  const Json& plan = trigger["plan"];
  const auto& moved = items_of(plan["moved_away"]);
  const Args args{
      {"reason", reason_of(console, trigger)},
      {"n", std::to_string(plan.is_object() ? plan.integer_or("starts_count", 0) : 0)},
      {"to", moved.empty() ? "" : printable(moved.front().text_or("business_date", ""))}};
  std::string key = fmt::format("whyday.{}", code);
  if (code == "planned" && plan.integer_or("starts_count", 0) > 1) key += "_many";
  if (trigger["from_end"].is_object() && code == "undecided") key = "whyday.from_end";
  return find_text(console.lang, key, args).value_or(printable(code));
}

/// The steps of all that the rules made of the day; of many starts those of the first.
std::string rules_text(const Console& console, const Json& schedule) {
  std::string out;
  for (const std::string_view kind : {"dropped", "moved_away", "merged"}) {
    for (const Json& each : items_of(schedule[kind]))
      out += trace_text(console, each["trace"], kIndent);
  }
  const auto& starts = items_of(schedule["starts"]);
  if (!starts.empty()) out += trace_text(console, starts.front()["trace"], kIndent);
  if (starts.size() > 1) {
    std::string times;
    for (const Json& start : starts) {
      times += fmt::format("{}{}", times.empty() ? "" : ", ",
                           local_text(start.text_or("local", "")).substr(0, 16));
    }
    const std::int64_t more =
        schedule.integer_or("starts_count", 0) - static_cast<std::int64_t>(starts.size());
    if (more > 0) times += ", " + console.text("whyday.more", {{"n", std::to_string(more)}});
    out += fmt::format("{}{}\n", std::string(kIndent, ' '), times);
  }
  const Json& day = schedule["day"];
  const bool is_told = !items_of(schedule["dropped"]).empty() || !starts.empty() ||
                       !items_of(schedule["moved_away"]).empty();
  if (!is_told && day.is_object()) {
    const Args args{{"date", printable(schedule.text_or("date", ""))},
                    {"day", day_text(console, day)}};
    out += fmt::format("{}{}\n", std::string(kIndent, ' '),
                       day.bool_or("open", false) ? console.text("step.shift.open", args)
                                                  : console.text("step.shift.closed", args));
  }
  return out;
}

std::string outcomes_text(const Console& console, const Json& trigger) {
  std::string out;
  std::size_t shown = 0;
  for (const Json& outcome : items_of(trigger["outcomes"])) {
    if (++shown > kShownMax) continue;
    const std::string_view state = outcome.text_or("state", "");
    const std::string_view run = outcome.text_or("run", outcome.text_or("run_id", ""));
    out += fmt::format(
        "{}{} {}{}{}\n", std::string(kIndent, ' '), console.instant(outcome["at"]),
        styled(state_word(console.lang, state), state_style(state), console.color_out),
        run.empty() ? "" : " " + printable(run),
        outcome.text_or("reason", "").empty() ? "" : ": " + reason_of(console, outcome));
  }
  const std::int64_t more = trigger.integer_or("more", 0) +
                            static_cast<std::int64_t>(shown > kShownMax ? shown - kShownMax : 0);
  if (more > 0) {
    out += fmt::format("{}{}\n", std::string(kIndent, ' '),
                       console.text("whyday.more", {{"n", std::to_string(more)}}));
  }
  return out;
}

std::string neighbours_text(const Console& console, const Json& schedule) {
  std::string out;
  const auto add = [&](const Json& date, Key key) {
    if (!date.is_string()) return;
    out += fmt::format("{}{}\n", std::string(kIndent, ' '),
                       console.text(key, {{"date", printable(date.as_string())}}));
  };
  add(schedule["previous"], "whyday.before");
  add(schedule["next"], "whyday.after");
  return out;
}

std::string from_end_text(const Console& console, const Json& from_end) {
  if (!from_end.is_object()) return {};
  const bool known = from_end["next"].is_string();
  const Args args{{"every", printable(from_end.text_or("every", ""))},
                  {"at", console.instant(from_end["next"])}};
  return fmt::format("{}{}\n", std::string(kIndent, ' '),
                     known ? console.text("whyday.from_end_next", args)
                           : console.text("whyday.from_end_every", args));
}

std::string trigger_text(const Console& console, const Json& trigger) {
  const Json& schedule = trigger["plan"];
  const Json& ok = trigger["ok"];
  const bool starts = ok.is_bool() && ok.as_bool();
  const std::string_view glyph = !ok.is_bool() ? "◷" : starts ? "✓" : "✕";
  std::string out = fmt::format(
      "  {} {}: {}\n", styled(glyph, starts ? Style::good : Style::attention, console.color_out),
      printable(trigger.text_or("trigger", "")), verdict_of(console, trigger));
  out += from_end_text(console, trigger["from_end"]);
  out += outcomes_text(console, trigger);
  if (!schedule.is_object()) return out;
  return out + rules_text(console, schedule) + neighbours_text(console, schedule);
}

std::string disabled_text(const Console& console, const Json& disabled) {
  const std::string reason{disabled.text_or("reason", "")};
  const Args args{{"by", printable(disabled.text_or("by", ""))},
                  {"since", console.instant(disabled["since"])},
                  {"until", console.instant(disabled["until"])},
                  {"reason", reason.empty() ? "" : ": " + printable(reason)}};
  return "  ! " +
         (disabled["until"].is_null() ? console.text("whyday.disabled", args)
                                      : console.text("whyday.disabled_until", args)) +
         "\n";
}

std::string day_answer(const Console& console, const Json& why) {
  std::string out =
      fmt::format("{}  {}  {}\n", printable(why.text_or("workflow", "")),
                  printable(why.text_or("date", "")), printable(why.text_or("title", "")));
  if (why.bool_or("removed", false)) out += "  ! " + console.text("whyday.removed") + "\n";
  if (why["disabled"].is_object()) out += disabled_text(console, why["disabled"]);
  if (const Json& date = why["business_date"]; date.is_object()) {
    out += "  " +
           console.text("whyday.date", {{"name", printable(date.text_or("name", ""))},
                                        {"value", printable(date.text_or("value", ""))}}) +
           "\n";
  }
  if (items_of(why["triggers"]).empty()) out += "  " + console.text("whyday.no_trigger") + "\n";
  for (const Json& trigger : items_of(why["triggers"])) out += trigger_text(console, trigger);
  if (const Json& until = why["outcomes_until"]; until.is_string())
    out += "  ! " + console.text("whyday.cut", {{"at", console.instant(until)}}) + "\n";
  return out;
}

}  // namespace

int show_why_day(Console& console, const std::string& target, const std::string& date) {
  constexpr std::string_view kNoun = "workflow/";
  const std::string workflow = target.starts_with(kNoun) ? target.substr(kNoun.size()) : target;
  if (workflow.empty() || workflow.contains('/') || workflow.contains('#') ||
      workflow == "workflow") {
    return report(console,
                  Error{"cli.usage", console.text("problem.why_on"), console.text("hint.why_on")});
  }
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const auto why =
      remote->get(fmt::format("/api/v1/workflows/{}/why?date={}", http::percent_encode(workflow),
                              http::percent_encode(date)));
  if (!why) return report(console, why.error());
  if (print_raw(console, *why, "workflow")) return kOk;
  if (const auto zone = remote->load_zone(console); !zone) return report(console, zone.error());
  console.out(day_answer(console, *why));
  return kOk;
}

}  // namespace dandori::cli
