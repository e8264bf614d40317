#include "collector/model/announced.h"

#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using Kind = wire::ScheduledEvent::Kind;

constexpr Wall kAt{1'775'946'418s};

NodeFinding FindingOf(const wire::ScheduledEvent& event) {
  const wire::HealthEvent health = wire::HealthOf(event, kAt);
  return {.source = health.source,
          .condition = health.condition,
          .reason = health.reason,
          .message = health.message,
          .last = kAt};
}

TEST(Announced, IsWhatTheAgentSaysAndNotWhatTheKernelDoes) {
  const wire::ScheduledEvent freeze{.kind = Kind::kFreeze, .not_before = kAt, .lasts = 5s};
  NodeFinding kernel = FindingOf(freeze);
  kernel.source = "kernel-log";
  EXPECT_EQ(AnnouncedIn({kernel, FindingOf(freeze)}), (std::vector<AnnouncedEvent>{{freeze, kAt}}));
}

TEST(Announced, SaysWhatHappensAndWhen) {
  EXPECT_EQ(WordsOf({.kind = Kind::kFreeze, .not_before = kAt, .lasts = 5s}),
            "freezes for 5 s, not before 2026-04-11T22:26:58.000Z");
  EXPECT_EQ(WordsOf({.kind = Kind::kReboot, .started = true}), "reboots, and that has begun");
  EXPECT_EQ(WordsOf({.kind = Kind::kRedeploy}),
            "moves to another host and loses its local disks, at any time");
  EXPECT_EQ(WordsOf({.kind = Kind::kPreempt}), "is taken back, as a spot machine may be, at any time");
  EXPECT_EQ(WordsOf({.kind = Kind::kTerminate, .lasts = 0s}), "is deleted, at any time");
}

}  // namespace
}  // namespace loadline::collector
