#include "collector/apply/rescue.h"

#include <gmock/gmock.h>

#include "collector/apply/fit.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using testing::SizeIs;
using Kind = RescueChoice::Kind;

constexpr Bytes kLimit = 512 * kMiB;
const Wall kNow{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1} + 10h};

SizablePod PodOf(Amounts request, Amounts limit) {
  const PodSize size{{"app", request, limit}, {"proxy", {.cpu = 10}, {}}};
  return {.name = "web-0", .uid = "uid-0", .qos = QosOf(size), .ready = true, .wanted = size, .given = size};
}

// One container of 512 MiB that is about to be full, and what is different from that.
struct Case {
  std::string name;
  Kind kind;
  Bytes to = 0;
  std::string by{};
  std::vector<LimitCap> caps{};
  std::vector<Rescue> before{};
  ApplyBounds bounds{};
  Bytes seen_limit = kLimit;
  SizablePod pod = PodOf({.cpu = 100, .memory = 256 * kMiB}, {.cpu = 400, .memory = kLimit});
};

Rescue Before(Duration ago, Bytes from, Bytes to) {
  return {.uid = "uid-0", .container = "app", .from = from * kMiB, .to = to * kMiB, .at = kNow - ago};
}

SizablePod Restarting() {
  SizablePod pod = Case{}.pod;
  pod.restarting = {"app/memory"};
  return pod;
}

SizablePod Leaving() {
  SizablePod pod = Case{}.pod;
  pod.leaving = true;
  return pod;
}

SizablePod Guaranteed() {
  const PodSize size{{"app", {.cpu = 100, .memory = kLimit}, {.cpu = 100, .memory = kLimit}}};
  return {.name = "web-0", .uid = "uid-0", .qos = "Guaranteed", .wanted = size, .given = size};
}

TEST(Rescue, IsDecidedByThisTable) {
  const std::vector<Case> cases = {
      {.name = "half as much again", .kind = Kind::kRaise, .to = 768},
      {.name = "within the LimitRange",
       .kind = Kind::kRaise,
       .to = 600,
       .by = "its LimitRange",
       .caps = {{600 * kMiB, "its LimitRange"}}},
      {.name = "within the least of all",
       .kind = Kind::kRaise,
       .to = 550,
       .by = "the node",
       .caps = {{600 * kMiB, "a"}, {550 * kMiB, "the node"}, {800 * kMiB, "b"}}},
      {.name = "a bound that is far away says nothing",
       .kind = Kind::kRaise,
       .to = 768,
       .caps = {{kGiB, "a"}}},
      {.name = "at its maximum", .kind = Kind::kNoRoom, .by = "max", .caps = {{kLimit, "max"}}},
      {.name = "beyond its maximum already", .kind = Kind::kNoRoom, .by = "max", .caps = {{kMiB, "max"}}},
      {.name = "no headroom worth a resize",
       .kind = Kind::kNoRoom,
       .by = "the node",
       .caps = {{kLimit + 10 * kMiB, "the node"}}},
      {.name = "it was said a minute ago that there is none",
       .kind = Kind::kNotOurs,
       .caps = {{kLimit, "max"}},
       .before = {Before(1min, 512, 512)}},
      {.name = "and a quarter of an hour ago",
       .kind = Kind::kNoRoom,
       .by = "max",
       .caps = {{kLimit, "max"}},
       .before = {Before(15min, 512, 512)}},
      {.name = "one decision a growth: the order is on its way",
       .kind = Kind::kNotOurs,
       .before = {Before(1s, 341, 512)},
       .seen_limit = 341 * kMiB},
      {.name = "the limit of another cgroup", .kind = Kind::kNotOurs, .seen_limit = 2 * kGiB},
      {.name = "a limit that the kernel rounded",
       .kind = Kind::kRaise,
       .to = 768,
       .seen_limit = kLimit - 100},
      {.name = "a second growth", .kind = Kind::kRaise, .to = 768, .before = {Before(1min, 341, 512)}},
      {.name = "a leak that goes on: threefold in an hour and no more",
       .kind = Kind::kRaise,
       .to = 600,
       .by = "the bound of threefold within an hour",
       .before = {Before(20min, 200, 300), Before(10min, 300, 450)}},
      {.name = "has had it",
       .kind = Kind::kNoRoom,
       .by = "the bound of threefold within an hour",
       .before = {Before(50min, 170, 256), Before(20min, 256, 384), Before(10min, 384, 512)}},
      {.name = "an hour later it may again",
       .kind = Kind::kRaise,
       .to = 768,
       .before = {Before(90min, 170, 256), Before(70min, 256, 512)}},
      {.name = "what others were given does not count",
       .kind = Kind::kRaise,
       .to = 768,
       .before = {{.uid = "uid-1", .container = "app", .from = 100 * kMiB, .to = kLimit, .at = kNow}}},
      {.name = "a horizontal autoscaler works on its memory",
       .kind = Kind::kNotOurs,
       .bounds = {.memory = false}},
      {.name = "a resize would restart it", .kind = Kind::kNotOurs, .pod = Restarting()},
      {.name = "it is going", .kind = Kind::kNotOurs, .pod = Leaving()},
      {.name = "it has no limit", .kind = Kind::kNotOurs, .pod = PodOf({.memory = kLimit}, {})},
      {.name = "a Guaranteed one stays so", .kind = Kind::kRaise, .to = 768, .pod = Guaranteed()},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const GrowthSign sign{.pod_uid = "uid-0", .container = "app", .limit = c.seen_limit};
    const RescueChoice choice = ChooseRescue(c.pod, c.bounds, sign, c.caps, c.before, kNow);
    EXPECT_EQ(choice.kind, c.kind);
    EXPECT_EQ(choice.by, c.by);
    if (choice.kind != Kind::kRaise) continue;
    EXPECT_EQ(choice.decision.to, c.to * kMiB);
    EXPECT_EQ(choice.size[0].limit.memory, c.to * kMiB);
    EXPECT_EQ(QosOf(choice.size), c.pod.qos);
    if (c.pod.qos == "Burstable") {
      EXPECT_EQ(choice.size[0].request, c.pod.wanted[0].request);
    }
    if (c.pod.wanted.size() > 1) {
      EXPECT_EQ(choice.size[1], c.pod.wanted[1]);
    }
  }
}

