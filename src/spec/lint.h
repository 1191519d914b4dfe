#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "calendar/zone.h"
#include "spec/spec.h"

namespace dandori::spec {

/// How much a finding weighs; warnings and errors make `dandori lint` fail.
enum class Level : std::uint8_t { off, note, warning, error };
std::string_view to_string(Level level);

/// A rule of lint: what is allowed but seldom meant.
struct Rule {
  std::string_view name;  ///< `unused_param`: key in a folder's `lint`; its code is `lint.` + name
  Level level = Level::warning;  ///< unless a folder says otherwise
  std::int64_t limit = 0;        ///< 0: the rule has none
  std::string_view english;      ///< what it looks for
  std::string_view japanese;
};
std::span<const Rule> lint_rules();

struct Finding {
  Problem problem;
  Level level = Level::error;
};

struct LintFile {
  std::string_view name, text;
};

struct LintSettings {
  Timestamp from;                     ///< starts are counted in the eight days from here
  std::string_view timezone = "UTC";  ///< of triggers that name none
  std::function<Result<calendar::TimeZone>(std::string_view)> zone = {};  ///< zone data by name
  std::vector<model::Folder> folders = {};  ///< known besides those in the files
  std::vector<model::Calendar> calendars =
      {};  ///< the same; those in the files take the place of theirs
};

/// Everything that parse_definitions finds (level error), and what the rules find in the workflows
/// that are valid; by file, then by place. A secret is never quoted.
std::vector<Finding> lint(std::span<const LintFile> files, const LintSettings& settings);

/// Whether a command that only checks fails because of these.
bool fails(std::span<const Finding> findings);

/// `{rule, severity, message, hint, file, line, column}`; rule: the code.
Json to_json(const Finding& finding);
/// A problem is a finding of level error.
std::vector<Finding> to_findings(std::vector<Problem> problems);

/// SARIF 2.1.0 for code hosts and editors. Columns count characters.
Json write_sarif(std::span<const Finding> findings, std::string_view version);

}  // namespace dandori::spec
