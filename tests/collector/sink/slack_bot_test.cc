#include "collector/sink/slack_bot.h"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/collector/sink/sample_notification.h"
#include "tests/support/slack.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using sample::Firing;
using sample::Of;
using sample::Resolved;
using test::Reply;
using test::VisibleText;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class SlackBotTest : public testing::Test {
 protected:
  SlackBotTest() { Write("xoxb-test"); }
  void Write(const std::string& token) { std::ofstream(folder_.path() + "/token") << token << "\n"; }
  SlackBotOptions Options(const std::string& channel = "#ops") {
    return {.token_file = folder_.path() + "/token",
            .channel = channel,
            .api = {.url = slack_.ApiUrl(), .timeout = 200ms},
            .message = {.page_url = "https://loadline.example"}};
  }
  // Says it, and does what upkeep there is then, as a lane with time would.
  Outcome Send(const Notification& notification) {
    Outcome outcome = Say(notification);
    while (sink_.UpkeepDue(clock_.Now()) && Keep(sink_.Upkeep({})).verdict == Verdict::kDelivered) {
    }
    return outcome;
  }
  Outcome Say(const Notification& notification) { return Keep(sink_.Send({&notification, 1}, {})); }
  Outcome Keep(Outcome outcome) {
    for (const auto& [key, value] : outcome.keep) {
      value ? void(kept_[key] = *value) : void(kept_.erase(key));
    }
    return outcome;
  }
  // The n-th word about one group.
  static Notification Word(std::vector<Alert> alerts, int n) {
    Notification notification = Of(std::move(alerts));
    notification.id = "word-" + std::to_string(n);
    notification.at = sample::kNow + std::chrono::minutes(n);
    return notification;
  }
  [[nodiscard]] std::vector<test::Slack::Posted> Roots() const {
    std::vector<test::Slack::Posted> roots = slack_.posted();
    std::erase_if(roots, [](const auto& posted) { return !posted.thread_ts.empty(); });
    return roots;
  }
  [[nodiscard]] std::vector<nlohmann::json> Replies() const {
    std::vector<nlohmann::json> replies;
    for (const auto& posted : slack_.posted()) {
      if (!posted.thread_ts.empty()) replies.push_back(posted.message);
    }
    return replies;
  }

  TemporaryFolder folder_;
  test::Slack slack_;
  SystemClock clock_;
  SlackBot sink_{Options(), clock_};
  std::map<std::string, std::string> kept_;  // as the journal would
};

TEST_F(SlackBotTest, TheFirstWordAboutAGroupIsAMessage) {
  EXPECT_EQ(Send(Word({Firing("app")}, 1)).verdict, Verdict::kDelivered);
  ASSERT_EQ(Roots().size(), 1);
  EXPECT_THAT(VisibleText(Roots()[0].message), HasSubstr("Sev2 ContainerOomKilled shop/checkout/app"));
  EXPECT_THAT(Replies(), IsEmpty());
  EXPECT_EQ(slack_.refused(), 0);
}

TEST_F(SlackBotTest, WhatIsNewIsWrittenIntoTheMessageAndShownInTheChannelThroughTheThread) {
  Send(Word({Firing("a")}, 1));
  EXPECT_EQ(Send(Word({Firing("a"), Firing("b", Severity::kSev0)}, 2)).verdict, Verdict::kDelivered);
  ASSERT_EQ(Roots().size(), 1);
  EXPECT_EQ(Roots()[0].updates, 1);
  EXPECT_THAT(VisibleText(Roots()[0].message), HasSubstr("2 firing"));
  ASSERT_EQ(Replies().size(), 1);
  EXPECT_TRUE(Replies()[0].at("reply_broadcast"));
  EXPECT_THAT(Replies()[0].at("text"), HasSubstr("*Sev0* ContainerOomKilled shop/checkout/b"));
  EXPECT_THAT(Replies()[0].at("text"), Not(HasSubstr("checkout/a")));
}

