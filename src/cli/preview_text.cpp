#include "cli/preview_text.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"

namespace dandori::cli {

namespace {

constexpr std::size_t kPreviewShownMax = 30;

std::string number_of(const Json& json, std::string_view name) {
  return std::to_string(json.integer_or(name, 0));
}

std::string joined(const Json& list) {
  std::string text;
  if (!list.is_array()) return text;
  for (const Json& item : list.items()) {
    if (item.is_string()) text += (text.empty() ? "" : ", ") + printable(item.as_string());
  }
  return text;
}

/// `rows (c, d); total (d)`.
std::string outputs_text(const Json& outputs) {
  std::string text;
  if (!outputs.is_array()) return text;
  for (const Json& output : outputs.items()) {
    text += fmt::format("{}{} ({})", text.empty() ? "" : "; ",
                        printable(output.text_or("name", "")), joined(output["readers"]));
  }
  return text;
}

std::string job_text(const Console& console, const Json& job) {
  const std::string name =
      fmt::format("{}/{}", printable(job.text_or("run", "")), printable(job.text_or("job", "")));
  const std::string_view to = job.text_or("state_after", "");
  const std::string effect{job.text_or("effect", "")};
  return fmt::format("  {}  {}: {} → {}\n", name,
                     find_text(console.lang, "effect." + effect).value_or(effect),
                     state_word(console.lang, job.text_or("state", "")),
                     styled(state_word(console.lang, to), state_style(to), console.color_out));
}

/// `nightly#3, nightly#4` of a guard of a business date.
std::string items_text(const Json& items) {
  std::string text;
  for (const Json& item : items.is_array() ? items.items() : Json::Array{}) {
    const std::string_view name =
        item.is_string() ? item.as_string() : item.text_or("run", item.text_or("workflow", ""));
    text += (text.empty() ? "" : ", ") + printable(name);
  }
  return text;
}

std::string warning_text(const Console& console, const Json& warning) {
  const std::string code{warning.text_or("code", "")};
  const Args args{{"job", printable(warning.text_or("job", ""))},
                  {"agent", printable(warning.text_or("agent", ""))},
                  {"pid", warning["pid"].is_integer() ? number_of(warning, "pid") : "?"},
                  {"host", printable(warning.text_or("host", ""))},
                  {"outputs", outputs_text(warning["outputs"])},
                  {"count", number_of(warning, "count")},
                  {"items", items_text(warning["items"])}};
  return fmt::format("  ! {}\n", find_text(console.lang, code, args).value_or(code));
}

bool names_job(const Json& jobs, std::string_view target) {
  if (!jobs.is_array()) return false;
  return std::ranges::any_of(jobs.items(), [&](const Json& job) {
    return fmt::format("{}/{}", job.text_or("run", ""), job.text_or("job", "")) == target;
  });
}

/// What is set or cleared by hand; of a job that is listed anyway its line says so.
std::string marks_text(const Console& console, const Json& preview) {
  std::string text;
  const Json& marks = preview["marks"];
  for (const Json& mark : marks.is_array() ? marks.items() : Json::Array{}) {
    const std::string target{mark.text_or("target", "")};
    if (names_job(preview["jobs"], target)) continue;
    const std::string kind{mark.text_or("kind", "")};
    const Args args{{"target", printable(target)},
                    {"kind", find_text(console.lang, "mark." + kind).value_or(kind)}};
    text += fmt::format("  {}\n", mark.bool_or("set", false)
                                      ? console.text("preview.mark_set", args)
                                      : console.text("preview.mark_cleared", args));
  }
  return text;
}

std::string date_moves_text(const Console& console, const Json& dates) {
  std::string text;
  for (const Json& each : dates.is_array() ? dates.items() : Json::Array{}) {
    text += fmt::format(
        "  {}\n",
        console.text("preview.date_moves", {{"name", printable(each.text_or("business_date", ""))},
                                            {"from", printable(each.text_or("from", ""))},
                                            {"to", printable(each.text_or("to", ""))}}));
  }
  return text;
}

}  // namespace

std::string preview_counts(const Console& console, const Json& preview) {
  std::string text;
  const Json& counts = preview["counts"];
  for (const auto& [effect, count] : counts.is_object() ? counts.members() : Json::Object{}) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ",
                        find_text(console.lang, "effect." + effect).value_or(effect),
                        write_json(count));
  }
  return text;
}

std::string preview_text(const Console& console, const Json& preview) {
  std::string text =
      console.text("preview.title", {{"plan", printable(preview.text_or("plan_id", ""))}}) + "\n";
  const std::string marks = marks_text(console, preview);
  const std::string dates = date_moves_text(console, preview["business_dates"]);
  text += marks + dates;
  const Json& jobs = preview["jobs"];
  const std::size_t shown = std::min(jobs.size(), kPreviewShownMax);
  for (std::size_t i = 0; i < shown; ++i) text += job_text(console, jobs.items()[i]);
  if (jobs.size() > shown) {
    text += "  " + console.text("list.more", {{"n", std::to_string(jobs.size() - shown)}}) + "\n";
  }
  const Json& runs = preview["runs"];
  for (const Json& run : runs.is_array() ? runs.items() : Json::Array{}) {
    text += fmt::format("  {}: {}\n", printable(run.text_or("name", "")),
                        state_word(console.lang, run.text_or("state", "")));
  }
  if (marks.empty() && dates.empty() && jobs.size() == 0 && runs.size() == 0)
    text += "  " + console.text("message.nothing_changes") + "\n";
  const Json& warnings = preview["warnings"];
  for (const Json& warning : warnings.is_array() ? warnings.items() : Json::Array{}) {
    text += warning_text(console, warning);
  }
  const std::string counts = preview_counts(console, preview);
  return counts.empty() ? text : text + "  " + counts + "\n";
}

}  // namespace dandori::cli
