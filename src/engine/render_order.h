#pragma once

#include "base/result.h"
#include "engine/state.h"

namespace dandori::engine {

/// The order that starts `attempt`: every expression evaluated. Boot id and sequence are the
/// attempt's own. Errors: those of expr; the message names the job and the field.
Result<model::StartOrder> render_order(const State& state, const ActiveRun& run,
                                       const model::Attempt& attempt);

/// A value as text for environment, argument or stdin: strings as they are, others as compact JSON.
std::string text_of(const Json& value);

/// W3C trace context: the run is the trace, the attempt the span.
std::string traceparent(const model::Run& run, const model::AttemptRef& attempt);

/// The same for all attempts of a job in a run.
std::string job_key(const ActiveRun& run, std::uint32_t job);

}  // namespace dandori::engine
