#include "spec/lint.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "spec/lint_rules.h"
#include "spec/reader.h"

namespace dandori::spec {

namespace {

constexpr auto kRules = std::to_array<Rule>({
    {"serial_name", Level::warning, 0, "A name that is a number, not a purpose: job1, step_2.",
     "役割でなく番号の名前: job1、step_2。"},
    {"environment_in_name", Level::warning, 0, "An environment in a name: dev_load, close_prod.",
     "名前に環境が入っている: dev_load、close_prod。"},
    {"version_in_name", Level::warning, 0, "A version in a name: close_v1.",
     "名前に版が入っている: close_v1。"},
    {"unconnected_job", Level::warning, 0,
     "A job that waits for nothing and leads to nothing, while others are connected.",
     "ほかのジョブがつながっているのに、どこともつながらないジョブ。"},
    {"crowded_minute", Level::warning, 20, "More starts in one minute than the limit.",
     "1 分間の起動が上限を超える。"},
    {"missing_day", Level::warning, 0,
     "A day of the month that some months do not have: those months have no start.",
     "月によって存在しない日。その月は起動しない。"},
    {"dropped_date", Level::warning, 0,
     "A date of the next 400 days that its shift or offset leaves without a start.",
     "今後 400 日のうち、休日シフトや起算で行き先がなく起動しない日。"},
    {"leaves_month", Level::note, 0, "A shift that leads into another month.",
     "休日シフトで別の月に移る日。"},
    {"empty_calendar", Level::warning, 0, "A calendar that closes no day.",
     "休業日が 1 日もないカレンダー。"},
    {"hidden_rule", Level::warning, 0,
     "A rule of a calendar that decides no day: earlier rules match all of its days.",
     "前の規則に隠れて、どの日も決めないカレンダーの規則。"},
    {"impossible_rule", Level::warning, 0, "A rule of a calendar that matches no day.",
     "どの日にも合わないカレンダーの規則。"},
    {"unverified_holidays", Level::note, 0,
     "Holidays that are not announced yet for the next 400 days.",
     "今後 400 日のうちに、まだ公表されていない祝日がある。"},
    {"unused_param", Level::warning, 0, "A parameter that nothing reads.",
     "どこからも参照されないパラメーター。"},
    {"plain_secret", Level::error, 0, "A secret in plain text.", "平文の秘匿情報。"},
});

Level parse_level(std::string_view word) {
  for (const Level level : {Level::off, Level::note, Level::warning}) {
    if (to_string(level) == word) return level;
  }
  return Level::error;
}

/// One file with its documents, which point into its text.
struct LintedFile {
  std::vector<Document> documents;
  Parsed parsed;
};

bool is_kind(const Node& root, std::string_view kind) {
  const Node* given = root.find("kind");
  return given == nullptr ? kind == "Workflow" : given->text == kind;
}

/// The document that defines it.
const Node* root_of(const std::vector<Document>& documents, std::string_view kind,
                    const std::string& wanted) {
  for (const Document& document : documents) {
    const Node* name = document.root.find("name");
    if (is_kind(document.root, kind) && name != nullptr && name->text == wanted)
      return &document.root;
  }
  return nullptr;
}

std::string_view folder_of(const Node& root) {
  const Node* folder = root.find(is_kind(root, "Folder") ? "name" : "folder");
  return folder == nullptr ? std::string_view{} : std::string_view{folder->text};
}

/// Those of the files, and others that are known: a name in a file takes the place of all
/// revisions.
calendar::Calendars known_calendars(const Parsed& all, const LintSettings& settings) {
  std::vector<model::Calendar> calendars;
  for (const model::CalendarDefinition& made : all.calendars) calendars.push_back(made.value);
  const std::size_t own = calendars.size();
  for (const model::Calendar& each : settings.calendars) {
    const auto end = calendars.begin() + static_cast<std::ptrdiff_t>(own);
    if (std::find_if(calendars.begin(), end,
                     [&](const model::Calendar& made) { return made.name == each.name; }) == end) {
      calendars.push_back(each);
    }
  }
  return calendar::Calendars::make(std::move(calendars));
}

}  // namespace

std::string_view to_string(Level level) {
  switch (level) {
    case Level::off:
      return "off";
    case Level::note:
      return "note";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
  }
  std::unreachable();
}

std::span<const Rule> lint_rules() {
  return kRules;
}

const Rule& rule_of(std::string_view name) {
  return *std::ranges::find(kRules, name, &Rule::name);
}

const Json& Findings::entry(std::string_view rule, std::string_view folder) const {
  static const Json kNone{};
  for (std::string_view at = folder; !at.empty();) {
    const auto found = std::ranges::find(folders_, at, &model::Folder::name);
    if (found != folders_.end()) {
      if (const Json& said = found->lint[rule]; !said.is_null()) return said;
    }
    const std::size_t slash = at.rfind('/');
    at = slash == std::string_view::npos ? std::string_view{} : at.substr(0, slash);
  }
  return kNone;
}

Level Findings::level(std::string_view rule, std::string_view folder) const {
  const Json& said = entry(rule, folder);
  if (said.is_object() && said.find("level") != nullptr)
    return parse_level(said.text_or("level", ""));
  return rule_of(rule).level;
}

std::int64_t Findings::limit(std::string_view rule, std::string_view folder) const {
  return entry(rule, folder).integer_or("limit", rule_of(rule).limit);
}

void Findings::add(std::string_view rule, std::string_view folder, std::size_t file, Place place,
                   std::string message, std::string hint, bool secret) {
  const Level wanted = level(rule, folder);
  if (wanted == Level::off) return;
  Finding finding{texts_[file].at(place), wanted};
  finding.problem.code = std::string{"lint."}.append(rule);
  finding.problem.message = std::move(message);
  finding.problem.hint = std::move(hint);
  if (secret) {
    finding.problem.source_line.clear();
    finding.problem.pointer.clear();
  }
  found_.emplace_back(file, std::move(finding));
}

Place place_of(const Node& root, std::initializer_list<std::string_view> path) {
  Place place = root.place;
  const Node* at = &root;
  for (const std::string_view key : path) {
    const auto member = std::ranges::find(at->members, key, &Member::key);
    if (member == at->members.end()) return place;
    place = member->place;
    at = &member->value;
  }
  return place;
}

std::vector<Finding> to_findings(std::vector<Problem> problems) {
  std::vector<Finding> findings;
  findings.reserve(problems.size());
  for (Problem& problem : problems) findings.push_back({std::move(problem), Level::error});
  return findings;
}

std::vector<Finding> lint(std::span<const LintFile> files, const LintSettings& settings) {
  std::vector<Problems> texts;
  std::vector<LintedFile> read;
  Parsed all;
  texts.reserve(files.size());
  read.reserve(files.size());
  std::vector<model::Folder> folders;
  for (const LintFile& file : files) {
    texts.emplace_back(file.name, file.text);
    Problems trial{file.name, file.text};
    read.push_back({read_documents(trial), parse_definitions(file.name, file.text)});
    folders.insert(folders.end(), read.back().parsed.folders.begin(),
                   read.back().parsed.folders.end());
    append(all, read.back().parsed);
  }
  check_set(all);
  folders.insert(folders.end(), settings.folders.begin(), settings.folders.end());
  Findings findings{std::move(folders), texts};
  std::vector<LintedWorkflow> workflows;
  std::vector<LintedCalendar> calendars;
  for (std::size_t i = 0; i < read.size(); ++i) {
    for (const Document& document : read[i].documents) {
      check_secrets(findings, document.root, i, folder_of(document.root));
    }
    for (const model::WorkflowDefinition& made : read[i].parsed.workflows) {
      const Node* root = root_of(read[i].documents, "Workflow", made.workflow->name);
      if (root != nullptr) workflows.push_back({made.workflow, root, i});
    }
    for (const model::CalendarDefinition& made : read[i].parsed.calendars) {
      const Node* root = root_of(read[i].documents, "Calendar", made.value.name);
      if (root != nullptr) calendars.push_back({&made.value, root, i});
    }
  }
  const calendar::Calendars known = known_calendars(all, settings);
  const Day today = calendar::day_of(calendar::TimeZone{}.to_local(settings.from));
  for (const LintedCalendar& each : calendars) {
    check_calendar(findings, each, known, today + kPlannedDays);
  }
  for (const LintedWorkflow& each : workflows) {
    check_names(findings, each);
    check_structure(findings, each);
    check_days(findings, each);
    check_shifts(findings, each, settings, known);
  }
  check_crowding(findings, workflows, settings, known);

  auto found = findings.take();
  std::vector<std::tuple<std::size_t, int, int, std::size_t>> order;
  for (const auto& [file, finding] : found) {
    order.emplace_back(file, finding.problem.line, finding.problem.column, order.size());
  }
  std::ranges::sort(order);
  std::vector<Finding> out = to_findings(std::move(all.problems));
  for (const auto& place : order) out.push_back(std::move(found[std::get<3>(place)].second));
  return out;
}

bool fails(std::span<const Finding> findings) {
  return std::ranges::any_of(findings,
                             [](const Finding& each) { return each.level >= Level::warning; });
}

}  // namespace dandori::spec
