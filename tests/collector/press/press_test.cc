#include "collector/press/press.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "collector/press/button.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

json Payload(const std::string& action, const std::string& value) {
  return {{"type", "block_actions"},
          {"user", {{"id", "U024BE7LH"}, {"username", "alice"}, {"name", "alice"}}},
          {"container", {{"type", "message"}, {"message_ts", "1724236500.001200"}, {"channel_id", "C0"}}},
          {"channel", {{"id", "C0"}, {"name", "ops"}}},
          {"response_url", "https://hooks.slack.com/actions/T0/1/abc"},
          {"actions", json::array({{{"type", "button"}, {"action_id", action}, {"value", value}}})}};
}

TEST(ReadPress, SaysWhoPressedWhatWhere) {
  const auto read = ReadPress(Payload("silence_4h", "alert:0123456789abcdef").dump());
  ASSERT_TRUE(read && *read);
  const Press& press = **read;
  EXPECT_EQ(press.what, Press::What::kSilence);
  EXPECT_EQ(press.lasts, 4h);
  EXPECT_EQ(press.name, "alert:0123456789abcdef");
  EXPECT_EQ(press.Who(), "alice (Slack U024BE7LH)");
  EXPECT_EQ(press.channel, "ops");
  EXPECT_EQ(press.message_ts, "1724236500.001200");
  EXPECT_EQ(press.response_url, "https://hooks.slack.com/actions/T0/1/abc");
  EXPECT_EQ((*ReadPress(Payload("approve_2", "n@1/1/1").dump()))->what, Press::What::kApprove);
  EXPECT_EQ((*ReadPress(Payload("refuse_0", "n@1/1/1").dump()))->what, Press::What::kRefuse);
}

TEST(ReadPress, WhatIsNoneOfOurButtonsIsNothing) {
  for (const char* action : {"link_0", "silence_9h", "silence_1h ", "", "x"}) {
    const auto read = ReadPress(Payload(action, "alert:1").dump());
    ASSERT_TRUE(read) << action;
    EXPECT_FALSE(*read) << action;
  }
  json shortcut = Payload("silence_1h", "alert:1");
  shortcut["type"] = "message_action";
  EXPECT_FALSE(ReadPress(shortcut.dump()).value());
  EXPECT_FALSE(ReadPress(Payload("silence_1h", "").dump()).value()) << "it names nothing";
  EXPECT_FALSE(ReadPress(Payload("silence_1h", std::string(2'001, 'a')).dump()).value())
      << "Slack takes no such value";
}

TEST(ReadPress, WhatIsNoPayloadIsSaidToBeNone) {
  json nobody = Payload("silence_1h", "alert:1");
  nobody.erase("user");
  json forged = Payload("silence_1h", "alert:1");
  forged["user"]["id"] = "U1> <!channel>";
  json none = Payload("silence_1h", "alert:1");
  none["actions"] = json::array();
  json odd = Payload("silence_1h", "alert:1");
  odd["actions"] = "silence_1h";
  for (const std::string& payload : {nobody.dump(), forged.dump(), none.dump(), odd.dump(), std::string("[]"),
                                     std::string("{}"), std::string(), std::string(10'000, '[')}) {
    const auto read = ReadPress(payload);
    ASSERT_FALSE(read) << payload;
    EXPECT_EQ(read.error().kind, ErrorKind::kInvalid);
  }
}

TEST(ReadPress, WhatPeopleCallThemselvesIsShortAndMovesNoCursor) {
  json payload = Payload("silence_1h", "alert:1");
  payload["user"]["username"] = "\u001b[2Jalice\n" + std::string(200, 'x');
  payload["channel"]["name"] = "\u202eops\r";
  payload["container"]["message_ts"] = "1\">";
  const auto read = ReadPress(payload.dump());
  ASSERT_TRUE(read && *read);
  EXPECT_LE((*read)->user_name.size(), 63U);
  EXPECT_EQ((*read)->user_name.substr(0, 10), " [2Jalice ");
  EXPECT_EQ((*read)->channel, " ops ");
  EXPECT_EQ((*read)->message_ts, "");
}

TEST(IsBelow, IsAPathBelowTheBaseAndNothingElse) {
  constexpr const char* kBase = "https://hooks.slack.com/";
  EXPECT_TRUE(IsBelow("https://hooks.slack.com/actions/T1/2/a_b-c.d", kBase));
  for (const char* url : {"", "https://hooks.slack.com/", "http://hooks.slack.com/actions/1",
                          "https://hooks.slack.com.evil.example/1", "https://hooks.slack.com@evil.example/1",
                          "https://evil.example/https://hooks.slack.com/", "https://hooks.slack.com:444/1",
                          "//hooks.slack.com/1", "https://hooks.slack.com/a@evil.example",
                          "https://hooks.slack.com/a\r\nHost: evil", "https://hooks.slack.com/\\evil",
                          "https://hooks.slack.com/a?b=c", "https://HOOKS.slack.com/1", "file:///etc/passwd",
                          "http://169.254.169.254/metadata"})
    EXPECT_FALSE(IsBelow(url, kBase)) << url;
  EXPECT_FALSE(IsBelow("https://hooks.slack.com/" + std::string(2'000, 'a'), kBase));
  EXPECT_FALSE(IsBelow("https://hooks.slack.comx/1", "https://hooks.slack.com"))
      << "a base ends with a slash";
}

TEST(Names, OfAlertsAndGroupsAreShortAndReadAgain) {
  EXPECT_EQ(ReadName(NameOfAlert("0123456789abcdef")).id, "0123456789abcdef");
  const std::string group = NameOfGroup("{}:{namespace=\"" + std::string(3'000, 'x') + "\"}");
  EXPECT_LE(group.size(), 30U);
  EXPECT_TRUE(ReadName(group).group);
  EXPECT_EQ(ReadName(group).id, group);
  EXPECT_NE(NameOfGroup("a"), NameOfGroup("b"));
  for (const char* odd : {"", "alert", "alarm:1", "{}"}) {
    EXPECT_FALSE(ReadName(odd).group);
    EXPECT_EQ(ReadName(odd).id, "");
  }
}

}  // namespace
}  // namespace loadline::collector
