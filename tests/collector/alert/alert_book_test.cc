#include "collector/alert/alert_book.h"

#include <gmock/gmock.h>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using What = Transition::What;

constexpr Wall kStart{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

Condition Silent(const std::string& node, Duration hold = 10s, Duration keep = 5s) {
  return {.rule = "NodeSilent",
          .labels = {{"node", node}},
          .severity = Severity::kSev1,
          .hold = hold,
          .keep = keep};
}

Condition OomKilled(const std::string& container) {
  return {.rule = "ContainerOomKilled", .labels = {{"container", container}}, .keep = 60s, .urgent = true};
}

// A book told second by second: At(3s, {...}) updates it and gives what changed, in words.
class Story {
 public:
  explicit Story(AlertBookOptions options = {}) : book_(options) {}

  std::vector<std::string> At(Duration t, std::vector<Condition> holding,
                              std::vector<Condition> happened = {}) {
    std::vector<Happening> happenings;
    for (const Condition& what : happened) happenings.push_back({what, kStart + t});
    return Words(book_.Update(holding, happenings, kStart + t));
  }
  AlertBook& book() { return book_; }
  const Alert& Of(const Condition& what) { return book_.alerts().at(Fingerprint(what.rule, what.labels)); }

  // kill -9 at `t`: only what the changes said so far survives.
  void RestartAt(Duration t) {
    AlertBook fresh;
    for (const auto& [fingerprint, alert] : book_.alerts()) {
      Result<Alert> stored = DecodeAlert(EncodeAlert(alert));
      ASSERT_TRUE(stored) << stored.error().message;
      fresh.Restore(*stored, kStart + t);
    }
    book_ = std::move(fresh);
  }

 private:
  std::vector<std::string> Words(const std::vector<Transition>& transitions) {
    static constexpr const char* kNames[] = {"pending", "fired", "again", "resolved", "dropped"};
    std::vector<std::string> words;
    words.reserve(transitions.size());
    for (const Transition& t : transitions) words.emplace_back(kNames[static_cast<int>(t.what)]);
    return words;
  }
  AlertBook book_;
};

using testing::ElementsAre;
using testing::IsEmpty;

TEST(AlertBook, AConditionFiresOnceItHasHeldLongEnough) {
  Story story;
  EXPECT_THAT(story.At(0s, {Silent("n1")}), ElementsAre("pending"));
  EXPECT_THAT(story.At(9s, {Silent("n1")}), IsEmpty());
  EXPECT_THAT(story.At(10s, {Silent("n1")}), ElementsAre("fired"));
  EXPECT_THAT(story.At(11s, {Silent("n1")}), IsEmpty());
  EXPECT_EQ(story.Of(Silent("n1")).since, kStart);
  EXPECT_EQ(story.Of(Silent("n1")).fired, kStart + 10s);
}

TEST(AlertBook, AConditionThatGoesBeforeItsHoldIsDroppedWithoutAWord) {
  Story story;
  story.At(0s, {Silent("n1")});
  EXPECT_THAT(story.At(5s, {}), ElementsAre("dropped"));
  EXPECT_THAT(story.At(6s, {Silent("n1")}), ElementsAre("pending"));
  EXPECT_THAT(story.At(15s, {Silent("n1")}), IsEmpty()) << "the hold begins anew";
  EXPECT_THAT(story.At(16s, {Silent("n1")}), ElementsAre("fired"));
}

TEST(AlertBook, AnAlertResolvesOnlyWhenItsConditionStaysAwayForItsKeep) {
  Story story;
  story.At(0s, {Silent("n1", 0s)});
  story.At(1s, {});
  EXPECT_THAT(story.At(4s, {Silent("n1", 0s)}), IsEmpty()) << "a flap within the keep is no news";
  story.At(5s, {});
  EXPECT_THAT(story.At(9s, {}), IsEmpty());
  EXPECT_THAT(story.At(10s, {}), ElementsAre("resolved"));
  EXPECT_EQ(story.Of(Silent("n1")).resolved, kStart + 10s);
}

TEST(AlertBook, AResolvedAlertWhoseConditionReturnsBeginsAnew) {
  Story story;
  story.At(0s, {Silent("n1", 0s, 0s)});
  EXPECT_THAT(story.At(1s, {}), ElementsAre("resolved"));
  EXPECT_THAT(story.At(5s, {Silent("n1", 0s, 0s)}), ElementsAre("fired"));
  EXPECT_EQ(story.Of(Silent("n1")).since, kStart + 5s);
  EXPECT_EQ(story.Of(Silent("n1")).resolved, std::nullopt);
}

TEST(AlertBook, AHappeningFiresAtOnceAndEachFurtherOneIsAnOccurrence) {
  Story story;
  EXPECT_THAT(story.At(0s, {}, {OomKilled("a"), OomKilled("b")}), ElementsAre("fired", "fired"));
  EXPECT_THAT(story.At(50s, {}, {OomKilled("a")}), ElementsAre("again"));
  EXPECT_EQ(story.Of(OomKilled("a")).occurrences, 2);
  EXPECT_THAT(story.At(60s, {}), ElementsAre("resolved")) << "b, a minute after its only kill";
  EXPECT_THAT(story.At(109s, {}), IsEmpty());
  EXPECT_THAT(story.At(110s, {}), ElementsAre("resolved"));
}

TEST(AlertBook, HappeningsAloneSayNothingAboutConditions) {
  Story story;
  story.At(0s, {Silent("n1", 0s, 0s)});
  const Happening kill{OomKilled("a"), kStart + 1s};
  EXPECT_EQ(story.book().Happened({&kill, 1}, kStart + 1s).size(), 1);
  EXPECT_EQ(story.Of(Silent("n1")).state, AlertState::kFiring);
}

TEST(AlertBook, TheSameConditionSaidTwiceIsOneAlert) {
  Story story;
  EXPECT_THAT(story.At(0s, {Silent("n1", 0s), Silent("n1", 0s)}), ElementsAre("fired"));
  EXPECT_EQ(story.book().alerts().size(), 1);
}

TEST(AlertBook, ARestartResumesTimersWhereTheyWere) {
  Story story;
  story.At(0s, {Silent("held", 60s)});
  story.At(10s, {Silent("held", 60s)}, {OomKilled("a")});
  story.RestartAt(20s);
  EXPECT_THAT(story.At(21s, {}), IsEmpty()) << "absence proves nothing yet";
  EXPECT_THAT(story.At(59s, {Silent("held", 60s)}), IsEmpty());
  EXPECT_THAT(story.At(60s, {Silent("held", 60s)}), ElementsAre("fired"))
      << "a minute after it began, not after 20 s";
  EXPECT_THAT(story.At(70s, {Silent("held", 60s)}), ElementsAre("resolved")) << "the kill of second 10";
}

TEST(AlertBook, AbsenceCountsAgainOnceTheGraceIsOver) {
  Story story;
  story.At(0s, {Silent("n1", 0s)});
  story.RestartAt(10s);
  EXPECT_THAT(story.At(99s, {}), IsEmpty());
  story.At(100s, {});
  EXPECT_THAT(story.At(105s, {}), ElementsAre("resolved"));
}

TEST(AlertBook, NextDueIsTheFirstHoldOrKeepThatEnds) {
  Story story;
  EXPECT_EQ(story.book().NextDue(), std::nullopt);
  story.At(0s, {Silent("n1", 10s)}, {OomKilled("a")});
  EXPECT_EQ(story.book().NextDue(), kStart + 10s);
  story.At(10s, {Silent("n1", 10s)});
  EXPECT_EQ(story.book().NextDue(), kStart + 60s);
}

TEST(AlertBook, AFullBookMakesRoomByForgettingResolvedAlertsAndCountsWhatItRefuses) {
  Story story({.max_alerts = 2});
  story.At(0s, {}, {OomKilled("a")});
  EXPECT_THAT(story.At(60s, {Silent("n1", 0s)}), ElementsAre("fired", "resolved"));
  EXPECT_THAT(story.At(61s, {Silent("n1", 0s), Silent("n2", 0s)}), ElementsAre("fired"));
  EXPECT_THAT(story.At(62s, {Silent("n1", 0s), Silent("n2", 0s), Silent("n3", 0s)}), IsEmpty());
  EXPECT_EQ(story.book().refused(), 1);
}

TEST(AlertBook, ChangesNameEveryAlertThatMustBeWrittenAndNoOther) {
  Story story;
  story.At(0s, {Silent("n1", 0s), Silent("n2", 5s)});
  EXPECT_EQ(story.book().TakeChanged().size(), 2);
  story.At(1s, {Silent("n1", 0s), Silent("n2", 5s)});
  EXPECT_THAT(story.book().TakeChanged(), IsEmpty()) << "a condition that goes on holding costs no write";
  story.At(5s, {Silent("n1", 0s), Silent("n2", 5s)});
  EXPECT_THAT(story.book().TakeChanged(), ElementsAre(Fingerprint("NodeSilent", {{"node", "n2"}})));
}

TEST(AlertBook, AClockSetBackDoesNotHoldAnAlertForTheTimeItLost) {
  Story story;
  story.At(3600s, {Silent("n1", 0s, 5s)});
  story.At(3601s, {});
  story.At(0s, {});
  EXPECT_THAT(story.At(5s, {}), ElementsAre("resolved"));
}

TEST(AlertFingerprint, IsThatOfAlertmanagerForTheSameLabels) {
  // Prometheus' label set {alertname="a"}: FNV-1a over "alertname" ff "a" ff, worked out by hand in Python.
  EXPECT_EQ(Fingerprint("a", {}), "d258efc389808447");
  EXPECT_NE(Fingerprint("a", {{"b", "c"}}), Fingerprint("a", {{"bc", ""}}));
}

TEST(StoredAlert, AnythingButWhatWasWrittenIsRefused) {
  for (const char* text : {"", "{}", "[]", "null", R"({"rule":1})", "\xff\xfe"})
    EXPECT_FALSE(DecodeAlert(text)) << text;
}

// Of a container that one node alone tells of.
Condition Throttled(const std::string& node, int container) {
  return {.rule = "ContainerThrottled",
          .labels = {{"container", std::to_string(container)}},
          .hold = 0s,
          .told_by = node};
}

TEST(AlertBook, OneNodeHasItsShareAndOthersHaveRoom) {
  Story story({.max_of_a_node = 3});
  std::vector<Condition> holding;
  for (int i = 0; i < 10; ++i) holding.push_back(Throttled("greedy", i));
  holding.push_back(Throttled("honest", 100));
  EXPECT_EQ(story.At(0s, holding).size(), 4U);
  EXPECT_EQ(story.book().refused(), 7U);
  EXPECT_EQ(story.book().refused_of().at("greedy").count, 7U);
  EXPECT_EQ(story.book().refused_of().at("greedy").last, kStart);
  EXPECT_EQ(story.book().refused_of().size(), 1U);
  // What is in the book stays as it is; what ends makes room.
  EXPECT_THAT(story.At(1s, {holding[0], holding[1], holding[5]}), ElementsAre("resolved", "resolved"));
  EXPECT_THAT(story.At(2s, {holding[0], holding[1], holding[5]}), ElementsAre("fired"));
}

TEST(AlertBook, HappeningsCountAgainstTheirNodeAlsoBetweenTwoUpdates) {
  AlertBook book({.max_of_a_node = 3});
  std::vector<Happening> kills;
  for (int i = 0; i < 10; ++i) {
    Condition kill = OomKilled(std::to_string(i));
    kill.told_by = "greedy";
    kills.push_back({kill, kStart});
  }
  EXPECT_EQ(book.Happened(kills, kStart).size(), 3U);
  EXPECT_EQ(book.Happened(kills, kStart).size(), 3U) << "those that are known happen again";
  EXPECT_EQ(book.alerts().size(), 3U);
}

TEST(AlertBook, ANodesShareIsKnownAfterARestart) {
  AlertBook book({.max_of_a_node = 2});
  const std::vector<Condition> holding = {Throttled("greedy", 1), Throttled("greedy", 2)};
  book.Update(holding, {}, kStart);
  AlertBook fresh({.max_of_a_node = 2});
  for (const auto& [fingerprint, alert] : book.alerts())
    fresh.Restore(*DecodeAlert(EncodeAlert(alert)), kStart);
  fresh.Happened(std::vector{Happening{Throttled("greedy", 3), kStart}}, kStart);
  EXPECT_EQ(fresh.refused_of().at("greedy").count, 1U);
}

TEST(AlertBook, OurOwnConditionsHaveRoomThatNobodyElseCanTake) {
  Story story({.max_alerts = 10, .kept_for_own = 2});
  std::vector<Condition> holding;
  for (int i = 0; i < 20; ++i) holding.push_back(Throttled("", i));
  Condition silent = Silent("n1", 0s);
  silent.own = true;
  holding.push_back(silent);
  EXPECT_EQ(story.At(0s, holding).size(), 9U);
  EXPECT_EQ(story.Of(silent).state, AlertState::kFiring);
}

}  // namespace
}  // namespace loadline::collector
