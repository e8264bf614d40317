// Steps posted to a service of others, which keeps what it was told and misbehaves when it is told to. Time is moved by
// hand.
#include "collector/kube_repair/step_webhook.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "collector/http/signature.h"
#include "collector/kube_repair/node_orders.h"
#include "tests/support/http_server.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wait.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::HttpServer;
using test::Reply;
using test::SeenRequest;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kSecret = "not to be guessed";

// What docs/repair-webhook.schema.json has against a document.
std::vector<std::string> WrongWith(const json& document) {
  const json schema = json::parse(std::ifstream("docs/repair-webhook.schema.json"));
  std::vector<std::string> wrong;
  for (const json& name : schema["required"]) {
    if (!document.contains(name)) wrong.push_back("lacks " + name.get<std::string>());
  }
  for (const auto& [name, value] : document.items()) {
    if (!schema["properties"].contains(name)) {
      wrong.push_back("has " + name);
      continue;
    }
    const json& rule = schema["properties"][name];
    EXPECT_EQ(rule["type"], "string") << "this checker knows no other";
    const std::string text = value.is_string() ? value.get<std::string>() : "";
    const bool listed =
        !rule.contains("enum") || std::ranges::find(rule["enum"], value) != rule["enum"].end();
    const bool shaped =
        !rule.contains("pattern") || std::regex_search(text, std::regex(rule["pattern"].get<std::string>()));
    if (!value.is_string() || !listed || !shaped || text.size() < rule.value("minLength", 0U))
      wrong.push_back(name + ": " + value.dump());
  }
  return wrong;
}

// Carries out what it is told, once for each id, and says how far it is.
class Service {
 public:
  Reply Answer(const SeenRequest& request) {
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(request.method, "POST");
    const std::string stamp = request.headers.at("x-loadline-timestamp");
    EXPECT_EQ(request.headers.at("x-loadline-signature"),
              "sha256=" + HmacSha256(stamp + "." + request.body, Secret(kSecret)));
    const json body = json::parse(request.body);
    EXPECT_THAT(WrongWith(body), testing::IsEmpty()) << body;
    EXPECT_EQ(request.headers.at("idempotency-key"), body["id"]);
    asked.push_back(body["action"]);
    const bool begins = body["action"] == "begin";
    if (begins && !deaf) begun.emplace(body["id"], body);
    if (answer) return *answer;
    if (!begun.contains(body["id"])) return {.status = 404};
    return {.status = begins ? 202 : 200, .body = json{{"state", state}, {"message", message}}.dump()};
  }
  template <typename Use>
  auto With(Use use) {
    const std::lock_guard lock(mutex_);
    return use();
  }

  std::map<std::string, json> begun;
  std::vector<std::string> asked;
  std::string state = "running";
  std::string message;
  bool deaf = false;            // forgets what it is told
  std::optional<Reply> answer;  // in place of the right one

 private:
  std::mutex mutex_;
};

class StepWebhookTest : public testing::Test {
 protected:
  StepWebhookTest() { std::ofstream(options_.secret_file) << kSecret << "\n"; }
  // Every second, as it is called, until there is an end.
  OrderNews Live(Duration time) {
    OrderNews news{OrderState::kUnderWay, ""};
    for (Duration lived{}; lived < time && news.state == OrderState::kUnderWay; lived += 1s) {
      news = webhook_.Make(order_, "azure:///vm/3", progress_);
      clock_.Advance(1s);
    }
    return news;
  }

  TemporaryFolder folder_;
  Service service_;
  HttpServer server_{[this](const SeenRequest& request) { return service_.Answer(request); }};
  StepWebhookOptions options_{
      .url = server_.Url("/repair"), .secret_file = folder_.path() + "/secret", .cluster = "shop"};
  ManualClock clock_;
  StepWebhook webhook_{options_, clock_, {}};
  StepWebhook::Progress progress_;
  RepairIntent order_{.id = "web-1@5/3/2",
                      .node = "web-1",
                      .pool = "web",
                      .step = RepairStep::kReboot,
                      .trouble = NodeTrouble::kKernelHung,
                      .reason = "kernel hung for 1 min",
                      .evidence = "its condition KernelDeadlock is True: \xff"};
};

