#include "runtime/feed.h"

#include <thread>

#include <doctest/doctest.h>

namespace dandori::runtime {

namespace {

std::vector<model::JournalRow> lines(std::uint64_t first, std::uint64_t last) {
  std::vector<model::JournalRow> rows;
  for (std::uint64_t seq = first; seq <= last; ++seq) rows.emplace_back().seq = seq;
  return rows;
}

}  // namespace

TEST_CASE("a follower gets what came after its last line, in order and in pieces") {
  Feed feed{8};
  feed.publish(lines(1, 5));
  CHECK(feed.after(2, 2).lines.size() == 2);
  CHECK(feed.after(2, 2).lines[0].seq == 3);
  CHECK(feed.after(5, 10).lines.empty());
  CHECK_FALSE(feed.after(5, 10).is_too_old);
}

TEST_CASE("a follower that fell behind the ring is told so") {
  Feed feed{4};
  feed.publish(lines(1, 10));
  CHECK(feed.after(5, 10).is_too_old);
  CHECK_FALSE(feed.after(6, 10).is_too_old);
  CHECK(feed.after(6, 10).lines.size() == 4);
}

TEST_CASE("lines from before this process are too old, not absent") {
  Feed feed;
  feed.begin_after(100);
  CHECK(feed.after(50, 10).is_too_old);
  CHECK_FALSE(feed.after(100, 10).is_too_old);
}

TEST_CASE("lines of a commit whose outcome nobody heard are too old, not absent") {
  Feed feed;
  int calls = 0;
  const auto handle = feed.subscribe([&] { ++calls; });
  feed.publish(lines(1, 5));
  feed.begin_after(8);
  CHECK(calls == 2);
  CHECK(feed.after(5, 10).is_too_old);
  feed.publish(lines(9, 10));
  CHECK(feed.after(5, 10).is_too_old);
  CHECK_FALSE(feed.after(8, 10).is_too_old);
  CHECK(feed.after(8, 10).lines.size() == 2);
}

TEST_CASE("a watcher is called after each publication until its handle is gone, also from within") {
  Feed feed;
  int calls = 0;
  auto handle = feed.subscribe([&] { ++calls; });
  std::shared_ptr<void> once;
  once = feed.subscribe([&] { once.reset(); });
  feed.publish(lines(1, 1));
  CHECK(once == nullptr);
  feed.publish(lines(2, 2));
  CHECK(calls == 2);
  handle.reset();
  feed.publish(lines(3, 3));
  CHECK(calls == 2);
}

TEST_CASE("a wait ends with the line it waits for, or when the feed closes") {
  Feed feed;
  std::jthread writer{[&] {
    feed.publish(lines(1, 1));
    feed.close();
  }};
  CHECK(feed.wait_past(0, 10s) == 1);
  CHECK(feed.wait_past(7, 10s) == 1);
}

}  // namespace dandori::runtime
