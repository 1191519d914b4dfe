#pragma once

#include <vector>

#include "model/calendar.h"
#include "spec/fields.h"

namespace dandori::spec {

inline constexpr Duration kDay = std::chrono::hours{24};

/// Rules of `days`: a word, a map, or a list of these.
Shape day_rules();
/// Problems: spec.missing_key, spec.contradiction, spec.bad_value.
std::vector<model::DayRule> read_day_rules(Context& context, const Node& node, const Path& path);

/// `runs_on` of a job: the same, or `{days, calendar}`.
Shape runs_on_shape();
model::RunsOn read_runs_on(Context& context, const Node& node, const Path& path);

/// Rules that ask which days are open.
bool asks_calendar(const model::DayRule& rule);
/// Rules that name closed days, which start on them unless something else is said.
bool names_closed_days(const model::DayRule& rule);
/// `open_day: last` in the words of the language, for messages.
std::string_view word_of(const model::DayRule& rule);

Json day_rules_json(const std::vector<model::DayRule>& rules);
Json runs_on_json(const model::RunsOn& rule);

}  // namespace dandori::spec
