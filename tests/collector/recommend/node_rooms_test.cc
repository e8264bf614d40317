#include "collector/recommend/node_rooms.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace loadline::collector {
namespace {

const Amounts kCpus{.cpu = 16'000, .memory = 8 * kGiB};
const Amounts kMemory{.cpu = 4000, .memory = 64 * kGiB};
const Amounts kBetween{.cpu = 8000, .memory = 32 * kGiB};

NodeRooms Of(const std::vector<Amounts>& rooms) {
  NodeRooms all;
  for (const Amounts& room : rooms) all.Add(room);
  return all;
}

TEST(NodeRooms, AreOfOneNodeEach) {
  const NodeRooms rooms = Of({kMemory, kCpus, kBetween});
  EXPECT_EQ(rooms.Most(), (Amounts{.cpu = 16'000, .memory = 64 * kGiB}));
  EXPECT_FALSE(rooms.HasLargest());
  EXPECT_EQ(rooms.For({.cpu = 10'000, .memory = kGiB}), kCpus);
  EXPECT_EQ(rooms.For({.cpu = 1000, .memory = 40 * kGiB}), kMemory);
  EXPECT_EQ(rooms.For({.cpu = 7000, .memory = 20 * kGiB}), kBetween);
  EXPECT_EQ(rooms.For({.cpu = 16'000, .memory = 64 * kGiB}), kMemory) << "memory that is missing kills";
  EXPECT_EQ(rooms.For({.cpu = 16'000, .memory = 8 * kGiB + kMiB}), kCpus) << "but not at any price";
}

TEST(NodeRooms, OfNodesThatAreNotKnownBoundNothing) {
  EXPECT_TRUE(Of({}).IsEmpty());
  EXPECT_TRUE(Of({Amounts{}}).IsEmpty());
  EXPECT_TRUE(Of({}).HasLargest());
  EXPECT_EQ(Of({}).Most(), Amounts{});
  EXPECT_EQ(Of({}).For({.cpu = 100, .memory = kGiB}), Amounts{});
}

TEST(NodeRooms, AreThoseThatNoOtherHasMoreOfBothThan) {
  EXPECT_EQ(Of({kBetween, {.cpu = 8000, .memory = 16 * kGiB}, kBetween}), Of({kBetween}));
  EXPECT_TRUE(Of({kBetween, {.cpu = 8000, .memory = 33 * kGiB}}).HasLargest());
  EXPECT_EQ(Of({kCpus, kMemory, {.cpu = 16'000, .memory = 64 * kGiB}}).Most(), Of({kCpus, kMemory}).Most());
}

// In whatever order they come, a pod that some node has room for has one.
TEST(NodeRooms, HoldWhatAnyNodeHolds) {
  std::mt19937 random(7);
  std::uniform_int_distribution<std::int64_t> cpu(1, 64), gib(1, 256);
  const auto some = [&] { return Amounts{.cpu = 1000 * cpu(random), .memory = gib(random) * kGiB}; };
  for (int round = 0; round < 200; ++round) {
    std::vector<Amounts> nodes(1 + static_cast<std::size_t>(round) % 20);
    std::ranges::generate(nodes, some);
    const NodeRooms rooms = Of(nodes);
    for (int i = 0; i < 50; ++i) {
      const Amounts wanted = some();
      const auto holds = [&](const Amounts& room) {
        return room.cpu >= wanted.cpu && room.memory >= wanted.memory;
      };
      const Amounts room = rooms.For(wanted);
      EXPECT_NE(std::ranges::find(nodes, room), nodes.end());
      EXPECT_EQ(holds(room), std::ranges::any_of(nodes, holds));
    }
  }
}

}  // namespace
}  // namespace loadline::collector
