#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>

#include "calendar/business_calendar.h"
#include "calendar/early_time.h"
#include "spec/reader.h"
#include "spec/spec.h"
#include "spec/tables.h"
#include "spec/workflow_reader.h"

namespace dandori::spec {

namespace {

constexpr auto kKinds =
    std::to_array<std::string_view>({"Workflow", "Calendar", "BusinessDate", "Folder", "Variable"});
constexpr auto kLaterKinds =
    std::to_array<std::string_view>({"Pool", "Connection", "Channel", "JobTemplate", "StateMachine",
                                     "Release", "Milestone", "Band", "WorkflowTest"});

/// What the file defines so far, and the line of each name.
struct File {
  Context& context;
  Parsed parsed = {};
  std::map<std::pair<std::string, std::string>, int> lines = {};  // kind, name → line
};

void define(File& file, std::string kind, std::string name, std::string_view shown, Place place) {
  const auto [slot, is_new] = file.lines.emplace(std::pair{kind, name}, place.line);
  if (!is_new) {
    file.context.add(place, "spec.duplicate_name",
                     fmt::format("the {} '{}' is defined twice", kind, shown),
                     fmt::format("the first one is in line {}", slot->second));
    return;
  }
  file.parsed.defined.push_back(
      {std::move(kind), std::move(name), file.context.problems.at(place)});
}

void add_workflow(File& file, const Document& document) {
  Place place;
  const auto workflow = read_workflow(file.context, document.root, place);
  if (workflow == nullptr) return;
  define(file, "Workflow", workflow->name, workflow->name, place);
  file.parsed.workflows.push_back({.workflow = workflow,
                                   .source = std::string{document.source},
                                   .canonical = write_canonical(*workflow)});
}

void add_variable(File& file, const Document& document) {
  VariableDraft draft;
  read_object(file.context, document.root, Path{}, variable_table(), draft);
  if (draft.variable.name.empty()) return;
  define(file, "Variable", fmt::format("{}:{}", draft.variable.folder, draft.variable.name),
         draft.variable.name, draft.name_place);
  file.parsed.variables.push_back(std::move(draft.variable));
}

void add_folder(File& file, const Document& document) {
  FolderDraft draft;
  read_object(file.context, document.root, Path{}, folder_table(), draft);
  if (draft.folder.name.empty()) return;
  define(file, "Folder", draft.folder.name, draft.folder.name, draft.name_place);
  file.parsed.folders.push_back(std::move(draft.folder));
}

/// A calendar or business date: T as its draft reads it, kept when it has no problems.
template <class Draft, class Definition>
void add_value(File& file, const Document& document, std::string_view kind,
               const Table<Draft>& table, auto Draft::* value, std::vector<Definition>& out) {
  Draft draft;
  const std::size_t problems_before = file.context.problems.size();
  read_object(file.context, document.root, Path{}, table, draft);
  if (file.context.problems.size() > problems_before) return;
  const std::string name = (draft.*value).name;
  define(file, std::string{kind}, name, name, draft.name_place);
  std::string canonical = write_canonical(draft.*value);
  out.push_back({.value = std::move(draft.*value),
                 .source = std::string{document.source},
                 .canonical = std::move(canonical)});
}

void report_kind(Context& context, const Node& kind) {
  if (std::ranges::find(kLaterKinds, kind.text) != kLaterKinds.end()) {
    context.add(kind.place, "spec.not_supported",
                fmt::format("this version does not know the kind '{}' yet", kind.text),
                "remove the document, or use a version that has it (`dandori --version`)");
    return;
  }
  const std::vector<std::string> known{kKinds.begin(), kKinds.end()};
  context.add(kind.place, "spec.unknown_kind",
              fmt::format("there is no kind {}",
                          kind.is_scalar() ? fmt::format("'{}'", kind.text) : describe(kind)),
              suggest(kind.text, known, "kinds"));
}

void add_document(File& file, const Document& document) {
  const Node& root = document.root;
  if (root.kind != NodeKind::map) {
    file.context.add(root.place, "spec.wrong_type",
                     fmt::format("a definition is a map, found {}", describe(root)),
                     "begin with `name: …` and `jobs:`");
    return;
  }
  const Node* kind = root.find("kind");
  if (kind == nullptr || kind->text == "Workflow") return add_workflow(file, document);
  Parsed& parsed = file.parsed;
  if (kind->text == "Calendar") {
    return add_value(file, document, "Calendar", calendar_table(), &CalendarDraft::calendar,
                     parsed.calendars);
  }
  if (kind->text == "BusinessDate") {
    return add_value(file, document, "BusinessDate", business_date_table(),
                     &BusinessDateDraft::date, parsed.business_dates);
  }
  if (kind->text == "Variable") return add_variable(file, document);
  if (kind->text == "Folder") return add_folder(file, document);
  report_kind(file.context, *kind);
}

std::string shown_name(const Defined& defined) {
  const std::size_t colon = defined.name.find(':');
  return colon == std::string::npos ? defined.name : defined.name.substr(colon + 1);
}

}  // namespace

Parsed parse_definitions(std::string_view file_name, std::string_view text) {
  Problems problems{file_name, text};
  Context context{.problems = problems};
  File file{.context = context};
  const std::vector<Document> documents = read_documents(problems);
  for (const Document& document : documents) {
    context.expressions.clear();
    add_document(file, document);
  }
  if (documents.empty() && problems.size() == 0) {
    context.add({.line = 0, .column = 0}, "spec.empty", "the file holds no definition",
                "begin with `name: …` and `jobs:`");
  }
  file.parsed.times = std::move(context.times);
  file.parsed.problems = problems.take();
  return std::move(file.parsed);
}

void append(Parsed& all, Parsed more) {
  std::map<std::pair<std::string, std::string>, const Problem*> known;
  for (const Defined& one : all.defined) known.emplace(std::pair{one.kind, one.name}, &one.place);
  for (const Defined& one : more.defined) {
    const auto earlier = known.find({one.kind, one.name});
    if (earlier == known.end()) continue;
    Problem problem = one.place;
    problem.code = "spec.duplicate_name";
    problem.message = fmt::format("the {} '{}' is defined twice", one.kind, shown_name(one));
    problem.hint =
        fmt::format("the first one is in {}:{}", earlier->second->file, earlier->second->line);
    more.problems.push_back(std::move(problem));
  }
  std::ranges::move(more.workflows, std::back_inserter(all.workflows));
  std::ranges::move(more.variables, std::back_inserter(all.variables));
  std::ranges::move(more.folders, std::back_inserter(all.folders));
  std::ranges::move(more.calendars, std::back_inserter(all.calendars));
  std::ranges::move(more.business_dates, std::back_inserter(all.business_dates));
  std::ranges::move(more.problems, std::back_inserter(all.problems));
  std::ranges::move(more.defined, std::back_inserter(all.defined));
  std::ranges::move(more.times, std::back_inserter(all.times));
}

namespace {

void add_problem(Parsed& all, Problem place, const Error& error, std::string message) {
  place.code = error.code;
  place.message = std::move(message);
  place.hint = error.hint;
  all.problems.push_back(std::move(place));
}

/// Calendars that rest on themselves, by the rule of the calendar room.
void check_cycles(Parsed& all) {
  std::vector<model::Calendar> calendars;
  for (const model::CalendarDefinition& each : all.calendars) calendars.push_back(each.value);
  const calendar::Calendars made = calendar::Calendars::make(std::move(calendars));
  for (const Error& error : made.problems()) {
    if (error.code != "calendar.cycle") continue;
    for (const Defined& each : all.defined) {
      if (each.kind != "Calendar") continue;
      if (!error.message.starts_with(fmt::format("calendar '{}' ", each.name))) continue;
      add_problem(all, each.place, error, error.message);
      break;
    }
  }
}

}  // namespace

void check_set(Parsed& all) {
  if (all.calendars.empty()) return;
  check_cycles(all);
  std::map<std::string_view, const model::Calendar*> known;
  for (const model::CalendarDefinition& each : all.calendars) {
    known.emplace(each.value.name, &each.value);
  }
  for (const TimeUse& use : all.times) {
    const auto found = known.find(use.calendar);
    if (found == known.end()) continue;
    if (const auto good =
            calendar::check_time(use.time_s, found->second->day_starts_at_s, use.calendar);
        !good) {
      add_problem(all, use.place, good.error(),
                  fmt::format("{}: {}", use.path, good.error().message));
    }
  }
}

}  // namespace dandori::spec
