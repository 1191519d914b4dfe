#include "cli/why_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"
#include "cli/failures.h"
#include "cli/progress.h"

namespace dandori::cli {

namespace {

constexpr std::size_t kDepthMax = 8;
constexpr std::size_t kLabelColumns = 14;

std::string_view glyph_of(const Json& ok) {
  if (!ok.is_bool()) return "◷";
  return ok.as_bool() ? "✓" : "✕";
}

Style style_of(const Json& ok) {
  if (!ok.is_bool()) return Style::attention;
  return ok.as_bool() ? Style::good : Style::bad;
}

/// `a, b, c (and 3 more)`; words of states in the language.
std::string joined(const Console& console, std::string_view name, const Json& items) {
  constexpr std::size_t kShown = 8;
  std::string out;
  for (std::size_t i = 0; i < items.size() && i < kShown; ++i) {
    const Json& item = items.items()[i];
    if (!item.is_string()) continue;
    if (!out.empty()) out += ", ";
    out +=
        name == "needs" ? state_word(console.lang, item.as_string()) : printable(item.as_string());
  }
  if (items.size() > kShown) {
    out += " " + console.text("list.more", {{"n", std::to_string(items.size() - kShown)}});
  }
  return out;
}

std::string value_text(const Console& console, std::string_view name, const Json& value) {
  if (name == "state" && value.is_string()) return state_word(console.lang, value.as_string());
  if (value.is_array()) return joined(console, name, value);
  const bool is_instant = name == "at" || name == "since" || name.ends_with("_at");
  if (is_instant && read_instant(value)) return console.instant(value);
  if (value.is_string()) return printable(value.as_string());
  return printable(write_json(value));
}

bool is_default_need(const Json& needs) {
  static const Json kDefault = Json::array({"succeeded", "warning", "skipped", "bypassed"});
  return !needs.is_array() || needs == kDefault;
}

Args reason_args(const Console& console, const Json& reason) {
  Args args;
  for (const auto& [name, value] : reason.members()) {
    args.emplace_back(name, value_text(console, name, value));
  }
  std::string detail = end_detail(console, reason);
  args.emplace_back("detail", detail.empty() ? "" : ": " + detail);
  args.emplace_back("zone", console.zone().name());
  return args;
}

/// What a reason stands in: the run's name, and the run with its jobs as far as it is known.
struct WhatIsTold {
  std::string_view run;
  const Json& detail;
};

const Json& find_job(const WhatIsTold& told, std::string_view name) {
  static const Json kNone{};
  const Json& jobs = told.detail["jobs"];
  if (!jobs.is_array()) return kNone;
  const auto found = std::ranges::find_if(
      jobs.items(), [&](const Json& job) { return job.text_or("job", "") == name; });
  return found == jobs.items().end() ? kNone : *found;
}

/// ` (22:31:05, exit code 8)`: when a job ended, and how its last attempt did.
std::string end_of_job(const Console& console, const WhatIsTold& told, std::string_view name) {
  const Json& job = find_job(told, name);
  if (!job.is_object()) return {};
  const auto ended = read_instant(job["ended_at"]);
  std::string out = ended ? console.clock(*ended) : std::string{};
  const Json& attempts = job["attempts"];
  const bool tried =
      is_failed_state(job.text_or("state", "")) && attempts.is_array() && attempts.size() > 0;
  if (const std::string end = tried ? end_detail(console, attempts.items().back()) : "";
      !end.empty()) {
    out.append(out.empty() ? "" : ", ").append(end);
  }
  return out.empty() ? out : fmt::format(" ({})", out);
}

/// The sentence of a reason whose code this program does not know.
std::string generic_sentence(const Console& console, const Json& reason) {
  std::string out = printable(reason.text_or("code", "?"));
  for (const auto& [name, value] : reason.members()) {
    if (name == "code" || name == "ok" || name == "children") continue;
    out += fmt::format(" {}={}", printable(name), value_text(console, name, value));
  }
  return out;
}

/// Most special key first: `why.not_run.run_killed`, then `why.not_run`.
std::string sentence_of(const Console& console, const Json& reason, const Args& args) {
  const std::string code{reason.text_or("code", "")};
  std::vector<std::string> keys;
  if (const auto because = reason.text_or("because", ""); !because.empty()) {
    keys.push_back(fmt::format("{}.{}", code, because));
  }
  if (code == "why.predecessor" && is_ended_state(reason.text_or("state", ""))) {
    keys.push_back("why.predecessor.ended");
  }
  const bool holds = reason.bool_or("ok", false);
  if (holds) keys.push_back(code + ".ok");
  keys.push_back(code);
  for (const std::string& key : keys) {
    if (auto found = find_text(console.lang, key, args)) return *found;
  }
  return generic_sentence(console, reason);
}

std::string line_of(const Console& console, const Json& reason, const WhatIsTold& told,
                    std::size_t indent) {
  const Args args = reason_args(console, reason);
  const std::string code{reason.text_or("code", "")};
  const std::string label = find_text(console.lang, code + ".label").value_or("");
  std::string line(indent, ' ');
  line += styled(glyph_of(reason["ok"]), style_of(reason["ok"]), console.color_out) + " ";
  if (!label.empty()) {
    line += label;
    const std::size_t width = display_width(label, console.ambiguous);
    line.append(width < kLabelColumns ? kLabelColumns - width : 1, ' ');
  }
  line += sentence_of(console, reason, args);
  const bool ended = code == "why.predecessor" && is_ended_state(reason.text_or("state", ""));
  if (ended) line += end_of_job(console, told, reason.text_or("job", ""));
  if (code == "why.predecessor" && !is_default_need(reason["needs"])) {
    line += " " + console.text("why.needs", args);
  }
  const bool failed = code == "why.predecessor" && is_failed_state(reason.text_or("state", ""));
  if (failed) {
    line += fmt::format("    → {} logs {}/{}", console.globals.program, printable(told.run),
                        printable(reason.text_or("job", "")));
  }
  return line + "\n";
}

void append_reasons(std::string& out, const Console& console, const Json& reasons,
                    const WhatIsTold& told, std::size_t indent, std::size_t depth) {
  if (!reasons.is_array() || depth > kDepthMax) return;
  for (const Json& reason : reasons.items()) {
    if (!reason.is_object()) continue;
    // "All predecessors" needs no line of its own: each of them has one.
    const bool plain_list = reason.text_or("code", "") == "why.predecessors" &&
                            reason.text_or("join", "all") == "all" && reason["children"].size() > 0;
    if (!plain_list) out += line_of(console, reason, told, indent);
    append_reasons(out, console, reason["children"], told, plain_list ? indent : indent + 2,
                   depth + 1);
    if (const std::int64_t more = reason.integer_or("more", 0); more > 0) {
      out.append(indent + 2, ' ');
      out += console.text("list.more", {{"n", std::to_string(more)}}) + "\n";
    }
  }
}

std::string job_head(const Console& console, const WhatIsTold& told, const Json& job) {
  std::string head = printable(job.text_or("job", ""));
  if (const auto title = job.text_or("title", ""); !title.empty()) head += "  " + printable(title);
  const std::string_view state = job.text_or("state", "");
  return head + "  " +
         styled(state_word(console.lang, state), state_style(state), console.color_out) +
         (is_ended_state(state) ? end_of_job(console, told, job.text_or("job", "")) : "");
}

}  // namespace

std::string reasons_text(const Console& console, const Json& reasons, std::string_view run,
                         std::size_t indent, const Json& detail) {
  std::string out;
  append_reasons(out, console, reasons, WhatIsTold{run, detail}, indent, 0);
  return out;
}

std::string why_text(const Console& console, const Json& answer, const Json& detail) {
  const std::string_view run = answer.text_or("run", "");
  const WhatIsTold told{run, detail};
  if (answer.find("job") != nullptr) {
    return fmt::format("{}/{}\n{}", printable(run), job_head(console, told, answer),
                       reasons_text(console, answer["reasons"], run, 2, detail));
  }
  const std::string_view state = answer.text_or("state", answer.text_or("run_state", ""));
  std::string out =
      fmt::format("{}  {}\n", printable(run),
                  styled(console.state_cell(state), state_style(state), console.color_out));
  out += reasons_text(console, answer["reasons"], run, 2, detail);
  const Json& jobs = answer["jobs"];
  if (!jobs.is_array()) return out;
  for (const Json& job : jobs.items()) {
    out += fmt::format("  {}\n{}", job_head(console, told, job),
                       reasons_text(console, job["reasons"], run, 4, detail));
  }
  if (jobs.size() == 0 && answer["reasons"].size() == 0)
    out += "  " + console.text("why.nothing") + "\n";
  return out;
}

}  // namespace dandori::cli
