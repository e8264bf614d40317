#include "schemas/base/bounded_queue.h"

#include <gtest/gtest.h>

#include <thread>

namespace loadline {
namespace {

using namespace std::chrono_literals;

TEST(BoundedQueue, RefusesAndCountsWhatDoesNotFit) {
  BoundedQueue<int> queue(2);
  EXPECT_TRUE(queue.Push(1));
  EXPECT_TRUE(queue.Push(2));
  EXPECT_FALSE(queue.Push(3));
  EXPECT_EQ(queue.refused(), 1u);
  EXPECT_EQ(queue.Pop(0s), 1);
  EXPECT_EQ(queue.Pop(0s), 2);
  EXPECT_EQ(queue.Pop(0s), std::nullopt);
}

TEST(BoundedQueue, ClosedQueueIsDrainedAndThenEmpty) {
  BoundedQueue<int> queue(2);
  EXPECT_TRUE(queue.Push(1));
  queue.Close();
  EXPECT_FALSE(queue.Push(2));
  EXPECT_EQ(queue.Pop(10s), 1);
  EXPECT_EQ(queue.Pop(10s), std::nullopt);  // Returns at once: closed.
}

TEST(BoundedQueue, WaitingConsumerIsWokenByAProducer) {
  BoundedQueue<int> queue(2);
  std::jthread producer([&] { (void)queue.Push(7); });
  EXPECT_EQ(queue.Pop(10s), 7);
}

TEST(BoundedQueue, TakeAllEmptiesItInOrder) {
  BoundedQueue<int> queue(3);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(queue.Push(i));
  EXPECT_EQ(queue.TakeAll(), (std::deque<int>{0, 1, 2}));
  EXPECT_EQ(queue.size(), 0u);
}

}  // namespace
}  // namespace loadline
