// The endpoint over a socket, with presses as the stand-in of Slack signs them.
#include "collector/web/press_hook.h"

#include <fmt/core.h>
#include <gmock/gmock.h>

#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>

#include "collector/http/http_client.h"
#include "collector/web/press_form.h"
#include "collector/web/server.h"
#include "tests/support/slack_press.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using test::Pressing;
using test::PressRequest;
using testing::HasSubstr;

class Taken final : public PressDesk {
 public:
  bool Take(Press press) override {
    if (busy) return false;
    const std::lock_guard lock(mutex_);
    presses.push_back(std::move(press));
    return true;
  }
  void TellRefusals(HeardOfRefusal to) override { heard = std::move(to); }
  HeardOfRefusal heard;
  std::vector<Press> presses;
  bool busy = false;

 private:
  std::mutex mutex_;
};

class PressHookTest : public testing::Test {
 protected:
  PressHookTest() {
    const std::string file = folder_.path() + "/secret";
    std::ofstream(file) << test::kSigningSecret << "\n";
    gate_ = std::move(*PressGate::Open(file, clock_.WallNow() - 1h));
    server_ = Serve({.gate = gate_.get(), .desk = &desk_, .on_refused = [this](const Error& why) {
                       const std::lock_guard lock(refused_mutex_);
                       refused_.push_back(why.message);
                     }});
  }
  std::unique_ptr<WebServer> Serve(PressHookOptions hook) {
    auto server = WebServer::Start({.port = 0, .press_hook = hook}, [] { return nullptr; }, clock_);
    EXPECT_TRUE(server);
    return std::move(*server);
  }
  [[nodiscard]] std::string Url() const { return server_->url() + std::string(kPressHook).substr(1); }
  static PressRequest Made(Pressing pressing, const std::string& value = "alert:1") {
    pressing.forged_value = value;
    if (pressing.action.empty()) pressing.action = "silence_1h";
    return test::PressOf({{"text", "x"}}, "1.2", pressing);
  }
  [[nodiscard]] std::string Metrics() const {
    HttpClient client;
    const auto answer = client.Do({.method = "GET", .url = server_->url() + "metrics"});
    return answer ? answer->body : "";
  }
  int Send(const PressRequest& request) { return test::Send(Url(), request); }
  int Status(const std::string& method, const std::vector<std::string>& headers, const std::string& body) {
    HttpClient client;
    const auto answer = client.Do({.method = method, .url = Url(), .headers = headers, .body = body});
    return answer ? answer->status : 0;
  }

  const SystemClock clock_;
  const TemporaryFolder folder_;
  std::unique_ptr<PressGate> gate_;
  Taken desk_;
  std::mutex refused_mutex_;
  std::vector<std::string> refused_;
  std::unique_ptr<WebServer> server_;
};

TEST_F(PressHookTest, TakesWhatSlackSignedOnceByWhateverNameItCalls) {
  const PressRequest request = Made({});
  PressRequest named = request;
  named.headers.emplace_back("Host: loadline.example.com");
  EXPECT_EQ(Send(named), 200);
  EXPECT_EQ(Send(request), 401) << "a replay";
  ASSERT_EQ(desk_.presses.size(), 1U);
  EXPECT_EQ(desk_.presses[0].name, "alert:1");
  EXPECT_EQ(desk_.presses[0].lasts, 1h);
  EXPECT_EQ(desk_.presses[0].Who(), "alice (Slack U0ALICE01)");
}

TEST_F(PressHookTest, TakesNothingThatIsNotSignedOrNotOfNow) {
  EXPECT_EQ(Send(Made({.secret = "another"})), 401);
  EXPECT_EQ(Send(Made({.age = 301s})), 401);
  EXPECT_EQ(Send(Made({.age = -310s})), 401);
  PressRequest changed = Made({});
  changed.body += "x";
  EXPECT_EQ(Send(changed), 401);
  PressRequest bare = Made({});
  bare.headers.resize(1);
  EXPECT_EQ(Send(bare), 401);
  EXPECT_EQ(Send(Made({.content_type = "application/json"})), 415);
  EXPECT_EQ(Status("GET", {}, ""), 405);
  EXPECT_TRUE(desk_.presses.empty());
}

