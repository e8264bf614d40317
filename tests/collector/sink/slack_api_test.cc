#include "collector/sink/slack_api.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/support/http_server.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using Means = SlackAnswer::Means;
using test::Reply;

class SlackApiTest : public testing::Test {
 protected:
  SlackAnswer Answer(const Reply& reply) {
    server_.Queue(reply);
    return api_.Call("chat.postMessage", "xoxb-secret", {{"channel", "C0"}, {"text", "hello"}}, {});
  }

  test::HttpServer server_;
  SystemClock clock_;
  SlackApi api_{{.url = server_.Url("/api"), .timeout = 200ms}, clock_};
};

TEST_F(SlackApiTest, ACallCarriesTheTokenAndJsonAndBringsBackChannelAndTs) {
  const SlackAnswer answer = Answer({.body = R"({"ok": true, "channel": "C9", "ts": "1724236500.001200"})"});
  EXPECT_EQ(answer.means, Means::kDone);
  EXPECT_EQ(answer.channel, "C9");
  EXPECT_EQ(answer.ts, "1724236500.001200");
  const test::SeenRequest request = server_.seen().at(0);
  EXPECT_EQ(request.path, "/api/chat.postMessage");
  EXPECT_EQ(request.headers.at("authorization"), "Bearer xoxb-secret");
  EXPECT_EQ(request.headers.at("content-type"), "application/json; charset=utf-8");
  EXPECT_EQ(request.body, R"({"channel":"C0","text":"hello"})");
}

TEST_F(SlackApiTest, TooManyRequestsSaysWhenToComeBack) {
  const SlackAnswer answer =
      Answer({.status = 429, .headers = {{"Retry-After", "7"}}, .body = "rate_limited"});
  EXPECT_EQ(answer.means, Means::kLater);
  EXPECT_EQ(answer.retry_after, 7s);
}

TEST_F(SlackApiTest, NoAnswerHalfOfOneAndServerErrorsMeanLater) {
  const Reply kForms[] = {{.status = 500, .body = "rollup_error"},
                          {.status = 503},
                          {.manner = Reply::Manner::kHang},
                          {.body = R"({"ok": true, "ts)", .manner = Reply::Manner::kHalf},
                          {.body = R"({"ok": true, "ts)"},
                          {.body = "<html>a proxy's page</html>"},
                          {.body = R"({"ok": "yes"})"},
                          {.body = "[]"},
                          {.manner = Reply::Manner::kSlam}};
  for (const Reply& form : kForms) {
    const SlackAnswer answer = Answer(form);
    EXPECT_EQ(answer.means, Means::kLater) << form.status << form.body;
    EXPECT_EQ(answer.retry_after, std::nullopt);
    EXPECT_THAT(answer.detail, testing::HasSubstr("127.0.0.1"));
  }
}

TEST_F(SlackApiTest, AnErrorIsNamedWithoutTheToken) {
  const SlackAnswer answer = Answer({.body = R"({"ok": false, "error": "channel_not_found"})"});
  EXPECT_EQ(answer.means, Means::kSetting);
  EXPECT_THAT(answer.detail, testing::EndsWith("chat.postMessage: channel_not_found"));
  EXPECT_THAT(answer.detail, testing::Not(testing::HasSubstr("xoxb")));
}

TEST(MeaningOfSlackError, IsWhatCanBeDoneAboutIt) {
  const std::pair<const char*, Means> kErrors[] = {
      {"ratelimited", Means::kLater},          {"internal_error", Means::kLater},
      {"service_unavailable", Means::kLater},  {"invalid_auth", Means::kSetting},
      {"token_revoked", Means::kSetting},      {"missing_scope", Means::kSetting},
      {"channel_not_found", Means::kSetting},  {"is_archived", Means::kSetting},
      {"a_word_of_tomorrow", Means::kSetting}, {"invalid_blocks_format", Means::kMessage},
      {"msg_too_long", Means::kMessage},       {"message_not_found", Means::kGone},
      {"edit_window_closed", Means::kGone}};
  for (const auto& [name, means] : kErrors) EXPECT_EQ(MeaningOfSlackError(name), means) << name;
}

}  // namespace
}  // namespace loadline::collector
