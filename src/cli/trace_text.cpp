#include "cli/trace_text.h"

#include <fmt/core.h>

namespace dandori::cli {

namespace {

std::string value_text(std::string_view name, const Json& value) {
  if (!value.is_string()) return printable(write_json(value));
  return name == "local" ? local_text(value.as_string()) : printable(value.as_string());
}

/// ` (決算)`; empty without a title.
std::string bracketed(const Console& console, std::string_view title) {
  return title.empty() ? std::string{} : console.text("day.reason", {{"reason", printable(title)}});
}

Args step_args(const Console& console, const Json& step) {
  Args args;
  for (const auto& [name, value] : step.members()) {
    if (name == "day") {
      args.emplace_back(name, day_text(console, value));
    } else if (name == "title") {
      args.emplace_back(name, bracketed(console, value.is_string() ? value.as_string() : ""));
    } else {
      args.emplace_back(name, value_text(name, value));
    }
  }
  return args;
}

std::string title_of(const Console& console, const Json& reason) {
  const std::string_view english = reason.text_or("title_en", "");
  if (console.lang == Lang::en && !english.empty()) return printable(english);
  return printable(reason.text_or("title", ""));
}

}  // namespace

std::string local_text(std::string_view at) {
  if (at.size() < 20) return printable(at);
  const std::string_view offset = at.substr(19);
  const std::string_view shown = offset == "Z" ? std::string_view{"+00:00"} : offset;
  return fmt::format("{} {} {}", at.substr(0, 10), at.substr(11, 8), shown);
}

std::string day_text(const Console& console, const Json& reason) {
  const Args args{{"calendar", printable(reason.text_or("calendar", ""))},
                  {"rule", printable(write_json(reason["rule"]))}};
  std::string because;
  if (reason["rule"].is_integer()) {
    because = console.text("day.rule", args);
  } else {
    const std::string_view word = reason.text_or("rule", "none");
    if (word == "none" && reason.text_or("calendar", "").empty()) return {};
    const bool names_part = word == "combined" && !reason.text_or("calendar", "").empty();
    const std::string key = names_part ? "day.combined_of" : fmt::format("day.{}", word);
    because = find_text(console.lang, key, args).value_or(std::string{word});
  }
  const std::string title = title_of(console, reason);
  if (title.empty()) return console.text("day.reason", {{"reason", because}});
  return console.text("day.named_reason", {{"title", title}, {"reason", because}});
}

std::string step_text(const Console& console, const Json& step) {
  const std::string key =
      fmt::format("step.{}.{}", step.text_or("step", "?"), step.text_or("code", "?"));
  const Args args = step_args(console, step);
  // The closed-day rule, or what an offset counts, makes a sentence of its own.
  for (const std::string_view special : {"rule", "count"}) {
    if (!step[special].is_string()) continue;
    const std::string own = fmt::format("{}.{}", key, step[special].as_string());
    if (auto found = find_text(console.lang, own, args)) return *found;
  }
  if (auto found = find_text(console.lang, key, args)) return *found;
  std::string out = printable(key.substr(5));
  for (const auto& [name, value] : step.members()) {
    if (name == "step" || name == "code") continue;
    out += fmt::format(" {}={}", printable(name), value_text(name, value));
  }
  return out;
}

std::string trace_text(const Console& console, const Json& trace, std::size_t indent) {
  std::string out;
  for (const Json& step : trace.is_array() ? trace.items() : Json::Array{}) {
    out += fmt::format("{}{}\n", std::string(indent, ' '), step_text(console, step));
  }
  return out;
}

std::string miss_word(const Console& console, std::string_view reason) {
  return find_text(console.lang, fmt::format("miss.{}", reason)).value_or(printable(reason));
}

}  // namespace dandori::cli
