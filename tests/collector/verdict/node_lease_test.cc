#include "collector/verdict/node_lease.h"

#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr Mono kDoubt{100s};

LeaseSays Says(const NodeLease& lease, Duration after) {
  return SaidBy(lease.witness(), kDoubt + after);
}

TEST(NodeLease, OneThatNobodyAsksForSaysNothing) {
  EXPECT_EQ(SaidBy(std::nullopt, kDoubt), LeaseSays::kNotAsked);
}

TEST(NodeLease, IsWaitedForAsLongAsAKubeletHasTimeToRenewIt) {
  NodeLease lease(kDoubt);
  EXPECT_EQ(Says(lease, 0s), LeaseSays::kWaiting);
  for (Duration at = 0s; at <= 12s; at += 1s) {
    lease.Answered("10:00:00.1Z", kDoubt + at);
    EXPECT_EQ(Says(lease, at), at < 11500ms ? LeaseSays::kWaiting : LeaseSays::kStill) << Seconds(at);
    EXPECT_EQ(lease.next(), kDoubt + at + 1s);
  }
}

TEST(NodeLease, OneThatChangesSinceTheDoubtWasRenewed) {
  NodeLease lease(kDoubt);
  lease.Answered("10:00:00.1Z", kDoubt);
  lease.Answered("10:00:10.2Z", kDoubt + 7s);
  EXPECT_EQ(Says(lease, 7s), LeaseSays::kRenewed);
  // From then on less often: it may stop.
  EXPECT_EQ(lease.next(), kDoubt + 12s);
  for (Duration at = 12s; at <= 50s; at += 5s) {
    lease.Answered("10:00:10.2Z", kDoubt + at);
    EXPECT_EQ(Says(lease, at), at - 7s < 40s ? LeaseSays::kRenewed : LeaseSays::kStill) << Seconds(at);
  }
}

TEST(NodeLease, WhatWasThereAtTheFirstAnswerMayBeFromBeforeTheDoubt) {
  NodeLease lease(kDoubt);
  lease.Failed(kDoubt);
  lease.Answered("10:00:00.1Z", kDoubt + 9s);
  EXPECT_EQ(Says(lease, 9s), LeaseSays::kWaiting);
  // Counted from that answer, and not from the doubt.
  lease.Answered("10:00:00.1Z", kDoubt + 13s);
  EXPECT_EQ(Says(lease, 13s), LeaseSays::kWaiting);
}

TEST(NodeLease, AnApiServerThatDoesNotAnswerShowsNothingAgainstANode) {
  NodeLease lease(kDoubt);
  lease.Answered("10:00:00.1Z", kDoubt);
  for (Duration at = 1s; at <= 60s; at += 1s) lease.Failed(kDoubt + at);
  EXPECT_EQ(Says(lease, 60s), LeaseSays::kWaiting);
}

TEST(NodeLease, OneThatIsNotThereIsNotRenewed) {
  NodeLease lease(kDoubt);
  lease.Answered("", kDoubt);
  lease.Answered("", kDoubt + 12s);
  EXPECT_EQ(Says(lease, 12s), LeaseSays::kStill);
  lease.Answered("10:00:00.1Z", kDoubt + 13s);
  EXPECT_EQ(Says(lease, 13s), LeaseSays::kRenewed);
}

}  // namespace
}  // namespace loadline::collector
