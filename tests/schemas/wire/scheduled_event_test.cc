#include "schemas/wire/scheduled_event.h"

#include <gtest/gtest.h>

namespace loadline::wire {
namespace {

using namespace std::chrono_literals;
using Kind = ScheduledEvent::Kind;

constexpr Wall kNow{1'775'946'418s};

void ComesBack(const ScheduledEvent& event, const std::string& reason, const std::string& message) {
  const HealthEvent health = HealthOf(event, kNow);
  EXPECT_EQ(health.source, "scheduled-events");
  EXPECT_EQ(health.condition, "VMEventScheduled");
  EXPECT_EQ(health.reason, reason);
  EXPECT_EQ(health.message, message);
  EXPECT_FALSE(health.ended);
  const auto read = ScheduledEventOf(health.reason, health.message);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(*read, event);
}

TEST(ScheduledEvent, ComesBackAsItWasSaid) {
  ComesBack({.kind = Kind::kFreeze, .not_before = kNow, .lasts = 5s, .description = "paused, for: updates"},
            "FreezeScheduled",
            "not before 2026-04-11T22:26:58.000Z, for 5 s, by the platform: paused, for: updates");
  ComesBack({.kind = Kind::kRedeploy, .started = true, .lasts = std::nullopt, .by_person = true},
            "RedeployScheduled", "started, for a time that is not known, by a person");
  ComesBack({.kind = Kind::kPreempt, .lasts = 0s}, "PreemptScheduled",
            "at any time, for 0 s, by the platform");
}

TEST(ScheduledEvent, OfOtherWordsTheReasonCountsAlone) {
  const auto kind_of = [](const char* reason, const char* message) {
    const auto read = ScheduledEventOf(reason, message);
    return read == ScheduledEvent{.kind = Kind::kReboot};
  };
  EXPECT_TRUE(kind_of("RebootScheduled", ""));
  EXPECT_TRUE(kind_of("RebootScheduled", "soon"));
  EXPECT_TRUE(kind_of("RebootScheduled", "not before tomorrow, for 5 s, by the platform"));
  EXPECT_TRUE(kind_of("RebootScheduled", "not before 2026-04-11T22:26:58.000Z, for -5 s, by the platform"));
  EXPECT_TRUE(kind_of("RebootScheduled", "started, for 99999999999 s, by the platform"));
  EXPECT_TRUE(kind_of("RebootScheduled", "started, for 5 s, by nobody"));
  EXPECT_FALSE(ScheduledEventOf("Reboot", "started, for 5 s, by the platform"));
  EXPECT_FALSE(ScheduledEventOf("ExplosionScheduled", "started, for 5 s, by the platform"));
}

TEST(ScheduledEvent, ItsEndSaysWhy) {
  const HealthEvent end = EndOfScheduledEvents("it was cancelled", kNow);
  EXPECT_TRUE(end.ended);
  EXPECT_EQ(end.condition, "VMEventScheduled");
  EXPECT_EQ(end.message, "it was cancelled");
}

}  // namespace
}  // namespace loadline::wire
