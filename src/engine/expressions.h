#pragma once

#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "engine/state.h"

namespace dandori::engine {

/// What an expression may look at. Nothing is copied before it is asked for.
///
/// run: of the run, or a draft without id. active: the run in memory, for `jobs.*`; nullptr: no
/// jobs yet. attempt: nullptr outside an attempt.
struct Context {
  const State& state;
  const model::Run& run;
  const ActiveRun* active = nullptr;
  const model::Attempt* attempt = nullptr;
  /// Environment rendered so far; nullptr: none.
  const std::vector<std::pair<std::string, std::string>>* env = nullptr;
};

/// Evaluates text with `${{ … }}`. Errors: those of expr.
Result<Json> evaluate(std::string_view text, const Context& context);

/// The variable that a workflow of `folder` sees: of its folder or the nearest one above; nullptr:
/// none.
const model::Variable* find_variable(const State& state, std::string_view name,
                                     std::string_view folder);

}  // namespace dandori::engine
