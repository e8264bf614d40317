// The real collector, a stand-in of Slack, and people who press buttons under its messages.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "collector/http/http_client.h"
#include "tests/support/slack.h"
#include "tests/support/slack_press.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wait.h"

namespace loadline::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class ButtonsInSlack : public testing::Test {
 protected:
  explicit ButtonsInSlack(Slack::Options options = {}) : slack_(options) {
    Write("secret", kSigningSecret);
    Write("token", "xoxb-test");
    Write("webhook", slack_.WebhookUrl());
    Write("alerting.yaml", R"(
route: {receiver: bot, group_by: [alertname, namespace], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
receivers:
- name: bot
  slack_configs:
  - {channel: C0, app_token_file: )" +
                               Path("token") + ", app_url: " + slack_.ApiUrl() +
                               "/chat.postMessage, send_resolved: true}\n");
    Write("config.yaml",
          "listen: {agents: 'tcp://127.0.0.1:0', web: '127.0.0.1:0'}\nstore: {folder: " + Path("state") +
              "}\nalerting: {file: " + Path("alerting.yaml") +
              "}\nslack:\n  signing_secret_file: " + Path("secret") +
              "\n  silencers: 'U0ALICE01, U0BOB0001'\n  approvers: U0ALICE01\n  response_url: " +
              slack_.ResponseBase() + "\n");
    Start();
  }
  ~ButtonsInSlack() override { Stop(); }

  [[nodiscard]] std::string Path(const std::string& name) const { return folder_.path() + "/" + name; }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name)) << text << "\n";
    std::filesystem::permissions(Path(name),
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  void Start() {
    const std::string program =
        std::filesystem::read_symlink("/proc/self/exe").parent_path() / "loadline-collector";
    const std::string config = Path("config.yaml");
    std::filesystem::remove(Path("state/endpoints.json"));
    pid_ = ::fork();
    if (pid_ == 0) {
      const int log = ::open(Path("log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
      ::dup2(log, STDERR_FILENO);
      ::dup2(log, STDOUT_FILENO);
      ::execl(program.c_str(), program.c_str(), "--config", config.c_str(), nullptr);
      ::_exit(127);
    }
    ASSERT_TRUE(Eventually([&] { return std::filesystem::exists(Path("state/endpoints.json")); }, 30s))
        << Log();
    web_ = json::parse(Read("state/endpoints.json"))["web"];
    ASSERT_TRUE(Eventually([&] { return Get("silences").is_array(); }, 30s));
  }
  void Stop() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    int status = 0;
    if (!Eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; }, 20s)) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, &status, 0);
    }
    pid_ = -1;
  }
  [[nodiscard]] std::string Read(const std::string& name) const {
    std::ifstream file(Path(name));
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] std::string Log() const { return Read("log"); }
  json Get(const std::string& what) {
    collector::HttpClient client;
    const auto answer = client.Do({.url = web_ + "api/v2/" + what});
    return answer && answer->ok() ? json::parse(answer->body, nullptr, false) : json();
  }
  void Post(const json& labels) {
    collector::HttpClient client;
    const auto answer = client.Do({.method = "POST",
                                   .url = web_ + "api/v2/alerts",
                                   .headers = {"Content-Type: application/json"},
                                   .body = json::array({{{"labels", labels}}}).dump()});
    ASSERT_TRUE(answer && answer->ok());
  }
  // The latest message that is no reply and names this pod.
  std::optional<Slack::Posted> About(const std::string& pod) {
    std::optional<Slack::Posted> found;
    for (const Slack::Posted& posted : slack_.posted()) {
      if (posted.thread_ts.empty() && VisibleText(posted.message).find(pod) != std::string::npos)
        found = posted;
    }
    return found;
  }
  PressRequest Pressed(const Slack::Posted& message, Pressing pressing) {
    if (pressing.response_url.empty()) pressing.response_url = slack_.ResponseUrl();
    return PressOf(message.message, message.ts, pressing);
  }
  int Press(const PressRequest& request) { return Send(web_ + "api/slack/interactions", request); }
  // What the how many-th press was answered, from 0.
  json Reply(std::size_t number) {
    EXPECT_TRUE(Eventually([&] { return slack_.replies().size() > number; })) << Log();
    const auto replies = slack_.replies();
    return replies.size() > number ? replies[number] : json::object();
  }

  Slack slack_;
  const TemporaryFolder folder_;
  std::string web_;
  pid_t pid_ = -1;
};