TEST(Rescue, ALeakOfADayIsRaisedABoundedNumberOfTimes) {
  SizablePod pod = Case{}.pod;
  std::vector<Rescue> rescues;
  int raised = 0;
  std::size_t most_kept = 0;
  for (Wall now = kNow; now < kNow + 6h; now += 10s) {
    const GrowthSign sign{.pod_uid = "uid-0", .container = "app", .limit = pod.wanted[0].limit.memory};
    const std::vector<LimitCap> caps = {{16 * kGiB, "the node"}};
    RescueChoice choice = ChooseRescue(pod, {}, sign, caps, rescues, now);
    if (choice.kind == Kind::kNotOurs) continue;
    if (choice.kind == Kind::kRaise) {
      pod.wanted = choice.size;
      ++raised;
    }
    Remember(rescues, choice.decision, now);
    most_kept = std::max(most_kept, rescues.size());
    if (now < kNow + 1h) {
      EXPECT_LE(raised, 3);
    }
    if (now < kNow + 1h) {
      EXPECT_LE(pod.wanted[0].limit.memory, 3 * kLimit);
    }
  }
  EXPECT_LE(raised, 12);
  EXPECT_EQ(pod.wanted[0].limit.memory, 16 * kGiB);
  EXPECT_LE(most_kept, 12U);
}

TEST(Rescue, TheLastRaiseIsKeptWhateverComesAfterIt) {
  std::vector<Rescue> rescues = {Before(3h, 100, 150), Before(2h, 150, 225)};
  Remember(rescues, Before(0s, 225, 225), kNow);
  ASSERT_THAT(rescues, SizeIs(1));
  rescues = {Before(3h, 100, 400)};
  Remember(rescues, Before(0s, 200, 300), kNow);
  EXPECT_THAT(rescues, SizeIs(2)) << "that one held more";
}

}  // namespace
}  // namespace loadline::collector
