#include "collector/fleet/announced.h"

#include <gtest/gtest.h>

#include "schemas/wire/scheduled_event.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using wire::ScheduledEvent;
using Kind = ScheduledEvent::Kind;

constexpr Wall kTold{1'775'946'000s};

NodeFinding FindingOf(const ScheduledEvent& event) {
  const wire::HealthEvent health = wire::HealthOf(event, kTold);
  return {.source = health.source,
          .condition = health.condition,
          .reason = health.reason,
          .message = health.message,
          .last = kTold};
}
bool Holds(const ScheduledEvent& event, Duration after) {
  return AnnouncedOf({FindingOf(event)}, kTold + after).has_value();
}

TEST(AnnouncedToANode, IsItsPlatformsMaintenance) {
  EXPECT_FALSE(AnnouncedOf({}, kTold));
  EXPECT_EQ(
      AnnouncedOf({FindingOf({.kind = Kind::kFreeze, .not_before = kTold + 15min, .lasts = 5s})}, kTold),
      (Maintenance{
          MaintenanceKind::kScheduledEvent,
          "its machine freezes for 5 s, not before 2026-04-11T22:35:00.000Z (Azure has announced it)"}));
}

TEST(AnnouncedToANode, OfSeveralWhatTakesTheMostIsSaid) {
  const auto both =
      AnnouncedOf({FindingOf({.kind = Kind::kPreempt}), FindingOf({.kind = Kind::kFreeze})}, kTold);
  ASSERT_TRUE(both);
  EXPECT_TRUE(both->takes);
  EXPECT_FALSE(AnnouncedOf({FindingOf({.kind = Kind::kReboot})}, kTold)->takes) << "its disks stay";
}

TEST(AnnouncedToANode, ExplainsASilenceFromTheAnnouncementUntilItShouldBeOver) {
  const ScheduledEvent freeze{.kind = Kind::kFreeze, .not_before = kTold + 15min, .lasts = 5s};
  EXPECT_TRUE(Holds(freeze, 0s)) << "it may be approved early";
  EXPECT_TRUE(Holds(freeze, 17min));
  EXPECT_FALSE(Holds(freeze, 17min + 6s)) << "a node that is silent for longer has something else";
  const ScheduledEvent begun{.kind = Kind::kFreeze, .started = true, .lasts = 5s};
  EXPECT_TRUE(Holds(begun, 2min));
  EXPECT_FALSE(Holds(begun, 3min));
  EXPECT_TRUE(Holds({.kind = Kind::kRedeploy, .not_before = kTold - 1h}, 19min))
      << "it was put off, and told of again";
  EXPECT_FALSE(Holds({.kind = Kind::kRedeploy, .not_before = kTold - 1h}, 21min));
  EXPECT_TRUE(Holds({.kind = Kind::kTerminate}, 39min));
  EXPECT_FALSE(Holds({.kind = Kind::kTerminate}, 41min));
}

TEST(AnnouncedToANode, ConditionsOfTheKernelAreNone) {
  NodeFinding finding = FindingOf({.kind = Kind::kPreempt});
  finding.source = "kernel-log";
  EXPECT_FALSE(AnnouncedOf({finding}, kTold));
}

}  // namespace
}  // namespace loadline::collector
