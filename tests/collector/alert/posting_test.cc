#include "collector/alert/posting.h"

#include <gmock/gmock.h>

#include "collector/alert/alert_book.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using What = Transition::What;

constexpr Wall kNow{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

Posting Completed(std::optional<Wall> starts_at, std::optional<Wall> ends_at) {
  Posting posting{.labels = {{"alertname", "A"}}};
  EXPECT_TRUE(Complete(posting, starts_at, ends_at, kNow, 5min));
  return posting;
}

TEST(Posting, GetsTheInstantsItLeftOut) {
  EXPECT_EQ(Completed({}, {}).starts_at, kNow);
  EXPECT_EQ(Completed({}, {}).ends_at, kNow + 5min) << "unless it is posted again";
  EXPECT_EQ(Completed({}, kNow - 1h).starts_at, kNow - 1h);
  EXPECT_EQ(Completed(kNow - 2h, kNow + 1h).ends_at, kNow + 1h);
}

TEST(Posting, WhatIsWrongOrTooLargeIsRefusedWithItsReason) {
  const auto refusal = [](Posting posting, std::optional<Wall> starts_at = {},
                          std::optional<Wall> ends_at = {}) {
    const Result<void> done = Complete(posting, starts_at, ends_at, kNow, 5min);
    return done ? std::string("taken") : done.error().message;
  };
  EXPECT_EQ(refusal({.labels = {{"a", ""}}}), "at least one label pair required");
  EXPECT_EQ(refusal({.labels = {{"", "x"}}}), "a value without a name: 'x'");
  EXPECT_EQ(refusal({.labels = {{"a", "b"}}}, kNow, kNow - 1s), "start time must be before end time");
  EXPECT_EQ(refusal({.labels = {{"a", std::string(40'000, 'x')}}}), "labels are larger than 32768 bytes");
  EXPECT_EQ(refusal({.labels = {{"a.b/c", "b"}}}), "taken") << "any name in UTF-8";
}

TEST(Posting, WhatIsLongIsCutAndWhatPeopleReadStays) {
  Posting posting{.labels = {{"alertname", "A"}},
                  .annotations = {{"stack", std::string(40'000, 's')},
                                  {"summary", "it burns"},
                                  {"description", std::string(20'000, 'd')}},
                  .generator_url = "http://prometheus/graph"};
  ASSERT_TRUE(Complete(posting, {}, {}, kNow, 5min));
  EXPECT_EQ(posting.annotations.at("summary"), "it burns");
  EXPECT_EQ(posting.annotations.at("stack").size(), 8 * 1024U);
  EXPECT_TRUE(posting.annotations.at("description").ends_with("d..."));
  EXPECT_EQ(posting.generator_url, "http://prometheus/graph");
}

TEST(Posting, OfTooManyAnnotationsThoseThatPeopleReadStay) {
  Posting posting{.labels = {{"alertname", "A"}}, .annotations = {{"summary", "it burns"}}};
  for (int i = 0; i < 20'000; ++i) posting.annotations["zz" + std::to_string(i)] = "v";
  posting.generator_url = "http://" + std::string(40'000, 'g');
  ASSERT_TRUE(Complete(posting, {}, {}, kNow, 5min));
  EXPECT_EQ(posting.annotations.size(), 500U);
  EXPECT_EQ(posting.annotations.count("summary"), 1U);
  EXPECT_EQ(posting.generator_url, "");
}

TEST(Posting, SeveritiesAreThoseOfAzureWhateverTheyAreCalled) {
  EXPECT_EQ(SeverityOf("critical"), Severity::kSev0);
  EXPECT_EQ(SeverityOf("warning"), Severity::kSev2);
  EXPECT_EQ(SeverityOf("Sev1"), Severity::kSev1);
  EXPECT_EQ(SeverityOf(""), Severity::kSev3);
}

// A book that is only posted to. Each step gives the transitions.
class Postings : public testing::Test {
 protected:
  std::vector<What> Post(Duration t, const std::string& name, Duration end) {
    const Posting posting{.labels = {{"alertname", name}}, .starts_at = kNow, .ends_at = kNow + end};
    return Whats(book_.Post({&posting, 1}, kNow + t));
  }
  std::vector<What> At(Duration t) { return Whats(book_.Update({}, {}, kNow + t)); }
  static std::vector<What> Whats(const std::vector<Transition>& transitions) {
    std::vector<What> whats;
    std::ranges::transform(transitions, std::back_inserter(whats), &Transition::what);
    return whats;
  }
  AlertBook book_{{.max_posted = 2}};
};

TEST_F(Postings, OneFiresAtOnceAndUntilItsEndWhichEachPostingMoves) {
  EXPECT_THAT(Post(0s, "A", 60s), testing::ElementsAre(What::kFired));
  EXPECT_THAT(Post(50s, "A", 120s), testing::IsEmpty());
  EXPECT_THAT(At(60s), testing::IsEmpty());
  EXPECT_EQ(book_.NextDue(), kNow + 120s);
  EXPECT_THAT(At(120s), testing::ElementsAre(What::kResolved));
  EXPECT_THAT(Post(130s, "A", 200s), testing::ElementsAre(What::kFired));
  EXPECT_THAT(Post(131s, "A", 131s), testing::ElementsAre(What::kResolved)) << "said to be over";
  EXPECT_THAT(Post(132s, "B", 132s), testing::IsEmpty()) << "the end of what was never heard of";
}

TEST_F(Postings, AFullBookRefusesMoreOfThemButNeverOurOwn) {
  Post(0s, "A", 60s);
  Post(0s, "B", 60s);
  EXPECT_THAT(Post(0s, "C", 60s), testing::IsEmpty());
  EXPECT_EQ(book_.refused(), 1);
  const Condition own{.rule = "NodeSilent"};
  EXPECT_THAT(Whats(book_.Update({&own, 1}, {}, kNow)), testing::ElementsAre(What::kFired));
}

TEST_F(Postings, AboutOurOwnAlertsNobodyKnowsBetter) {
  const Condition own{.rule = "NodeSilent"};
  book_.Update({&own, 1}, {}, kNow);
  EXPECT_THAT(Post(1s, "NodeSilent", 1s), testing::IsEmpty());
  EXPECT_FALSE(book_.Find(Fingerprint("NodeSilent", {}))->posted);
}

TEST_F(Postings, OneSurvivesARestartAndHoldsUntilItsSenderCouldHavePostedAgain) {
  Post(0s, "A", 60s);
  const Alert stored = DecodeAlert(EncodeAlert(*book_.Find(Fingerprint("A", {})))).value();
  AlertBook next;
  next.Restore(stored, kNow + 10min);
  EXPECT_THAT(Whats(next.Update({}, {}, kNow + 11min)), testing::IsEmpty());
  EXPECT_THAT(Whats(next.Update({}, {}, kNow + 12min)), testing::ElementsAre(What::kResolved));
}

TEST(Posting, ItsRunbookIsTheLinkThatPrometheusAnnotates) {
  const auto runbook = [](const std::string& url) {
    return ConditionOf({.labels = {{"alertname", "A"}}, .annotations = {{"runbook_url", url}}}).runbook;
  };
  EXPECT_EQ(runbook("https://wiki.example/a?b=c#d"), "https://wiki.example/a?b=c#d");
  EXPECT_EQ(runbook("javascript:alert(1)"), "");
  EXPECT_EQ(runbook("https://wiki.example/\n<script>"), "");
  EXPECT_EQ(runbook("https://" + std::string(3'000, 'a')), "");
}

TEST(Annotations, OfOursHaveTheRunbookUnderPrometheusName) {
  Alert alert{.rule = "A", .summary = "s", .reason = "r"};
  EXPECT_EQ(Annotations(alert), (Labels{{"summary", "s"}, {"description", "r"}}));
  alert.runbook = "https://wiki.example/a";
  EXPECT_EQ(Annotations(alert).at("runbook_url"), "https://wiki.example/a");
  EXPECT_EQ(DecodeAlert(EncodeAlert(alert))->runbook, "https://wiki.example/a");
}

TEST_F(Postings, LabelsAndFingerprintAreThoseItWasPostedWith) {
  Post(0s, "A", 60s);
  EXPECT_EQ(RoutedLabels(*book_.Find(Fingerprint("A", {}))), (Labels{{"alertname", "A"}}));
}

}  // namespace
}  // namespace loadline::collector