TEST_F(StepWebhookTest, AStepIsToldOnceAndAskedAfterUntilItIsOver) {
  EXPECT_EQ(Live(12s).state, OrderState::kUnderWay);
  EXPECT_THAT(service_.asked, ElementsAre("begin", "look", "look"));
  const json told = service_.begun.at("web-1@5/3/2");
  EXPECT_EQ(told["case"], "web-1@5");
  EXPECT_EQ(told["provider_id"], "azure:///vm/3");
  EXPECT_EQ(told["cluster"], "shop");
  EXPECT_EQ(told["deadline"], "2026-01-01T00:15:00.000Z");
  EXPECT_THAT(told["evidence"].get<std::string>(), HasSubstr("KernelDeadlock is True: \xef\xbf\xbd"));
  service_.With([this] {
    service_.state = "done";
    service_.message = "rebooted \x1b[2J";
  });
  const OrderNews news = Live(10s);
  EXPECT_EQ(news.state, OrderState::kDone);
  EXPECT_THAT(news.detail, HasSubstr("rebooted"));
  EXPECT_THAT(news.detail, testing::Not(HasSubstr("\x1b")));
}

TEST_F(StepWebhookTest, WhatItSaysOfAFailureIsKeptShort) {
  service_.state = "failed";
  service_.message = std::string(5000, 'x');
  const OrderNews news = Live(10s);
  EXPECT_EQ(news.state, OrderState::kFailed);
  EXPECT_LE(news.detail.size(), 300U);
}

TEST_F(StepWebhookTest, AnAnswerWithoutAStateMeansThatItWasTaken) {
  service_.answer = Reply{.status = 202};
  EXPECT_EQ(Live(30s).state, OrderState::kUnderWay);
  EXPECT_EQ(service_.begun.size(), 1U);
}

TEST_F(StepWebhookTest, AServiceThatIsAwayIsToldAgainUnderTheSameId) {
  service_.answer = Reply{.status = 503};
  EXPECT_EQ(Live(20s).state, OrderState::kUnderWay);
  EXPECT_THAT(service_.asked, ElementsAre("begin", "begin", "begin", "begin"));
  service_.answer.reset();
  service_.state = "done";
  EXPECT_EQ(Live(10s).state, OrderState::kDone);
  EXPECT_EQ(service_.begun.size(), 1U);
}

TEST_F(StepWebhookTest, OfWhatMayHaveBeenHeardAPersonIsToldAndNoNextStepIsMade) {
  service_.answer = Reply{.manner = Reply::Manner::kSlam};
  EXPECT_EQ(Live(1min + 50s).state, OrderState::kUnderWay);
  EXPECT_EQ(Live(30s).state, OrderState::kUnclear);
}

TEST_F(StepWebhookTest, WhereNobodyListensNothingWasHeardAndTheStepHasFailed) {
  options_.url = "http://127.0.0.1:1/repair";
  EXPECT_EQ(Live(1min + 50s).state, OrderState::kUnderWay);
  EXPECT_EQ(Live(30s).state, OrderState::kFailed);
}

TEST_F(StepWebhookTest, WhatWasRefusedHasFailed) {
  for (const int status : {400, 401, 404, 301}) {
    progress_ = {};
    service_.answer = Reply{.status = status, .body = R"({"message":"not so"})"};
    const OrderNews news = Live(10s);
    EXPECT_EQ(news.state, OrderState::kFailed);
    EXPECT_THAT(news.detail, HasSubstr(std::to_string(status) + ": not so"));
    EXPECT_THAT(news.detail, testing::Not(HasSubstr("/repair"))) << "nothing of the path";
  }
}

TEST_F(StepWebhookTest, WithoutItsSecretNothingIsPosted) {
  std::ofstream(options_.secret_file, std::ios::trunc) << "\n";
  EXPECT_EQ(Live(1min).state, OrderState::kUnderWay);
  const OrderNews news = Live(2min);
  EXPECT_EQ(news.state, OrderState::kFailed) << "nobody can have heard of it";
  EXPECT_THAT(news.detail, HasSubstr(options_.secret_file));
  EXPECT_TRUE(server_.seen().empty());
}

