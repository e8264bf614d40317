#include "collector/sink/backlog.h"

#include <gmock/gmock.h>

#include "collector/alert/token_bucket.h"
#include "tests/collector/sink/sample_notification.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using sample::Firing;
using sample::Of;
using testing::ElementsAre;

std::vector<std::string> Ids(const std::vector<Backlog::Entry>& entries) {
  std::vector<std::string> ids;
  for (const Backlog::Entry& entry : entries) ids.push_back(entry.notification.id);
  return ids;
}

TEST(Backlog, TheMostSevereGoesFirstThenTheUrgentThenTheOldest) {
  Backlog backlog;
  backlog.Add({Of({Firing("a", Severity::kSev3)}, "mild")});
  backlog.Add({Of({Firing("b", Severity::kSev1)}, "bad")});
  backlog.Add({Of({Firing("c", Severity::kSev1)}, "bad too")});
  Notification urgent = Of({Firing("d", Severity::kSev1)}, "bad and urgent");
  urgent.urgent = true;
  backlog.Add({urgent});
  EXPECT_THAT(Ids(backlog.Take(2)), ElementsAre("bad and urgent", "bad"));
  EXPECT_THAT(Ids(backlog.Take(9)), ElementsAre("bad too", "mild"));
}

TEST(Backlog, ALaterLookAtAGroupSupersedesTheEarlierOnes) {
  Backlog backlog;
  Notification first = Of({Firing("a")}, "first");
  Notification second = Of({Firing("a"), Firing("b")}, "second");
  Notification other = Of({Firing("c")}, "other");
  first.group_key = second.group_key = "g";
  second.at += 1s;
  backlog.Add({.notification = first, .since = first.at});
  backlog.Add({.notification = other, .since = other.at + 1s});
  EXPECT_THAT(Ids(backlog.Add({.notification = second, .since = second.at})), ElementsAre("first"));
  EXPECT_EQ(backlog.WaitingSince(), first.at) << "the word has waited, whoever says it now";
  EXPECT_THAT(Ids(backlog.Take(9)), ElementsAre("other", "second"));
  EXPECT_EQ(backlog.WaitingSince(), std::nullopt);
}

TEST(Backlog, AnUrgentWordSupersedesNothingForItNamesOnlyWhatIsNew) {
  Backlog backlog;
  Notification first = Of({Firing("a")}, "first");
  Notification second = Of({Firing("b")}, "second");
  first.group_key = second.group_key = "g";
  second.at += 1s;
  second.urgent = true;
  backlog.Add({first});
  EXPECT_TRUE(backlog.Add({second}).empty());
}

TEST(Backlog, WhatFailedEarlierDoesNotSupersedeWhatCameLater) {
  Backlog backlog;
  Notification first = Of({Firing("a")}, "first");
  Notification second = Of({Firing("b")}, "second");
  first.group_key = second.group_key = "g";
  second.at += 1s;
  backlog.Add({second});
  EXPECT_TRUE(backlog.Add({first}).empty());
}

TEST(Backlog, ADigestHoldsNoMoreGraveOnesThanItCanName) {
  const auto of_group = [](const std::string& group, std::vector<Alert> alerts, const std::string& id) {
    Notification notification = Of(std::move(alerts), id);
    notification.group_key = group;
    return Backlog::Entry{notification};
  };
  Backlog backlog;
  backlog.Add(of_group("g", {Firing("a", Severity::kSev0), Firing("b", Severity::kSev1)}, "two"));
  backlog.Add(of_group("h", {Firing("c", Severity::kSev1)}, "one"));
  backlog.Add(of_group("i", {Firing("d", Severity::kSev1)}, "another"));
  backlog.Add(of_group("i", {Firing("e", Severity::kSev2)}, "later of another"));
  backlog.Add(of_group("j", {Firing("f", Severity::kSev2)}, "mild"));
  EXPECT_EQ(backlog.First()->notification.id, "two");
  EXPECT_THAT(Ids(backlog.Take(9, 1)), ElementsAre("two", "mild")) << "never none, and all that is not grave";
  EXPECT_THAT(Ids(backlog.Take(9, 1)), ElementsAre("one"));
  EXPECT_THAT(Ids(backlog.Take(9, 1)), ElementsAre("another", "later of another"));
  EXPECT_EQ(backlog.First(), nullptr);
}

TEST(TokenBucket, GivesABurstAndThenTheRate) {
  TokenBucket bucket(1, 3);
  const Mono t0{1000s};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(bucket.NextAt(t0), t0);
    bucket.Take(t0);
  }
  EXPECT_EQ(bucket.NextAt(t0), t0 + 1s);
  EXPECT_EQ(bucket.NextAt(t0 + 1s), t0 + 1s);
  bucket.Take(t0 + 1s);
  EXPECT_EQ(bucket.NextAt(t0 + 1500ms), t0 + 2s);
  EXPECT_EQ(bucket.Available(t0 + 1h), 3);
}

}  // namespace
}  // namespace loadline::collector
