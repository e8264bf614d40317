#include "agent/checks/checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <vector>

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

// Says what it is told to.
class Scripted final : public Check {
 public:
  Scripted(std::atomic<Health>& health, std::atomic<int>& looks) : health_(health), looks_(looks) {}
  std::vector<Judgement> Look(Mono, const std::stop_token&) override {
    ++looks_;
    return {{.condition = "Scripted", .health = health_, .reason = "R", .message = "m"}};
  }

 private:
  std::atomic<Health>& health_;
  std::atomic<int>& looks_;
};

// Never comes back by itself.
class Hanging final : public Check {
 public:
  std::vector<Judgement> Look(Mono, const std::stop_token& stop) override {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any never;
    never.wait(lock, stop, [] { return false; });
    return {};
  }
};

PlannedCheck Planned(const char* name, std::unique_ptr<Check> check, int lane, Duration every = 50ms) {
  return {.name = name,
          .conditions = {"Scripted"},
          .check = std::move(check),
          .every = every,
          .hold = 0s,
          .at_once = true,
          .lane = lane};
}

std::vector<std::string> TakeFor(Checker& checker, const Clock& clock, Duration length) {
  std::vector<std::string> told;
  for (const Mono until = clock.Now() + length; clock.Now() < until;) {
    const Mono before = clock.Now();
    for (const wire::HealthEvent& event : checker.Take(clock.Now(), clock.WallNow()))
      told.push_back(event.condition + (event.ended ? " ended" : "") + " of " + event.source);
    EXPECT_LT(clock.Now() - before, 20ms) << "whoever takes never waits";
    std::this_thread::sleep_for(5ms);
  }
  return told;
}

TEST(Checker, TellsWhatChecksFind) {
  const SystemClock clock;
  std::atomic<Health> health = Health::kBad;
  std::atomic<int> looks = 0;
  std::vector<PlannedCheck> checks;
  checks.push_back(Planned("scripted", std::make_unique<Scripted>(health, looks), 0));
  Checker checker(std::move(checks), clock);
  EXPECT_THAT(TakeFor(checker, clock, 1s), ElementsAre("Scripted of check"));
  health = Health::kUnknown;
  EXPECT_THAT(TakeFor(checker, clock, 300ms), IsEmpty());
  health = Health::kGood;
  EXPECT_THAT(TakeFor(checker, clock, 300ms), ElementsAre("Scripted ended of check"));
  EXPECT_GT(looks, 5);
}

TEST(Checker, OneThatHangsHoldsUpNeitherOtherLanesNorWhoeverTakesNorTheEnd) {
  const SystemClock clock;
  std::atomic<Health> health = Health::kBad;
  std::atomic<int> looks = 0;
  Mono stopped;
  {
    std::vector<PlannedCheck> checks;
    checks.push_back(Planned("hanging", std::make_unique<Hanging>(), 0));
    checks.push_back(Planned("scripted", std::make_unique<Scripted>(health, looks), 1));
    Checker checker(std::move(checks), clock);
    EXPECT_THAT(TakeFor(checker, clock, 1500ms), ElementsAre("Scripted of check"));
    stopped = clock.Now();
  }
  EXPECT_LT(clock.Now() - stopped, 500ms);
}

// Looks as long as it is told to, and keeps the CPU busy.
class Costly final : public Check {
 public:
  Costly(Duration cost, std::atomic<int>& looks) : cost_(cost), looks_(looks) {}
  std::vector<Judgement> Look(Mono, const std::stop_token&) override {
    ++looks_;
    const SystemClock clock;
    for (const Mono until = clock.Now() + cost_; clock.Now() < until;) {
    }
    return {};
  }

 private:
  Duration cost_;
  std::atomic<int>& looks_;
};

TEST(Checker, ALookThatTakesLongIsHadMoreRarely) {
  const SystemClock clock;
  std::atomic<int> cheap = 0, costly = 0;
  std::vector<PlannedCheck> checks;
  checks.push_back(Planned("cheap", std::make_unique<Costly>(0ms, cheap), 0));
  checks.push_back(Planned("costly", std::make_unique<Costly>(20ms, costly), 0));
  Checker checker(std::move(checks), clock);
  TakeFor(checker, clock, 2s);
  EXPECT_GT(cheap, 5);
  EXPECT_EQ(costly, 1) << "20 ms are 0.2 % of ten seconds";
}

// Notes when it was asked.
class Noting final : public Check {
 public:
  Noting(std::mutex& mutex, std::vector<Mono>& looks) : mutex_(mutex), looks_(looks) {}
  std::vector<Judgement> Look(Mono now, const std::stop_token&) override {
    const std::lock_guard lock(mutex_);
    looks_.push_back(now);
    return {};
  }

 private:
  std::mutex& mutex_;
  std::vector<Mono>& looks_;
};

// They begin apart, and are then due within a tenth of their time.
TEST(Checker, WhatIsDueSoonIsLookedAtTogether) {
  const SystemClock clock;
  std::mutex mutex;
  std::vector<Mono> first, second;
  std::vector<PlannedCheck> checks;
  checks.push_back(Planned("first", std::make_unique<Noting>(mutex, first), 0, 3100ms));
  checks.push_back(Planned("second", std::make_unique<Noting>(mutex, second), 0, 3100ms));
  {
    Checker checker(std::move(checks), clock);
    TakeFor(checker, clock, 4s);
  }
  ASSERT_EQ(first.size(), 2U);
  ASSERT_EQ(second.size(), 2U);
  EXPECT_GT(second[0] - first[0], 250ms);
  EXPECT_LT(second[1] - first[1], 50ms);
}

// Nobody would ever find out that it is over.
TEST(Checker, WhatIsNotLookedForHasEnded) {
  const SystemClock clock;
  std::vector<PlannedCheck> checks;
  checks.push_back({.name = "off", .conditions = {"A", "B"}, .why_not = "turned off"});
  Checker checker(std::move(checks), clock);
  const auto told = checker.Take(clock.Now(), clock.WallNow());
  ASSERT_EQ(told.size(), 2U);
  EXPECT_TRUE(told[0].ended);
  EXPECT_EQ(told[0].message, "not looked for any more: turned off");
  EXPECT_THAT(TakeFor(checker, clock, 50ms), IsEmpty());
}

}  // namespace
}  // namespace loadline::agent
