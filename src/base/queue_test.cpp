#include "base/queue.h"

#include <memory>
#include <thread>

#include <doctest/doctest.h>

namespace dandori {

TEST_CASE("a full queue refuses try_push and takes again once drained") {
  BoundedQueue<int> queue{2};
  CHECK(queue.try_push(1));
  CHECK(queue.try_push(2));
  CHECK_FALSE(queue.try_push(3));
  CHECK(queue.size() == 2);
  CHECK(queue.drain(0s, 1) == std::vector<int>{1});
  CHECK(queue.try_push(3));
  CHECK(queue.drain(0s, 10) == std::vector<int>{2, 3});
  CHECK(queue.drain(0s, 10).empty());
}

TEST_CASE("a closed queue refuses items but still gives what it has") {
  BoundedQueue<std::unique_ptr<int>> queue{2};
  CHECK(queue.push(std::make_unique<int>(1)));
  queue.close();
  CHECK_FALSE(queue.push(std::make_unique<int>(2)));
  CHECK_FALSE(queue.try_push(std::make_unique<int>(3)));
  CHECK(queue.drain(1h, 10).size() == 1);
  CHECK(queue.drain(1h, 10).empty());  // returns at once
}

TEST_CASE("a waiting push goes on when the reader makes room") {
  BoundedQueue<int> queue{1};
  CHECK(queue.push(0));
  std::thread writer{[&] {
    for (int i = 1; i < 100; ++i) queue.push(i);
    queue.close();
  }};
  std::vector<int> taken;
  while (taken.size() < 100) {
    for (const int item : queue.drain(1h, 3)) taken.push_back(item);
  }
  writer.join();
  for (int i = 0; i < 100; ++i) CHECK(taken[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("wake ends the wait of the reader, also when it came first") {
  BoundedQueue<int> queue{1};
  queue.wake();
  CHECK(queue.drain(1h, 1).empty());
}

}  // namespace dandori
