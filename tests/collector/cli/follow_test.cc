#include "collector/cli/follow.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace loadline::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Json kNothing = {{"at", "2026-01-01T10:00:00.000Z"}, {"items", Json::array()}};

Json Items(const std::string& at, Json item) {
  return {{"at", at}, {"items", Json::array({std::move(item)})}};
}

Json Kill(const std::string& at, const std::string& who) {
  return {{"at", at}, {"kind", "oom_kill"}, {"workload", who}, {"text", who + " was OOM-killed"}};
}

Json AlertThatIs(const std::string& state) {
  return {{"fingerprint", "f1"},
          {"rule", "ContainerThrottled"},
          {"severity", "Sev3"},
          {"state", state},
          {"summary", "web is throttled"},
          {"reason", "90 % of the periods"},
          {"fired", "2026-01-01T10:00:30.000Z"},
          {"resolved", "2026-01-01T10:09:00.000Z"}};
}

Json AdviceOf(int cpu_target) {
  return {{"workload", "path/web"},
          {"container", ""},
          {"recommendation",
           {{"cpu_millicores", {{"target", cpu_target}, {"current_request", 100}, {"reason", "Throttled."}}},
            {"memory_bytes", {{"target", 262144000}, {"current_request", nullptr}, {"reason", "Steady."}}}}}};
}

TEST(Follower, TellsEachHappeningOnceThoughTheyShareAnInstant) {
  Follower follower({});
  const std::string at = "2026-01-01T10:07:20.123Z";
  EXPECT_THAT(follower.Look(Items(at, Kill(at, "a")), kNothing, kNothing),
              ElementsAre("10:07:20  OOM kill     a was OOM-killed\n"));
  Json both = Items(at, Kill(at, "a"));
  both["items"].push_back(Kill(at, "b"));
  EXPECT_THAT(follower.Look(both, kNothing, kNothing),
              ElementsAre("10:07:20  OOM kill     b was OOM-killed\n"));
  EXPECT_THAT(follower.Look(both, kNothing, kNothing), IsEmpty());
}

TEST(Follower, TellsNothingTwiceWhenTheNewestComesFirst) {
  Follower follower({});
  const std::string first = "2026-01-01T10:07:20.123Z", second = "2026-01-01T10:07:26.000Z";
  EXPECT_EQ(follower.Look(Items(first, Kill(first, "a")), kNothing, kNothing).size(), 1U);
  Json both = Items(second, Kill(second, "b"));
  both["items"].push_back(Kill(first, "a"));
  EXPECT_THAT(follower.Look(both, kNothing, kNothing),
              ElementsAre("10:07:26  OOM kill     b was OOM-killed\n"));
}

TEST(Follower, TellsAnAlertWhenItFiresAndWhenItIsResolved) {
  Follower follower({});
  const std::string at = "2026-01-01T10:10:00.000Z";
  EXPECT_THAT(follower.Look(kNothing, Items(at, AlertThatIs("pending")), kNothing), IsEmpty());
  EXPECT_THAT(follower.Look(kNothing, Items(at, AlertThatIs("firing")), kNothing),
              ElementsAre("10:00:30  alert Sev3   ContainerThrottled: 90 % of the periods\n"));
  EXPECT_THAT(follower.Look(kNothing, Items(at, AlertThatIs("firing")), kNothing), IsEmpty());
  EXPECT_THAT(follower.Look(kNothing, Items(at, AlertThatIs("resolved")), kNothing),
              ElementsAre("10:09:00  resolved     ContainerThrottled: web is throttled\n"));
}

TEST(Follower, DoesNotTellWhatWasOverBeforeItLooked) {
  Follower follower({});
  EXPECT_THAT(follower.Look(kNothing, Items("2026-01-01T10:10:00.000Z", AlertThatIs("resolved")), kNothing),
              IsEmpty());
}

TEST(Follower, TellsAdviceFirstAndAgainWhenATargetMovesByMoreThanATenth) {
  Follower follower({});
  const std::string at = "2026-01-01T10:01:00.000Z";
  EXPECT_THAT(follower.Look(kNothing, kNothing, Items(at, AdviceOf(500))),
              ElementsAre("10:01:00  advice       path/web: CPU 100m -> 500m. Throttled.\n",
                          "10:01:00  advice       path/web: memory 250 MiB. Steady.\n"));
  EXPECT_THAT(follower.Look(kNothing, kNothing, Items(at, AdviceOf(540))), IsEmpty());
  EXPECT_THAT(follower.Look(kNothing, kNothing, Items(at, AdviceOf(1100))),
              ElementsAre("10:01:00  advice       path/web: CPU 100m -> 1.1. Throttled.\n"));
}

TEST(Follower, TellsOnlyWhatHasAllTheWords) {
  Follower follower({"web"});
  const std::string at = "2026-01-01T10:07:20.123Z";
  EXPECT_THAT(follower.Look(Items(at, Kill(at, "db")), kNothing, kNothing), IsEmpty());
  EXPECT_THAT(follower.Look(Items(at, Kill(at, "web")), kNothing, kNothing),
              ElementsAre("10:07:20  OOM kill     web was OOM-killed\n"));
}

}  // namespace
}  // namespace loadline::collector
