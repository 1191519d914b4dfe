#include "model/words.h"

#include <set>
#include <string>

#include <doctest/doctest.h>

namespace dandori::model {

TEST_CASE_TEMPLATE("every word is read back as itself, and no two are spelt alike", E, TriggerType,
                   JobType, DstGap, DstOverlap, CatchUp, Overlap, OnPreviousFailure, OnLost, Join,
                   ParamType, Jitter, JobState, RunState, AttemptState, PlannedState, MissReason,
                   Origin, RerunScope, Channel, FailureKind, DateMove, DateWait, OnMismatch,
                   DateUnit) {
  std::set<std::string_view> seen;
  std::size_t index = 0;
  for (const std::string_view word : words_of<E>()) {
    CHECK(seen.insert(word).second);
    const auto read = parse_word<E>(word);
    REQUIRE(read.has_value());
    CHECK(static_cast<std::size_t>(*read) == index);
    CHECK(to_string(*read) == word);
    ++index;
  }
  CHECK_FALSE(parse_word<E>("").has_value());
  CHECK_FALSE(parse_word<E>("no such word").has_value());
}

TEST_CASE("words are spelt as the language spells them") {
  CHECK(to_string(ParamType::integer) == "int");
  CHECK(to_string(ParamType::boolean) == "bool");
  CHECK(to_string(JobState::wait_pred) == "wait_pred");
  CHECK(to_string(JobState::unknown) == "unknown");
  CHECK(to_string(MissReason::business_date_behind) == "business_date_behind");
  CHECK(to_string(FailureKind::not_started) == "not_started");
  CHECK(parse_word<Overlap>("replace") == Overlap::replace);
  CHECK_FALSE(parse_word<Overlap>("Replace").has_value());
}

TEST_CASE("an ended state is not live, and the states in between are neither") {
  for (const std::string_view word : words_of<JobState>()) {
    const JobState state = *parse_word<JobState>(word);
    CHECK_FALSE((is_ended(state) && is_live(state)));
  }
  CHECK(is_ended(JobState::succeeded));
  CHECK(is_ended(JobState::bypassed));
  CHECK(is_ended(JobState::unknown));
  CHECK_FALSE(is_ended(JobState::retry_wait));
  CHECK(is_live(JobState::stopping));
  CHECK_FALSE(is_live(JobState::held));
  CHECK(is_ended(RunState::interrupted));
  CHECK_FALSE(is_ended(RunState::stopping));
  CHECK(is_ended(AttemptState::lost));
  CHECK_FALSE(is_ended(AttemptState::running));
}

}  // namespace dandori::model