TEST_F(SlackBotTest, AnUrgentWordAddsToWhatTheMessageSays) {
  Send(Word({Firing("a")}, 1));
  Notification urgent = Word({Firing("b")}, 2);
  urgent.urgent = true;
  Send(urgent);
  ASSERT_EQ(Roots().size(), 1);
  EXPECT_THAT(VisibleText(Roots()[0].message),
              testing::AllOf(HasSubstr("checkout/a"), HasSubstr("checkout/b")));
}

TEST_F(SlackBotTest, ResolvingIsWrittenIntoTheMessageAndItsHistoryAndPingsNobody) {
  Send(Word({Firing("app")}, 1));
  Send(Word({Resolved("app")}, 2));
  ASSERT_EQ(Roots().size(), 1);
  EXPECT_THAT(VisibleText(Roots()[0].message), HasSubstr("Resolved ContainerOomKilled"));
  ASSERT_EQ(Replies().size(), 1);
  EXPECT_FALSE(Replies()[0].contains("reply_broadcast"));
  EXPECT_THAT(Replies()[0].at("text"),
              HasSubstr("*Resolved* ContainerOomKilled shop/checkout/app on n1 after 10 min"));
  EXPECT_THAT(kept_, IsEmpty());
  Send(Word({Firing("app")}, 3));
  EXPECT_EQ(Roots().size(), 2) << "what fires again is news";
}

TEST_F(SlackBotTest, AReminderIsShownInTheChannel) {
  Send(Word({Firing("app")}, 1));
  Notification reminder = Word({Firing("app")}, 2);
  reminder.repeat = true;
  reminder.reason = "repeated after 4 h";
  Send(reminder);
  ASSERT_EQ(Replies().size(), 1);
  EXPECT_TRUE(Replies()[0].at("reply_broadcast"));
  EXPECT_EQ(Replies()[0].at("text"), "repeated after 4 h");
}

TEST_F(SlackBotTest, ARestartGoesOnEditingTheMessage) {
  Send(Word({Firing("app")}, 1));
  SlackBot after(Options(), clock_);
  for (const auto& [key, value] : kept_) after.Recall(key, value);
  EXPECT_FALSE(after.UpkeepDue(clock_.Now())) << "the message is true";
  const Notification resolved = Word({Resolved("app")}, 2);
  EXPECT_EQ(after.Send({&resolved, 1}, {}).verdict, Verdict::kDelivered);
  const Outcome edited = after.Upkeep({});
  ASSERT_EQ(Roots().size(), 1);
  EXPECT_THAT(VisibleText(Roots()[0].message), HasSubstr("Resolved"));
  EXPECT_EQ(edited.keep.at(resolved.group_key), std::nullopt);
}

TEST_F(SlackBotTest, AMessageThatWasDamagedOnTheDiskIsBegunAnew) {
  Send(Word({Firing("app")}, 1));
  ASSERT_FALSE(kept_.empty());
  for (const auto& [key, value] : kept_) {
    SlackBot after(Options(), clock_);
    nlohmann::json stored = nlohmann::json::parse(value);
    stored["channel"] = 7;
    for (const std::string& damaged : {stored.dump(), std::string("torn"), std::string(R"({"says": "{}"})")})
      after.Recall(key, damaged);
    const Notification resolved = Word({Resolved("app")}, 2);
    EXPECT_EQ(after.Send({&resolved, 1}, {}).verdict, Verdict::kDelivered);
  }
}

TEST_F(SlackBotTest, AnEditThatARestartCutOffIsDoneAfterIt) {
  Send(Word({Firing("a")}, 1));
  Say(Word({Firing("a"), Firing("b")}, 2));
  SlackBot after(Options(), clock_);
  for (const auto& [key, value] : kept_) after.Recall(key, value);
  ASSERT_TRUE(after.UpkeepDue(clock_.Now()));
  Keep(after.Upkeep({}));
  EXPECT_FALSE(after.UpkeepDue(clock_.Now()));
  EXPECT_THAT(VisibleText(Roots().at(0).message), HasSubstr("2 firing"));
}

