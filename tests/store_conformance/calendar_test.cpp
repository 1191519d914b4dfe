#include <doctest/doctest.h>

#include "sample.h"
#include "worlds.h"

namespace dandori::store::test {

namespace {

template <class World>
void must_commit(World& world, std::vector<model::Change> changes) {
  REQUIRE(world.engine().commit({world.epoch(), std::move(changes)}).has_value());
}

}  // namespace

TEST_SUITE("calendars and business dates") {
  TEST_CASE_TEMPLATE("calendars are listed by their newest revision, a page at a time", World,
                     MemoryWorld, SqliteWorld) {
    World world;
    model::CalendarRow removed = sample_calendar("bank", 2);
    removed.deleted = true;
    must_commit(world, {sample_calendar("bank", 1), removed, sample_calendar("factory", 1),
                        sample_calendar("shop", 1), sample_calendar("shop", 2)});
    const auto first = world.queries().calendars({.limit = 2, .cursor = {}});
    CHECK(lines(texts_of(first->items)) ==
          lines(texts_of(std::vector{removed, sample_calendar("factory", 1)})));
    const auto second = world.queries().calendars({.limit = 2, .cursor = first->next_cursor});
    CHECK(lines(texts_of(second->items)) == text_of(sample_calendar("shop", 2)) + "\n");
    CHECK(second->next_cursor.empty());
    CHECK(lines(texts_of(*world.queries().live_calendars())) ==
          lines(texts_of(std::vector{sample_calendar("factory", 1), sample_calendar("shop", 1),
                                     sample_calendar("shop", 2)})));
  }

  TEST_CASE_TEMPLATE("a calendar is read by its revision, and its revisions newest first", World,
                     MemoryWorld, SqliteWorld) {
    World world;
    must_commit(world, {sample_calendar("bank", 1), sample_calendar("bank", 2),
                        sample_calendar("bank", 3), sample_calendar("zoo", 1)});
    CHECK(text_of(*world.queries().calendar("bank", 0)) == text_of(sample_calendar("bank", 3)));
    CHECK(text_of(*world.queries().calendar("bank", 1)) == text_of(sample_calendar("bank", 1)));
    CHECK(world.queries().calendar("bank", 9).error().code == "calendar.unknown_revision");
    CHECK(world.queries().calendar("none", 0).error().code == "calendar.unknown");
    CHECK(world.queries().calendar("none", 1).error().code == "calendar.unknown");
    const auto first = world.queries().calendar_revisions("bank", {.limit = 2, .cursor = {}});
    REQUIRE(first->items.size() == 2);
    CHECK(first->items.front().revision == 3);
    const auto second =
        world.queries().calendar_revisions("bank", {.limit = 2, .cursor = first->next_cursor});
    REQUIRE(second->items.size() == 1);
    CHECK(second->items.front().revision == 1);
    CHECK(world.queries().calendar_revisions("none", {}).error().code == "calendar.unknown");
    CHECK(world.queries().calendar_revisions("bank", {.limit = 2, .cursor = "x"}).error().code ==
          "request.bad_cursor");
  }

  TEST_CASE_TEMPLATE("a business date is read with its moves, newest first", World, MemoryWorld,
                     SqliteWorld) {
    World world;
    must_commit(world, {sample_business_date("batch"), sample_business_date("online"),
                        sample_move("batch", 1), sample_move("batch", 2), sample_move("batch", 3),
                        sample_move("online", 1)});
    const auto dates = world.queries().business_dates({.limit = 1, .cursor = {}});
    CHECK(lines(texts_of(dates->items)) == text_of(sample_business_date("batch")) + "\n");
    CHECK(dates->next_cursor == "batch");
    CHECK(text_of(**world.queries().business_date("online")) ==
          text_of(sample_business_date("online")));
    CHECK(!world.queries().business_date("none")->has_value());
    const auto first = world.queries().business_date_moves("batch", {.limit = 2, .cursor = {}});
    CHECK(lines(texts_of(first->items)) ==
          lines(texts_of(std::vector{sample_move("batch", 3), sample_move("batch", 2)})));
    const auto second =
        world.queries().business_date_moves("batch", {.limit = 2, .cursor = first->next_cursor});
    CHECK(lines(texts_of(second->items)) == text_of(sample_move("batch", 1)) + "\n");
    CHECK(world.queries().business_date_moves("none", {}).error().code == "business_date.unknown");
  }

  TEST_CASE_TEMPLATE("a move that was written never changes", World, MemoryWorld, SqliteWorld) {
    World world;
    must_commit(world, {sample_business_date("batch"), sample_move("batch", 1)});
    model::BusinessDateMoveRow other = sample_move("batch", 1);
    other.to = "2026-05-08";
    must_commit(world, {other});
    CHECK(lines(texts_of(world.queries().business_date_moves("batch", {})->items)) ==
          text_of(sample_move("batch", 1)) + "\n");
  }
}

}  // namespace dandori::store::test
