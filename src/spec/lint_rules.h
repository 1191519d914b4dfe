#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "calendar/business_calendar.h"
#include "spec/lint.h"
#include "spec/node.h"
#include "spec/problems.h"

namespace dandori::spec {

/// A valid workflow with the text it was read from.
struct LintedWorkflow {
  model::WorkflowPtr workflow;
  const Node* root = nullptr;
  std::size_t file = 0;
};

/// A valid calendar with the text it was read from.
struct LintedCalendar {
  const model::Calendar* calendar = nullptr;
  const Node* root = nullptr;
  std::size_t file = 0;
};

/// How far ahead rules about schedules look.
inline constexpr int kPlannedDays = 400;

/// Gathers findings; asks the folders of a workflow whether a rule is wanted there.
class Findings {
 public:
  Findings(std::vector<model::Folder> folders, std::vector<Problems>& texts)
      : folders_{std::move(folders)}, texts_{texts} {}

  Level level(std::string_view rule, std::string_view folder) const;
  std::int64_t limit(std::string_view rule, std::string_view folder) const;
  /// secret: the line at fault is not shown.
  void add(std::string_view rule, std::string_view folder, std::size_t file, Place place,
           std::string message, std::string hint, bool secret = false);
  void add(const LintedWorkflow& of, std::string_view rule, Place place, std::string message,
           std::string hint) {
    add(rule, of.workflow->folder, of.file, place, std::move(message), std::move(hint));
  }
  void add(const LintedCalendar& of, std::string_view rule, Place place, std::string message,
           std::string hint) {
    add(rule, of.calendar->folder, of.file, place, std::move(message), std::move(hint));
  }
  std::vector<std::pair<std::size_t, Finding>> take() { return std::move(found_); }

 private:
  /// The rule's entry in the nearest folder that has one, or null.
  const Json& entry(std::string_view rule, std::string_view folder) const;

  std::vector<model::Folder> folders_;
  std::vector<Problems>& texts_;
  std::vector<std::pair<std::size_t, Finding>> found_;  // with the file's index
};

const Rule& rule_of(std::string_view name);

// One function per kind of rule.
void check_names(Findings& findings, const LintedWorkflow& of);
void check_structure(Findings& findings, const LintedWorkflow& of);
void check_days(Findings& findings, const LintedWorkflow& of);
/// Days that shifts and offsets move out of their month, or drop.
void check_shifts(Findings& findings, const LintedWorkflow& of, const LintSettings& settings,
                  const calendar::Calendars& calendars);
void check_crowding(Findings& findings, const std::vector<LintedWorkflow>& all,
                    const LintSettings& settings, const calendar::Calendars& calendars);
void check_calendar(Findings& findings, const LintedCalendar& of,
                    const calendar::Calendars& calendars, Day planned_until);
/// Of any kind of document; folder: where it belongs.
void check_secrets(Findings& findings, const Node& root, std::size_t file, std::string_view folder);

/// Place of a key below `root`: `{"jobs", "load"}`; the root's own when it is not there.
Place place_of(const Node& root, std::initializer_list<std::string_view> path);

}  // namespace dandori::spec