TEST_F(SlackBotTest, EachTurnIsOneRequestSoThatPostsAndEditsShareOneRate) {
  Say(Word({Firing("a")}, 1));
  EXPECT_EQ(slack_.taken().size(), 1);
  Say(Word({Firing("a"), Firing("b")}, 2));
  EXPECT_EQ(slack_.taken().size(), 2) << "the line of history";
  Keep(sink_.Upkeep({}));
  EXPECT_EQ(slack_.taken().size(), 3) << "the edit";
  EXPECT_FALSE(sink_.UpkeepDue(clock_.Now()));
}

TEST_F(SlackBotTest, EditsKeepToARateOfTheirOwn) {
  ManualClock clock;
  SlackBot bot(Options(), clock);
  std::vector<Notification> storm;
  for (int i = 0; i < 8; ++i) {
    const Notification first = Of({Firing("a")}, "g" + std::to_string(i));
    bot.Send({&first, 1}, {});
    storm.push_back(Of({Resolved("a")}, "g" + std::to_string(i)));
  }
  bot.Send(storm, {});
  int edits = 0;
  for (; *bot.UpkeepDue(clock.Now()) <= clock.Now(); ++edits) bot.Upkeep({});
  EXPECT_EQ(edits, 5) << "at once, and then 40 a minute";
  EXPECT_EQ(*bot.UpkeepDue(clock.Now()), clock.Now() + 1500ms);
}

TEST_F(SlackBotTest, UrgentWordsAddUpInTheMessage) {
  for (int word = 0; word < 3; ++word) {
    std::vector<Alert> alerts;
    for (int i = 0; i < 40; ++i) alerts.push_back(Firing("c" + std::to_string(40 * word + i)));
    Notification urgent = Word(std::move(alerts), word);
    urgent.urgent = true;
    Send(urgent);
  }
  EXPECT_THAT(VisibleText(Roots().at(0).message), HasSubstr("120 firing"));
}

TEST_F(SlackBotTest, AMessageThatSomebodyDeletedIsWrittenAnew) {
  Send(Word({Firing("a")}, 1));
  slack_.Delete(Roots()[0].ts);
  EXPECT_EQ(Send(Word({Firing("a"), Firing("b")}, 2)).verdict, Verdict::kDelivered);
  ASSERT_EQ(Roots().size(), 1);
  EXPECT_THAT(VisibleText(Roots()[0].message), HasSubstr("2 firing"));
  Send(Word({Firing("a")}, 3));
  EXPECT_EQ(Roots()[0].updates, 1) << "the new one is edited from then on";
}

TEST_F(SlackBotTest, AReplyThatFailedIsSentAgainAndOneThatDidNotIsNot) {
  Send(Word({Firing("a")}, 1));
  const Notification news = Word({Firing("a"), Firing("b")}, 2);
  slack_.server().Queue({.status = 429, .headers = {{"Retry-After", "2"}}});
  const Outcome outcome = Say(news);
  EXPECT_EQ(outcome.verdict, Verdict::kRetry);
  EXPECT_EQ(outcome.retry_after, 2s);
  EXPECT_EQ(Say(news).verdict, Verdict::kDelivered);
  slack_.server().Queue({.status = 503});  // the edit
  EXPECT_EQ(sink_.Upkeep({}).verdict, Verdict::kRetry);
  EXPECT_EQ(Keep(sink_.Upkeep({})).verdict, Verdict::kDelivered);
  ASSERT_EQ(Replies().size(), 1);
  EXPECT_THAT(Replies()[0].at("text"), HasSubstr("checkout/b"));
  EXPECT_THAT(VisibleText(Roots().at(0).message), HasSubstr("2 firing"));
}

