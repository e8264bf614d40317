#include "collector/alert/silence.h"

#include <gmock/gmock.h>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Wall kNow{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

Silence Shop(Duration from = 0s, Duration until = 1h) {
  return {.id = {},
          .matchers = *ParseMatchers("namespace=shop"),
          .starts_at = kNow + from,
          .ends_at = kNow + until,
          .created_by = "ann",
          .comment = "deploying"};
}
const Labels kShop = {{"namespace", "shop"}};

TEST(Silences, OneMutesWhatMatchesFromItsStartToItsEnd) {
  Silences silences;
  ASSERT_EQ(*silences.Set(Shop(10min), kNow, "id-1"), "id-1");
  EXPECT_THAT(silences.Matching(kShop, kNow + 9min), IsEmpty());
  EXPECT_THAT(silences.Matching(kShop, kNow + 10min), ElementsAre("id-1"));
  EXPECT_THAT(silences.Matching({{"namespace", "billing"}}, kNow + 10min), IsEmpty());
  EXPECT_THAT(silences.Matching(kShop, kNow + 1h), IsEmpty());
}

TEST(Silences, AnActiveOneIsExtendedInPlace) {
  Silences silences;
  ASSERT_TRUE(silences.Set(Shop(), kNow, "id-1"));
  Silence longer = Shop(0s, 2h);
  longer.id = "id-1";
  EXPECT_EQ(*silences.Set(longer, kNow + 30min, "id-2"), "id-1");
  EXPECT_THAT(silences.Matching(kShop, kNow + 90min), ElementsAre("id-1"));
}

TEST(Silences, AChangeOfWhatItMutesEndsTheOldOneAndBeginsANewOne) {
  Silences silences;
  ASSERT_TRUE(silences.Set(Shop(), kNow, "id-1"));
  Silence other = Shop();
  other.id = "id-1";
  other.matchers = *ParseMatchers("namespace=billing");
  EXPECT_EQ(*silences.Set(other, kNow + 5min, "id-2"), "id-2");
  EXPECT_THAT(silences.Matching(kShop, kNow + 5min), IsEmpty());
  EXPECT_EQ(silences.Find("id-2")->starts_at, kNow + 5min) << "the past is not silenced afterwards";
}

TEST(Silences, OneThatIsExpiredByHandEndsAtOnce) {
  Silences silences;
  ASSERT_TRUE(silences.Set(Shop(), kNow, "id-1"));
  ASSERT_TRUE(silences.Expire("id-1", kNow + 5min));
  EXPECT_THAT(silences.Matching(kShop, kNow + 5min), IsEmpty());
  EXPECT_FALSE(silences.Expire("id-1", kNow + 6min));
  EXPECT_EQ(silences.Expire("no-such", kNow).error().kind, ErrorKind::kNotFound);
}

TEST(Silences, OneThatWouldMuteEverythingOrNothingIsRefused) {
  Silences silences;
  Silence everything = Shop();
  everything.matchers = *ParseMatchers("namespace=~.*");
  EXPECT_FALSE(silences.Set(everything, kNow, "x"));
  Silence none = Shop();
  none.matchers.clear();
  EXPECT_FALSE(silences.Set(none, kNow, "x"));
  EXPECT_FALSE(silences.Set(Shop(1h, 0s), kNow, "x"));
  EXPECT_FALSE(silences.Set(Shop(-2h, -1h), kNow, "x"));
  Silence unknown = Shop();
  unknown.id = "no-such";
  EXPECT_EQ(silences.Set(unknown, kNow, "x").error().kind, ErrorKind::kNotFound);
}

TEST(Silences, AllButWhatIsNamedCanBeSilenced) {
  Silences silences;
  for (const char* matchers : {"cluster!=prod", "cluster!~prod|stage", "a!=b,c!=d"}) {
    Silence rest = Shop();
    rest.matchers = *ParseMatchers(matchers);
    EXPECT_TRUE(silences.Set(rest, kNow, matchers)) << matchers;
  }
  EXPECT_THAT(silences.Matching({{"cluster", "prod"}}, kNow), ElementsAre("a!=b,c!=d"));
  EXPECT_EQ(silences.Matching({{"cluster", "test"}}, kNow).size(), 3U);
}

TEST(Silences, ExpiredOnesAreForgottenAfterTheirRetention) {
  Silences silences;
  ASSERT_TRUE(silences.Set(Shop(), kNow, "id-1"));
  silences.TakeChanged();
  silences.Forget(kNow + 122h);
  EXPECT_THAT(silences.all(), IsEmpty());
  EXPECT_THAT(silences.TakeChanged(), ElementsAre("id-1"));
}

TEST(Silences, ExpiredOnesMakeRoom) {
  Silences silences;
  for (int i = 0; i < 10'000; ++i)
    ASSERT_TRUE(silences.Set(Shop(0s, i == 5 ? Duration(1min) : Duration(1h)), kNow, std::to_string(i)));
  EXPECT_EQ(silences.Set(Shop(), kNow, "new").error().kind, ErrorKind::kExhausted);
  ASSERT_TRUE(silences.Expire("7", kNow + 30s));
  ASSERT_TRUE(silences.Set(Shop(), kNow + 2min, "new")) << "the one that expired first goes first";
  EXPECT_EQ(silences.Find("7"), nullptr);
  ASSERT_TRUE(silences.Set(Shop(), kNow + 2min, "another"));
  EXPECT_EQ(silences.Find("5"), nullptr);
  EXPECT_EQ(silences.Set(Shop(), kNow + 2min, "third").error().kind, ErrorKind::kExhausted);
}

TEST(Silences, OneIsRestoredAsItWasStored) {
  Silences silences;
  Silence made = Shop();
  made.until_resolved = true;
  ASSERT_TRUE(silences.Set(made, kNow, "id-1"));
  silences.NoteMuted("id-1");
  const auto stored = DecodeSilence("id-1", EncodeSilence(*silences.Find("id-1")));
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_EQ(MatchersText(stored->matchers), R"({namespace="shop"})");
  EXPECT_EQ(stored->ends_at, kNow + 1h);
  EXPECT_EQ(stored->comment, "deploying");
  EXPECT_TRUE(stored->until_resolved);
  EXPECT_TRUE(stored->has_muted);
  EXPECT_FALSE(DecodeSilence("id-1", "torn"));
}

}  // namespace
}  // namespace loadline::collector
