#include "cli/changes_text.h"

#include <fmt/core.h>

#include "base/text.h"

namespace dandori::cli {

namespace {

constexpr std::size_t kValueColumns = 60;

/// A value on one line; null: what the language says without it.
std::string value_text(const Console& console, const Json& value) {
  if (value.is_null()) return console.text("change.nothing");
  const std::string text = value.is_string() ? value.as_string() : write_json(value);
  std::string clean = printable(text);
  if (display_width(clean) > kValueColumns) clean = trim(fit_width(clean, kValueColumns));
  return clean;
}

struct Mark {
  std::string_view sign;
  Style style;
};

Mark mark_of(std::string_view op) {
  if (op == "added") return {"+", Style::good};
  if (op == "removed") return {"-", Style::bad};
  return {"~", Style::attention};
}

/// `load` and `retry/max` of `/jobs/load/retry/max`.
std::pair<std::string, std::string> split_path(std::string_view path, bool is_grouped) {
  const std::vector<std::string_view> parts = split(path, '/');
  std::string name;
  std::string field;
  for (std::size_t i = is_grouped ? 2 : 1; i < parts.size(); ++i) {
    if (is_grouped && i == 2) {
      name = parts[i];
    } else {
      field += (field.empty() ? "" : "/") + std::string{parts[i]};
    }
  }
  return {printable(name), printable(field)};
}

std::string states_text(const Console& console, const Json& states) {
  if (!states.is_array()) return {};
  std::string words;
  for (const Json& state : states.items()) {
    if (!state.is_string()) continue;
    words += (words.empty() ? "" : ", ") + state_word(console.lang, state.as_string());
  }
  return words.empty() ? words : fmt::format(" ({})", words);
}

std::string dependency_text(const Console& console, const Json& change, std::string_view op) {
  const auto parts = split(change.text_or("path", ""), '/');
  const std::string before = printable(parts.empty() ? std::string_view{} : parts.back());
  const std::string job = printable(change.text_or("job", ""));
  const Json& states = op == "removed" ? change["before"] : change["after"];
  return console.text(op == "removed" ? Key{"change.waits_no_more"} : Key{"change.waits"},
                      {{"job", job}, {"before", before + states_text(console, states)}});
}

std::string from_to(const Console& console, const Json& change, std::string_view op) {
  if (op == "removed") return {};
  const std::string after = value_text(console, change["after"]);
  if (op == "added") return "  " + after;
  return fmt::format("  {} → {}", value_text(console, change["before"]), after);
}

}  // namespace

std::string change_text(const Console& console, const Json& change) {
  const std::string_view op = change.text_or("op", "changed");
  const std::string_view subject = change.text_or("subject", "workflow");
  const Mark mark = mark_of(op);
  const std::string sign = styled(mark.sign, mark.style, console.color_out);
  if (subject == "dependency") return sign + " " + dependency_text(console, change, op);
  const std::string what =
      find_text(console.lang, fmt::format("change.{}", subject)).value_or(printable(subject));
  if (op == "reordered")
    return fmt::format("{} {}", sign, console.text("change.reordered", {{"what", what}}));
  const bool is_grouped = subject == "job" || subject == "trigger" || subject == "param" ||
                          subject == "env" || subject == "rule";
  const auto [name, field] = split_path(change.text_or("path", ""), is_grouped);
  if (subject == "workflow" && op != "changed") {
    const Json& size = op == "added" ? change["after"] : change["before"];
    return fmt::format(
        "{} {}", sign,
        console.text("change.whole", {{"n", std::to_string(size.integer_or("jobs", 0))}}));
  }
  std::string text = fmt::format("{} {}", sign, what);
  if (!name.empty()) text += " " + name;
  if (!field.empty()) text += fmt::format("{}{}", name.empty() ? " " : ": ", field);
  const bool is_whole_job = subject == "job" && field.empty();
  return is_whole_job ? text : text + from_to(console, change, op);
}

bool print_changes(const Console& console, const Json& items) {
  const Json::Array all = items.is_array() ? items.items() : Json::Array{};
  for (const Json& item : all) {
    const std::string action{item.text_or("action", "")};
    std::string line = fmt::format("{} {}  {}", printable(item.text_or("kind", "")),
                                   printable(item.text_or("name", "")),
                                   find_text(console.lang, "applied." + action).value_or(action));
    const std::int64_t from = item.integer_or("from_revision", 0);
    const std::int64_t to = item.integer_or("to_revision", 0);
    if (from > 0 || to > 0) {
      const auto number = [](std::int64_t each) { return each > 0 ? std::to_string(each) : "-"; };
      line += fmt::format("  {} {} → {}", console.text("field.revision"), number(from), number(to));
    }
    console.line(line);
    for (const Json& change :
         item["changes"].is_array() ? item["changes"].items() : Json::Array{}) {
      console.line("  " + change_text(console, change));
    }
  }
  return !all.empty();
}

}  // namespace dandori::cli
