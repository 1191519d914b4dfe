#include <fmt/core.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "calendar/zone.h"
#include "cli/commands.h"
#include "cli/define_files.h"
#include "cli/explain.h"
#include "cli/remote.h"
#include "spec/format.h"
#include "spec/lint.h"

namespace dandori::cli {

namespace {

Style style_of(spec::Level level) {
  switch (level) {
    case spec::Level::error:
      return Style::bad;
    case spec::Level::warning:
      return Style::attention;
    case spec::Level::note:
    case spec::Level::off:
      break;
  }
  return Style::faint;
}

void print_finding(const Console& console, const spec::Finding& finding) {
  const std::string word =
      find_text(console.lang, fmt::format("level.{}", spec::to_string(finding.level)))
          .value_or(std::string{spec::to_string(finding.level)});
  console.warn(styled(word, style_of(finding.level), console.color_err) + ": " +
               spec::format_problem(finding.problem, true) +
               page_summary(finding.problem.code, console.lang));
}

/// Findings as -o wants them. False: as text.
bool print_findings(const Console& console, const std::vector<spec::Finding>& findings,
                    const std::string& version) {
  if (console.format == Format::sarif) {
    console.line(write_json_pretty(spec::write_sarif(findings, version)));
    return true;
  }
  Json::Array items;
  for (const spec::Finding& finding : findings) items.push_back(spec::to_json(finding));
  return print_raw(console, Json::object({{"items", Json::array(std::move(items))}}), "rule");
}

/// Replaces a file by a new text as a whole, with the rights it has.
Result<void> write_file(const Console& console, const std::string& path, const std::string& text) {
  namespace fs = std::filesystem;
  const std::string fresh = path + ".dandori-new";
  const auto failed = [&](const std::string& why) {
    std::error_code ignored;
    fs::remove(fresh, ignored);
    return fail("cli.write_file",
                console.text("problem.write_file", {{"path", printable(path)}, {"why", why}}),
                console.text("hint.write_file"));
  };
  std::error_code error;
  const fs::path real = fs::canonical(path, error);  // a link stays a link
  if (error) return failed(error.message());
  {
    std::ofstream out{fresh, std::ios::binary | std::ios::trunc};
    out << text;
    out.flush();
    if (!out) return failed(std::strerror(errno));
  }
  fs::permissions(fresh, fs::status(real, error).permissions(), error);
  fs::rename(fresh, real, error);
  if (error) return failed(error.message());
  return {};
}

}  // namespace

int validate_files(Console& console, const CheckOptions& options) {
  const auto files = read_definitions(console, options.files);
  if (!files) return report(console, files.error());
  spec::Parsed all;
  for (const DefinitionFile& file : *files) {
    spec::append(all, spec::parse_definitions(file.name, file.text));
  }
  spec::check_set(all);
  const bool is_valid = all.problems.empty();
  if (console.format == Format::sarif) {
    print_findings(console, spec::to_findings(std::move(all.problems)), options.version);
    return is_valid ? kOk : kInvalid;
  }
  for (const spec::Problem& problem : all.problems) report(console, problem);
  if (!console.is_table()) {
    Json answer = Json::object({{"workflows", all.workflows.size()},
                                {"calendars", all.calendars.size()},
                                {"business_dates", all.business_dates.size()},
                                {"variables", all.variables.size()},
                                {"folders", all.folders.size()}});
    Json::Array items;
    for (const spec::Finding& finding : spec::to_findings(std::move(all.problems)))
      items.push_back(spec::to_json(finding));
    answer.set("items", Json::array(std::move(items)));
    print_raw(console, answer, "rule");
    return is_valid ? kOk : kInvalid;
  }
  if (!is_valid) return kInvalid;
  console.line(console.text("message.valid", {{"files", std::to_string(files->size())},
                                              {"workflows", std::to_string(all.workflows.size())},
                                              {"calendars", std::to_string(all.calendars.size())},
                                              {"dates", std::to_string(all.business_dates.size())},
                                              {"variables", std::to_string(all.variables.size())},
                                              {"folders", std::to_string(all.folders.size())}}));
  return kOk;
}

int lint_files(Console& console, const CheckOptions& options) {
  const auto files = read_definitions(console, options.files);
  if (!files) return report(console, files.error());
  std::vector<spec::LintFile> texts;
  for (const DefinitionFile& file : *files) texts.push_back({file.name, file.text});
  const std::string zone = local_zone();
  const spec::LintSettings settings{
      .from = wall_now(),
      .timezone = zone,
      .zone = [](std::string_view name) { return calendar::TimeZone::load(name); },
      .folders = {}};
  const std::vector<spec::Finding> findings = spec::lint(texts, settings);
  const int code = spec::fails(findings) ? kInvalid : kOk;
  if (print_findings(console, findings, options.version)) return code;
  for (const spec::Finding& finding : findings) print_finding(console, finding);
  console.line(findings.empty()
                   ? console.text("message.lint_clean", {{"files", std::to_string(files->size())}})
                   : console.text("message.lint_found", {{"n", std::to_string(findings.size())}}));
  return code;
}

int format_files(Console& console, const FormatOptions& options) {
  const auto files = read_definitions(console, options.files);
  if (!files) return report(console, files.error());
  int code = kOk;
  std::size_t changed = 0;
  for (const DefinitionFile& file : *files) {
    const spec::Formatted made = spec::format_definitions(file.name, file.text);
    for (const spec::Problem& problem : made.problems) report(console, problem);
    if (!made.problems.empty()) {
      code = kInvalid;
      continue;
    }
    if (file.name == "-") {
      if (!options.check) console.out(made.text);
      if (options.check && made.text != file.text) code = kInvalid;
      continue;
    }
    if (made.text == file.text) continue;
    ++changed;
    console.line(printable(file.name));
    if (options.check) {
      code = kInvalid;
    } else if (const auto written = write_file(console, file.name, made.text); !written) {
      return report(console, written.error());
    }
  }
  if (changed > 0) {
    const Args args{{"n", std::to_string(changed)}};
    console.say(options.check ? console.text("message.fmt_wanted", args)
                              : console.text("message.fmt_done", args));
  }
  return code;
}

}  // namespace dandori::cli