TEST_F(ButtonsInSlack, SilenceWhatTheMessageIsAboutOnceAndForAllToSee) {
  Post({{"alertname", "Slow"}, {"namespace", "shop"}, {"pod", "cart-1"}});
  ASSERT_TRUE(Eventually([&] { return About("cart-1").has_value(); })) << Log();
  const auto message = *About("cart-1");

  const PressRequest request = Pressed(message, {.action = "silence_4h"});
  EXPECT_EQ(Press(request), 200);
  const json reply = Reply(0);
  EXPECT_EQ(reply["response_type"], "in_channel");
  EXPECT_EQ(reply["thread_ts"], message.ts);
  EXPECT_THAT(VisibleText(reply),
              HasSubstr("by <@U0ALICE01>: {alertname=\"Slow\",namespace=\"shop\",pod=\"cart-1\"}"));

  json silences = Get("silences");
  ASSERT_EQ(silences.size(), 1U);
  EXPECT_EQ(silences[0]["createdBy"], "alice (Slack U0ALICE01)");
  EXPECT_EQ(silences[0]["comment"], "Silenced in Slack, ops");
  EXPECT_EQ(silences[0]["status"]["state"], "active");
  EXPECT_EQ(Get("alerts")[0]["status"]["silencedBy"], json::array({silences[0]["id"]}));

  EXPECT_EQ(Press(request), 401) << "a replay";
  EXPECT_EQ(Press(Pressed(message, {.action = "silence_4h", .user = "U0BOB0001", .user_name = "bob"})), 200);
  Reply(1);
  EXPECT_EQ(Press(Pressed(message, {.action = "silence_1h"})), 200);
  EXPECT_THAT(VisibleText(Reply(2)), HasSubstr("silenced until"));
  EXPECT_EQ(Reply(2)["response_type"], "ephemeral");
  EXPECT_EQ(Get("silences").size(), 1U) << "however often it is pressed";

  // Of the next pod people hear, of what was silenced not.
  const auto said = slack_.posted().size();
  Post({{"alertname", "Slow"}, {"namespace", "shop"}, {"pod", "cart-1"}, {"node", "n2"}});
  Post({{"alertname", "Slow"}, {"namespace", "shop"}, {"pod", "cart-2"}});
  ASSERT_TRUE(Eventually([&] { return slack_.posted().size() > said; })) << Log();
  for (std::size_t i = said; i < slack_.posted().size(); ++i)
    EXPECT_THAT(VisibleText(slack_.posted()[i].first), Not(HasSubstr("n2")));

  const SystemClock clock;
  const Wall signed_at = clock.WallNow();
  Eventually([&] { return clock.WallNow() - signed_at > 1s; });  // signatures know whole seconds
  Stop();
  Start();
  EXPECT_EQ(Get("silences").size(), 1U) << "it is on the disk";
  EXPECT_EQ(Press(request), 401) << "what was heard before the start is not heard again";
}

TEST_F(ButtonsInSlack, WhatIsForgedLateOrOfAStrangerSilencesNothing) {
  Post({{"alertname", "Slow"}, {"namespace", "shop"}, {"pod", "cart-1"}});
  ASSERT_TRUE(Eventually([&] { return About("cart-1").has_value(); })) << Log();
  const auto message = *About("cart-1");

  EXPECT_EQ(Press(Pressed(message, {.action = "silence_1h", .secret = "another"})), 401);
  EXPECT_EQ(Press(Pressed(message, {.action = "silence_1h", .age = 6min})), 401);
  EXPECT_EQ(Press(Pressed(message, {.action = "silence_1h", .content_type = "text/plain"})), 415);
  EXPECT_EQ(Press(Pressed(message, {.action = "silence_1h", .padding = 600UL * 1024})), 413);
  EXPECT_EQ(Press(Pressed(message, {.action = "silence_all", .forged_value = "alert:1"})), 200);

  EXPECT_EQ(Press(Pressed(message, {.action = "silence_1h", .user = "U0EVE0001", .user_name = "eve"})), 200);
  EXPECT_THAT(VisibleText(Reply(0)), HasSubstr("Nothing was done: only those whom slack.silencers names"));
  EXPECT_EQ(Reply(0)["response_type"], "ephemeral");
  // A button that somebody else made names what does not fire, or is matchers.
  for (const char* forged : {"alert:0000000000000000", "group:0000000000000000", "{alertname=~\".+\"}"}) {
    const auto replies = slack_.replies().size();
    EXPECT_EQ(Press(Pressed(message, {.action = "silence_24h", .forged_value = forged})), 200);
    EXPECT_THAT(VisibleText(Reply(replies)), HasSubstr("nothing of what this button names fires any more"));
  }
  const auto replies = slack_.replies().size();
  EXPECT_EQ(Press(Pressed(message, {.action = "approve_0", .forged_value = "n1@1/1/1"})), 200);
  EXPECT_THAT(VisibleText(Reply(replies)), HasSubstr("no node is repaired here"));
  EXPECT_TRUE(Get("silences").empty());
  EXPECT_THAT(Log(), Not(HasSubstr(kSigningSecret)));
}

TEST_F(ButtonsInSlack, IsAnsweredNowhereButBelowSlack) {
  Post({{"alertname", "Slow"}, {"namespace", "shop"}, {"pod", "cart-1"}});
  ASSERT_TRUE(Eventually([&] { return About("cart-1").has_value(); })) << Log();
  const auto message = *About("cart-1");
  HttpServer elsewhere;
  EXPECT_EQ(Press(Pressed(message,
                          {.action = "silence_1h", .response_url = elsewhere.Url("/actions/T0/1/secret")})),
            200);
  ASSERT_TRUE(Eventually([&] { return Get("silences").size() == 1; })) << "it is done all the same";
  ASSERT_TRUE(
      Eventually([&] { return Log().find("elsewhere than slack.response_url") != std::string::npos; }));
  EXPECT_TRUE(elsewhere.seen().empty());
}

class ButtonsInSlackLate : public ButtonsInSlack {
 protected:
  ButtonsInSlackLate() : ButtonsInSlack({.expired_urls = 1}) {}
};

TEST_F(ButtonsInSlackLate, AnAnswerThatNobodyTakesAnyMoreUndoesNothing) {
  Post({{"alertname", "Slow"}, {"namespace", "shop"}, {"pod", "cart-1"}});
  ASSERT_TRUE(Eventually([&] { return About("cart-1").has_value(); })) << Log();
  EXPECT_EQ(Press(Pressed(*About("cart-1"), {.action = "silence_1h"})), 200);
  ASSERT_TRUE(Eventually([&] { return Log().find("is not answered there: HTTP 404") != std::string::npos; }));
  EXPECT_EQ(Get("silences").size(), 1U);
  EXPECT_THAT(Log(), Not(HasSubstr("/actions/")));
}

}  // namespace
}  // namespace loadline::test
