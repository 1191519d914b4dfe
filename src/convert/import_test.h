#pragma once

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <string>
#include <string_view>
#include <vector>

#include "convert/import.h"

namespace dandori::convert {

inline Day day(std::string_view text) {
  const Result<Day> parsed = parse_day(text);
  REQUIRE_MESSAGE(parsed.has_value(), text);
  return *parsed;
}

inline ImportSettings window(std::string_view first, std::string_view last) {
  return {.window = {day(first), day(last)},
          .zone = calendar::TimeZone::load("Asia/Tokyo").value(),
          .zone_given = false,
          .load_zone = calendar::TimeZone::load};
}

/// `2026-01-01 元日`, one for each day.
inline std::vector<std::string> lines(const ImportedDays& imported) {
  std::vector<std::string> out;
  for (const spec::Problem& problem : imported.problems) {
    FAIL_CHECK(spec::format_problem(problem, false));
  }
  for (const model::NamedDays& span : imported.days) {
    CHECK(span.first == span.last);
    out.push_back(format_day(span.first) + (span.title.empty() ? "" : " " + span.title));
  }
  return out;
}

/// `3: cause [code] | remedy`, one for each problem.
inline std::vector<std::string> problems(const ImportedDays& imported) {
  std::vector<std::string> out;
  for (const spec::Problem& problem : imported.problems) {
    out.push_back(
        fmt::format("{}: {} [{}] | {}", problem.line, problem.message, problem.code, problem.hint));
  }
  return out;
}

using Lines = std::vector<std::string>;

}  // namespace dandori::convert