TEST_F(PressHookTest, WhyTheGateRefusedIsHeardOnceOfEach) {
  EXPECT_EQ(Send(Made({.secret = "another"})), 401);
  EXPECT_EQ(Send(Made({.age = 301s})), 401);
  EXPECT_EQ(Send(Made({})), 200);
  EXPECT_EQ(Send(Made({.content_type = "application/json"})), 415) << "nobody's button";
  const std::lock_guard lock(refused_mutex_);
  EXPECT_THAT(refused_, testing::ElementsAre("the signature is wrong", HasSubstr("is that clock right?")));
}

TEST_F(PressHookTest, ReadsNoMoreThanSlackWouldSend) {
  EXPECT_EQ(Send(Made({.padding = 300UL * 1024})), 200);
  EXPECT_EQ(Send(Made({.padding = kMostOfAPress})), 413);
  PressRequest chunked = Made({});
  chunked.headers.emplace_back("Transfer-Encoding: chunked");
  EXPECT_EQ(Send(chunked), 411);
}

TEST_F(PressHookTest, WhatIsNoButtonOfOursIsHeardAndChangesNothing) {
  EXPECT_EQ(Send(Made({.action = "link_0"})), 200);
  EXPECT_EQ(Send(Made({.action = "unknown"})), 200);
  EXPECT_EQ(Send(test::SignedPayload(R"({"type": "view_closed"})", {})), 200);
  EXPECT_EQ(Send(test::SignedPayload("[]", {})), 400);
  EXPECT_EQ(Send(test::SignedPayload("", {})), 400);
  EXPECT_TRUE(desk_.presses.empty());
}

TEST_F(PressHookTest, WhenTooMuchWaitsItIsToBePressedAgain) {
  desk_.busy = true;
  EXPECT_EQ(Send(Made({})), 503);
}

TEST_F(PressHookTest, WhatIsRefusedIsCountedByReason) {
  EXPECT_THAT(Metrics(), HasSubstr("loadline_slack_presses_refused_total{reason=\"rights\"} 0"))
      << "before the first";
  EXPECT_EQ(Send(Made({.secret = "another"})), 401);
  EXPECT_EQ(Send(Made({.age = 301s})), 401);
  EXPECT_EQ(Send(Made({.content_type = "application/json"})), 415);
  EXPECT_EQ(Send(Made({})), 200);
  desk_.busy = true;
  EXPECT_EQ(Send(Made({.user = "U0BOB0001"})), 503);
  desk_.heard("rights");
  const std::string metrics = Metrics();
  for (const auto& [reason, count] :
       {std::pair("signature", 2), {"form", 1}, {"busy", 1}, {"rights", 1}, {"nothing", 0}})
    EXPECT_THAT(metrics, HasSubstr(fmt::format("loadline_slack_presses_refused_total{{reason=\"{}\"}} {}\n",
                                               reason, count)));
}

TEST_F(PressHookTest, NothingIsCountedWhereNoButtonsAreHeard) {
  server_ = Serve({});
  EXPECT_EQ(Send(Made({})), 404);
  EXPECT_THAT(Metrics(), testing::Not(HasSubstr("loadline_slack_presses_refused_total")));
}

TEST_F(PressHookTest, IsNotThereWithoutASigningSecret) {
  server_ = Serve({});
  EXPECT_EQ(Send(Made({})), 404);
}

TEST(PayloadOf, IsTheOneFieldOfAForm) {
  EXPECT_EQ(PayloadOf("payload=%7B%22a%22%3A+1%7D"), R"({"a": 1})");
  for (const char* form :
       {"", "payload", "payloads=1", "token=1&payload=2", "payload=1&payload=2", "payload=%zz", "payload=%7"})
    EXPECT_EQ(PayloadOf(form), std::nullopt) << form;
}

}  // namespace
}  // namespace loadline::collector
