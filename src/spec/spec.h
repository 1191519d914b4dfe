#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "model/event.h"
#include "model/workflow.h"

namespace dandori::spec {

inline constexpr std::size_t kTextBytesMax = 4U << 20U;  ///< one file of definitions
inline constexpr std::size_t kDepthMax = 64;             ///< maps and lists inside each other
inline constexpr std::size_t kAliasNodesMax = 100'000;   ///< values that aliases may copy, per file
inline constexpr std::size_t kProblemsMax = 200;         ///< told of one file; the rest is counted

/// Something wrong in a definition.
///
/// line, column: from 1; columns count characters. 0: the file as a whole.
/// hint: the remedy, one or more lines; may be empty.
/// source_line: the line at fault as shown, tabs as spaces, long lines cut around the place.
/// pointer: what to print below source_line: spaces and `^`, by terminal columns (East-Asian
/// widths).
struct Problem {
  std::string file;
  int line = 0;
  int column = 0;
  std::string code = {};
  std::string message = {};
  std::string hint = {};
  std::string source_line = {};
  std::string pointer = {};

  bool operator==(const Problem&) const = default;
};

/// Where a name was defined, so that a second definition is seen, also across files.
struct Defined {
  std::string kind;  ///< `Workflow`, `Calendar`, `BusinessDate`, `Variable`, `Folder`
  std::string name;  ///< a variable's is `folder:name`
  Problem place;     ///< file, line, column and excerpt of the name
};

/// A clock time of a trigger, and the calendar that says when its days begin.
struct TimeUse {
  std::string calendar;
  std::int32_t time_s = 0;
  std::string path;  ///< `triggers.nightly.time`
  Problem place;     ///< file, line, column and excerpt of the time
};

/// What one or more files define. Use it only when `problems` is empty.
struct Parsed {
  std::vector<model::WorkflowDefinition> workflows;
  std::vector<model::Variable> variables;
  std::vector<model::Folder> folders;
  std::vector<model::CalendarDefinition> calendars;
  std::vector<model::BusinessDateDefinition> business_dates;
  std::vector<Problem> problems;  ///< by place in the file
  std::vector<Defined> defined;
  std::vector<TimeUse> times;  ///< for check_set
};

/// Reads one file: YAML 1.2 documents, or JSON. Never fails as a whole: what is wrong stands in
/// `problems`, all of it, in order of lines. Time and memory are linear in the text.
Parsed parse_definitions(std::string_view file_name, std::string_view text);

/// Adds another file's definitions; a name that both define becomes a problem
/// (spec.duplicate_name).
void append(Parsed& all, Parsed more);

/// What only all files together tell: to be called once, when the last has been read. Calendars
/// that are not among the files are not judged: the server may have them. Problems: calendar.cycle,
/// calendar.bad_time.
void check_set(Parsed& all);

/// `nightly.yaml:14:13: job 'report' waits for 'laod', unknown in this workflow [spec.unknown_job]`
/// and the hint, indented by two; with_source_excerpt: with the line at fault and a caret below it,
/// and where to read more. Several lines, without a newline at the end.
std::string format_problem(const Problem& problem, bool with_source_excerpt);

/// The canonical text of a definition: JSON on one line, fields in a fixed order, only what differs
/// from the defaults. Equal meaning gives equal text. The order of jobs is kept, as it is shown.
std::string write_canonical(const model::Workflow& workflow);
std::string write_canonical(const model::Calendar& calendar);
std::string write_canonical(const model::BusinessDate& business_date);

/// A stored revision back to the model. Accepts everything that write_canonical wrote.
/// Time zones are not looked up again: a zone that has gone does not lose the history.
/// Errors: spec.canonical.
Result<model::WorkflowPtr> compile_canonical(std::string_view canonical_json);
/// The same of stored calendars and business dates. Errors: spec.canonical.
Result<model::Calendar> compile_calendar(std::string_view canonical_json);
Result<model::BusinessDate> compile_business_date(std::string_view canonical_json);

/// The first document of a YAML text as JSON, for files of ours that are no definitions.
/// Errors: those of its first problem, with its place.
Result<Json> read_yaml(std::string_view file_name, std::string_view text);

/// JSON Schema (draft 2020-12) of a kind: `Workflow`, `Calendar`, `BusinessDate`, `Folder`,
/// `Variable` (any case).
/// Errors: spec.unknown_kind.
Result<std::string> schema(std::string_view kind);

}  // namespace dandori::spec
