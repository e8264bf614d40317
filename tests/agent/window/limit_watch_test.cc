#include "agent/window/limit_watch.h"

#include <gmock/gmock.h>

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Bytes kLimit = 1000 * kMiB;

// One container and a clock: each second is a sample, as deep as the watch asks for and every tenth anyway. Its cache is
// known by deep samples alone, as it is of a node.
class Container {
 public:
  explicit Container(LimitWatch& watch) : watch_(watch) {}

  // A second later; amounts in MiB, thousandths of the limit.
  std::vector<LimitWatch::Near> Second(Bytes held, Bytes cache = 0) {
    const bool deep = seconds_ % 10 == 0 || watch_.wants_all();
    if (deep) known_cache_ = cache;
    deep_ += deep ? 1 : 0;
    CgroupCounters sample{.ref = 1};
    sample.memory = {.current = (held + cache) * kMiB, .limit = limit, .file = known_cache_ * kMiB};
    now_ += 1s;
    ++seconds_;
    return watch_.Add({{sample}}, now_, deep ? Depth::kAll : Depth::kMoving);
  }
  // When it is told first, growing each second by so much; nothing in two minutes.
  std::optional<Bytes> ToldAt(Bytes from, Bytes growth) {
    for (Bytes held = from; held < 1000; held += growth) {
      if (const auto near = Second(held); !near.empty()) return near[0].held / kMiB;
    }
    return std::nullopt;
  }
  [[nodiscard]] int deep() const { return deep_; }

  Bytes limit = kLimit;

 private:
  LimitWatch& watch_;
  Mono now_{100s};
  Bytes known_cache_ = 0;
  int seconds_ = 0;
  int deep_ = 0;
};

TEST(LimitWatch, AGrowthIsToldSecondsBeforeTheLimit) {
  struct Case {
    Bytes growth;  // of the limit's 1000, a second
    Bytes from;
    Bytes told_from, told_to;
  };
  for (const Case& c : {Case{10, 700, 900, 940}, Case{20, 500, 840, 900}, Case{50, 300, 750, 800},
                        Case{100, 200, 750, 900}, Case{1, 900, 970, 980}}) {
    LimitWatch watch;
    Container container(watch);
    const auto told = container.ToldAt(c.from, c.growth);
    ASSERT_TRUE(told) << c.growth;
    EXPECT_GE(*told, c.told_from) << c.growth;
    EXPECT_LE(*told, c.told_to) << c.growth;
  }
}

TEST(LimitWatch, ItIsToldOnceAGrowthAndAgainWithAnotherLimit) {
  LimitWatch watch;
  Container container(watch);
  std::vector<LimitWatch::Near> told;
  for (Bytes held = 500; held < 1400; held += 20) {
    for (const LimitWatch::Near& near : container.Second(held)) {
      told.push_back(near);
      if (told.size() == 1) container.limit = kLimit * 3 / 2;
    }
  }
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_EQ(told[0].limit, kLimit);
  EXPECT_EQ(told[1].limit, kLimit * 3 / 2);
}

TEST(LimitWatch, WhatFillsWithPageCacheIsNotFull) {
  LimitWatch watch;
  Container container(watch);
  for (Bytes cache = 0; cache < 700; cache += 100) EXPECT_THAT(container.Second(300, cache), IsEmpty());
  for (int i = 0; i < 60; ++i) EXPECT_THAT(container.Second(300, 700), IsEmpty());
}

TEST(LimitWatch, WhatEatsItsOwnPageCacheIs) {
  LimitWatch watch;
  Container container(watch);
  for (int i = 0; i < 20; ++i) container.Second(300, 700);
  bool told = false;
  for (Bytes held = 300; held < 900; held += 20) {
    // At the limit its tasks stall, which is when its cache is looked at.
    watch.Stalled();
    told = told || !container.Second(held, 1000 - held).empty();
  }
  EXPECT_TRUE(told);
}

TEST(LimitWatch, AStartThatEndsBelowThreeQuartersAndOneStepAreNoGrowth) {
  LimitWatch watch;
  Container container(watch);
  EXPECT_EQ(container.ToldAt(0, 100).value_or(0) >= 750, true);

  LimitWatch other;
  Container starts(other);
  for (Bytes held = 0; held < 740; held += 100) EXPECT_THAT(starts.Second(held), IsEmpty());
  for (int i = 0; i < 30; ++i) EXPECT_THAT(starts.Second(740), IsEmpty());
  EXPECT_THAT(starts.Second(770), IsEmpty());
  for (int i = 0; i < 30; ++i) EXPECT_THAT(starts.Second(770), IsEmpty());
}

TEST(LimitWatch, ItIsReadToItsDepthOnlyWhileItMoves) {
  LimitWatch watch;
  Container container(watch);
  for (int i = 0; i < 100; ++i) container.Second(800);
  EXPECT_EQ(container.deep(), 10);
  EXPECT_FALSE(watch.wants_all());
}

TEST(LimitWatch, WhatIsGoneOrHasNoLimitIsNotKept) {
  LimitWatch watch;
  std::vector<CgroupCounters> samples(3);
  for (std::uint32_t i = 0; i < 3; ++i) {
    samples[i].ref = i + 1;
    samples[i].memory = {.current = kMiB, .limit = i == 0 ? 0 : kLimit};
  }
  watch.Add(samples, Mono(1s), Depth::kAll);
  EXPECT_EQ(watch.cgroups(), 2U);
  samples[1].used.emplace();
  watch.Add(samples, Mono(2s), Depth::kMoving);
  EXPECT_EQ(watch.cgroups(), 1U);
  watch.Add({}, Mono(3s), Depth::kAll);
  EXPECT_EQ(watch.cgroups(), 0U);
}

}  // namespace
}  // namespace loadline::agent