TEST_F(SlackBotTest, NoAnswerOrHalfOfOneIsARetry) {
  const Reply kForms[] = {{.status = 500},
                          {.manner = Reply::Manner::kHang},
                          {.body = "{\"ok\"", .manner = Reply::Manner::kHalf},
                          {.manner = Reply::Manner::kSlam}};
  for (const Reply& form : kForms) {
    slack_.server().Queue(form);
    EXPECT_EQ(Send(Word({Firing("app")}, 1)).verdict, Verdict::kRetry);
  }
  EXPECT_EQ(Send(Word({Firing("app")}, 1)).verdict, Verdict::kDelivered);
}

TEST_F(SlackBotTest, AMessageSlackDoesNotTakeIsSentOnceMoreAsPlainText) {
  slack_.server().Queue({.body = R"({"ok": false, "error": "invalid_blocks"})"});
  EXPECT_EQ(Send(Word({Firing("app")}, 1)).verdict, Verdict::kDelivered);
  EXPECT_FALSE(Roots().at(0).message.contains("blocks"));
  slack_.server().Queue({.body = R"({"ok": false, "error": "invalid_blocks"})"});
  slack_.server().Queue({.body = R"({"ok": false, "error": "no_text"})"});
  Notification other = Of({Firing("app")}, "other");
  EXPECT_EQ(Send(other).verdict, Verdict::kRefused);
}

TEST_F(SlackBotTest, ARevokedTokenIsSaidTriedSlowlyAndReadAnewWhenItsFileChanges) {
  Write("xoxb-old");
  const Outcome outcome = Send(Word({Firing("app")}, 1));
  EXPECT_EQ(outcome.verdict, Verdict::kRetry);
  EXPECT_EQ(outcome.retry_after, 1min);
  EXPECT_THAT(outcome.detail, HasSubstr("invalid_auth"));
  EXPECT_THAT(outcome.detail, Not(HasSubstr("xoxb")));
  Write("xoxb-test");
  EXPECT_EQ(Send(Word({Firing("app")}, 1)).verdict, Verdict::kDelivered);
}

TEST_F(SlackBotTest, AnUnknownChannelIsSaid) {
  SlackBot sink(Options("#nowhere"), clock_);
  const Notification notification = Word({Firing("app")}, 1);
  const Outcome outcome = sink.Send({&notification, 1}, {});
  EXPECT_EQ(outcome.verdict, Verdict::kRetry);
  EXPECT_THAT(outcome.detail, HasSubstr("channel_not_found"));
}

TEST_F(SlackBotTest, AStormIsOneDigestAndMessagesThatAreOverAreClosed) {
  Send(Of({Firing("a")}, "g1"));
  Send(Of({Firing("b")}, "g2"));
  std::vector<Notification> storm = {Of({Resolved("a")}, "g1"), Of({Firing("b"), Firing("c")}, "g2")};
  for (int i = 3; i < 100; ++i)
    storm.push_back(Of({Firing("x" + std::to_string(i))}, "g" + std::to_string(i)));
  EXPECT_EQ(Keep(sink_.Send(storm, {})).verdict, Verdict::kDelivered);
  ASSERT_EQ(Roots().size(), 3);
  Keep(sink_.Upkeep({}));
  EXPECT_THAT(VisibleText(Roots()[2].message), HasSubstr("digest"));
  EXPECT_THAT(VisibleText(Roots()[0].message), HasSubstr("Resolved ContainerOomKilled"));
  EXPECT_FALSE(kept_.contains("{}:{g1}")) << "what is over is let go";
  Keep(sink_.Upkeep({}));
  EXPECT_THAT(VisibleText(Roots()[1].message), HasSubstr("2 firing"));
}

TEST_F(SlackBotTest, ALogLineInTheHistoryCanPingNobody) {
  Send(Word({Firing("a")}, 1));
  Alert evil = Firing("<!channel>");
  evil.summary = "<!here> <@U1>";
  Notification news = Word({Firing("a"), evil}, 2);
  news.reason = "<!everyone>";
  Send(news);
  ASSERT_EQ(Replies().size(), 1);
  EXPECT_THAT(test::Pings(Replies()[0]), IsEmpty());
}

}  // namespace
}  // namespace loadline::collector