TEST_F(StepWebhookTest, WhatIsNotOverByItsDeadlineIsAPersons) {
  service_.message = "waiting for the machine";
  EXPECT_EQ(Live(14min).state, OrderState::kUnderWay);
  const OrderNews news = Live(2min);
  EXPECT_EQ(news.state, OrderState::kUnclear);
  EXPECT_EQ(news.detail, "not over by its deadline: waiting for the machine");
}

TEST_F(StepWebhookTest, WhoForgetsWhatItHadTakenIsNotToldAgain) {
  Live(6s);
  service_.With([this] { service_.begun.clear(); });
  EXPECT_EQ(Live(10s).state, OrderState::kUnclear);
  EXPECT_THAT(service_.asked, ElementsAre("begin", "look", "look"));
}

TEST_F(StepWebhookTest, AnAnswerWithoutEndOrSenseIsBounded) {
  service_.answer = Reply{.body = std::string(1 << 20, 'x')};
  EXPECT_EQ(Live(10s).state, OrderState::kUnderWay);
  service_.answer = Reply{.body = std::string(60'000, '[')};
  EXPECT_EQ(Live(10s).state, OrderState::kUnderWay);
  service_.answer = Reply{.manner = Reply::Manner::kHalf};
  EXPECT_EQ(Live(10s).state, OrderState::kUnderWay);
}

TEST_F(StepWebhookTest, OfAnEarlierProcessIsAskedAndNothingBegun) {
  EXPECT_EQ(webhook_.AskAfter(order_, progress_).state, OrderState::kNotBegun);
  EXPECT_EQ(Live(1s).state, OrderState::kUnderWay) << "asked just now";
  service_.begun["web-1@5/3/2"] = {};
  StepWebhook::Progress another;
  EXPECT_EQ(webhook_.AskAfter(order_, another).state, OrderState::kUnderWay);
  EXPECT_EQ(webhook_.AskAfter(order_, another).state, OrderState::kUnderWay) << "not each second";
  service_.state = "done";
  clock_.Advance(5s);
  EXPECT_EQ(webhook_.AskAfter(order_, another).state, OrderState::kDone);
  EXPECT_THAT(service_.asked, ElementsAre("look", "look", "look"));
}

// ---- within the executor

class Lead final : public Leadership {
 public:
  [[nodiscard]] std::optional<StandBy> StandingBy() const override { return {}; }
};

TEST_F(StepWebhookTest, MachinesAreTheServicesAndPodsAreKubernetes) {
  std::mutex mutex;
  json node = {{"metadata", {{"name", "web-1"}}}, {"spec", {{"providerID", "azure:///vm/3"}}}};
  HttpServer api([&](const SeenRequest& request) {
    const std::lock_guard lock(mutex);
    if (request.method == "PATCH") node.merge_patch(json::parse(request.body));
    return Reply{.body = node.dump()};
  });
  options_.machines_only = true;
  service_.state = "done";
  const SystemClock clock;
  const Lead lead;
  NodeOrders orders(KubeAccess{.server = api.Url("")}, clock, lead,
                    {.by = RepairBy::kWebhook, .webhook = options_});
  for (const RepairStep step : {RepairStep::kCordon, RepairStep::kReboot}) {
    const RepairCase repair{.node = "web-1", .step = step, .state = StepState::kOrdered, .attempt = 1};
    orders.Begin({.id = repair.OrderId(), .node = "web-1", .step = step});
    EXPECT_TRUE(test::Eventually([&] { return orders.Look(repair).state == OrderState::kDone; }));
  }
  EXPECT_EQ(node["spec"]["unschedulable"], true);
  ASSERT_EQ(service_.begun.size(), 1U);
  EXPECT_EQ(service_.begun.begin()->second["step"], "reboot");
  EXPECT_EQ(service_.begun.begin()->second["provider_id"], "azure:///vm/3");
}

}  // namespace
}  // namespace loadline::collector
