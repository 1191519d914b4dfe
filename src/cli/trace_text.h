#pragma once

#include <string>

#include "base/json.h"
#include "cli/console.h"

namespace dandori::cli {

/// One step from a rule to a start (calendar::TraceStep as JSON) as a sentence. A code that this
/// program does not know is shown with its values.
std::string step_text(const Console& console, const Json& step);

/// Steps, one line each, `indent` columns in.
std::string trace_text(const Console& console, const Json& trace, std::size_t indent);

/// What decides a day (calendar::DayReason as JSON), in brackets: ` (憲法記念日, rule 1 of
/// jpbank)`.
std::string day_text(const Console& console, const Json& reason);

/// Word of a reason why there is no start (`closed_day`); the bare word when it is not known.
std::string miss_word(const Console& console, std::string_view reason);

/// `2026-11-20 22:00 +09:00` of an RFC 3339 text with offset.
std::string local_text(std::string_view at);

}  // namespace dandori::cli
