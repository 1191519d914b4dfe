#include "model/words.h"

#include <array>

namespace dandori::model {

namespace {

template <class E, std::size_t N>
std::optional<E> find_word(const std::array<std::string_view, N>& words, std::string_view text) {
  for (std::size_t i = 0; i < N; ++i) {
    if (words[i] == text) return static_cast<E>(i);
  }
  return std::nullopt;
}

}  // namespace

// One table per word, in the order of its enumerators; the size check catches a forgotten one.
#define DANDORI_WORDS(E, LAST, ...)                                            \
  namespace {                                                                  \
  constexpr auto k##E##Words = std::to_array<std::string_view>({__VA_ARGS__}); \
  static_assert(k##E##Words.size() == static_cast<std::size_t>(E::LAST) + 1);  \
  }                                                                            \
  std::string_view to_string(E word) {                                         \
    return k##E##Words[static_cast<std::size_t>(word)];                        \
  }                                                                            \
  std::span<const std::string_view> all_words(E) {                             \
    return k##E##Words;                                                        \
  }                                                                            \
  std::optional<E> parse_word(std::string_view text, E) {                      \
    return find_word<E>(k##E##Words, text);                                    \
  }

DANDORI_WORDS(TriggerType, once, "schedule", "once")
DANDORI_WORDS(JobType, business_date, "shell", "noop", "business_date")
DANDORI_WORDS(MonthLabel, end, "start", "end")
DANDORI_WORDS(DateUnit, day, "open_day", "day")
DANDORI_WORDS(DateMove, hand, "created", "clock", "job", "after", "hand")
DANDORI_WORDS(DateWait, ahead, "none", "behind", "ahead")
DANDORI_WORDS(OnMismatch, run_current, "hold", "run_planned", "run_current")
DANDORI_WORDS(DayForm, cycle, "every_day", "open_days", "closed_days", "weekdays", "day",
              "relative_day", "open_day", "closed_day", "weekday", "dates", "cycle")
DANDORI_WORDS(CycleUnit, open_day, "day", "week", "month", "year", "open_day")
DANDORI_WORDS(ClosedDay, run, "skip", "previous", "next", "nearest", "run")
DANDORI_WORDS(DstGap, skip, "shift", "skip")
DANDORI_WORDS(DstOverlap, both, "first", "second", "both")
DANDORI_WORDS(CatchUp, none, "all", "latest", "none")
DANDORI_WORDS(Overlap, block, "queue", "skip", "parallel", "replace", "block")
DANDORI_WORDS(OnPreviousFailure, hold, "run", "rerun", "hold")
DANDORI_WORDS(OnLost, rerun, "hold", "fail", "rerun")
DANDORI_WORDS(Join, at_least, "all", "any", "at_least")
DANDORI_WORDS(ParamType, object, "string", "int", "number", "bool", "date", "time", "list",
              "object")
DANDORI_WORDS(Jitter, full, "none", "full")
DANDORI_WORDS(JobState, unknown, "wait_time", "wait_pred", "wait_event", "wait_pool", "held",
              "disabled", "starting", "running", "stopping", "retry_wait", "succeeded", "warning",
              "failed", "killed", "not_run", "skipped", "bypassed", "unknown")
DANDORI_WORDS(RunState, not_run, "queued", "running", "suspended", "stopping", "succeeded",
              "warning", "failed", "killed", "interrupted", "not_run")
DANDORI_WORDS(AttemptState, lost, "starting", "running", "stopping", "succeeded", "warning",
              "failed", "killed", "lost")
DANDORI_WORDS(PlannedState, missed, "planned", "bypassed", "held", "excluded", "started", "missed")
DANDORI_WORDS(MissReason, excluded_workflow, "none", "overlap", "catch_up", "disabled", "blocked",
              "window", "blackout", "nonexistent_time", "superseded", "business_date_behind",
              "gave_up", "closed_day", "max_shift", "offset_limit", "excluded_date",
              "excluded_workflow")
DANDORI_WORDS(Origin, api, "schedule", "manual", "api")
DANDORI_WORDS(RerunScope, after_failed, "whole", "failed", "from", "only", "after_failed")
DANDORI_WORDS(Operation, confirm, "hold", "release", "skip", "unskip", "disable", "enable", "force",
              "set_state", "suspend", "resume", "drain", "undrain", "confirm")
DANDORI_WORDS(MarkKind, drain, "hold", "disable", "skip", "suspend", "drain")
DANDORI_WORDS(Channel, system, "cli", "api", "ui", "system")
DANDORI_WORDS(Role, admin, "viewer", "operator", "author", "admin")
DANDORI_WORDS(FailureKind, business_date, "none", "exit", "signal", "timeout", "killed", "spawn",
              "not_started", "output", "expression", "lost", "business_date")
#undef DANDORI_WORDS

}  // namespace dandori::model
