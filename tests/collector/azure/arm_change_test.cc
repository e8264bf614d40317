#include "collector/azure/arm_change.h"

#include <gmock/gmock.h>

#include <memory>

#include "tests/support/azure.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using test::ArmMachines;
using test::Azure;
using test::Reply;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kBody = R"({"machineNames":["aks-web-1"]})";
constexpr const char* kRestart =
    "/subscriptions/s1/resourceGroups/MC_g/providers/Microsoft.Compute/virtualMachineScaleSets/vmss-web/"
    "virtualMachines/7/restart?api-version=2024-03-01";

class ArmChangesTest : public testing::Test {
 protected:
  ArmChanges Make(const std::string& endpoint) {
    const AzureCredential identity{.metadata_url = azure_.Url()};
    return {
        AzureClient(std::make_shared<AzureTokens>(identity, clock_), azure_.Url() + "/.default", clock_, 2s),
        endpoint, clock_};
  }
  static std::string Delete() {
    return std::string(Azure::kCluster) + "/agentPools/web/deleteMachines?api-version=2025-05-01";
  }
  std::vector<std::string> Changes() {
    return azure_.WithMachines([](const ArmMachines& machines) { return machines.changes(); });
  }
  void Finish(bool well) {
    azure_.WithMachines([well](ArmMachines& machines) { machines.Finish(well); });
  }
  ArmNews Answered(Reply reply) {
    changes_.Look(azure_.Url() + "/", {});  // a token is there
    azure_.server().Queue(std::move(reply));
    return changes_.Begin(Delete(), kBody, {});
  }

  Azure azure_;
  ManualClock clock_;
  ArmChanges changes_ = Make(azure_.Url());
};

TEST_F(ArmChangesTest, AreAskedAfterWhereAzureSaysUntilTheyAreOver) {
  ArmNews news = changes_.Begin(Delete(), kBody, {});
  ASSERT_EQ(news.state, ArmState::kRunning) << news.words;
  EXPECT_EQ(news.wait, 10s);
  EXPECT_THAT(Changes(), ElementsAre("delete web/aks-web-1"));
  const std::string operation = news.operation;
  EXPECT_EQ(changes_.Look(operation, {}).state, ArmState::kRunning);
  Finish(true);
  EXPECT_EQ(changes_.Look(operation, {}).state, ArmState::kDone);
}

TEST_F(ArmChangesTest, FailAsAzureSaysInWordsThatArePrintable) {
  for (const auto& [path, body] : {std::pair(Delete(), kBody), std::pair(std::string(kRestart), "")}) {
    const ArmNews begun = changes_.Begin(path, body, {});
    ASSERT_EQ(begun.state, ArmState::kRunning) << begun.words;
    EXPECT_EQ(changes_.Look(begun.operation, {}).state, ArmState::kRunning);
    Finish(false);
    const ArmNews news = changes_.Look(begun.operation, {});
    EXPECT_EQ(news.state, ArmState::kFailed);
    EXPECT_THAT(news.words, testing::AnyOf(HasSubstr("DeleteFailed: it is  locked"),
                                           HasSubstr("AllocationFailed: no capacity  in this zone")));
  }
}

TEST_F(ArmChangesTest, WaitWhileAnotherOneIsUnderWay) {
  ASSERT_EQ(changes_.Begin(Delete(), kBody, {}).state, ArmState::kRunning);
  const ArmNews news = changes_.Begin(Delete(), kBody, {});
  EXPECT_EQ(news.state, ArmState::kLater);
  EXPECT_THAT(news.words, HasSubstr("OperationNotAllowed"));
}

TEST_F(ArmChangesTest, WhatWasNotHeardMayComeLaterAndWhatMayHaveBeenIsUnclear) {
  const ArmNews throttled = Answered({.status = 429, .headers = {{"Retry-After", "42"}}});
  EXPECT_EQ(throttled.state, ArmState::kLater);
  EXPECT_EQ(throttled.wait, 42s);
  for (const int status : {500, 503, 408}) EXPECT_EQ(Answered({.status = status}).state, ArmState::kUnclear);
  EXPECT_EQ(Answered({.status = 202}).state, ArmState::kUnclear) << "nobody says where";
  EXPECT_EQ(Answered({.manner = Reply::Manner::kHalf}).state, ArmState::kUnclear);
  EXPECT_EQ(Make("http://127.0.0.1:1").Begin("/x", "", {}).state, ArmState::kLater) << "nobody is there";
}

TEST_F(ArmChangesTest, WhatSomebodyHasToMendIsRefused) {
  azure_.Deny(1);
  const ArmNews denied = changes_.Begin(Delete(), kBody, {});
  EXPECT_EQ(denied.state, ArmState::kRefused);
  EXPECT_THAT(denied.words, HasSubstr("403"));
  EXPECT_THAT(denied.words, HasSubstr("lacks the permission"));
  EXPECT_EQ(changes_.Begin("/subscriptions/s1/nothing", "", {}).state, ArmState::kRefused);
  EXPECT_THAT(Changes(), IsEmpty());
}

TEST_F(ArmChangesTest, ANewTokenIsTakenWhenTheOldOneIsNotKnownAnyMore) {
  ASSERT_EQ(changes_.Begin(Delete(), kBody, {}).state, ArmState::kRunning);
  Finish(true);
  azure_.RevokeTokens();
  EXPECT_EQ(changes_.Begin(Delete(), kBody, {}).state, ArmState::kRunning);
}

TEST_F(ArmChangesTest, TheTokenGoesToNoOtherHost) {
  test::HttpServer elsewhere;
  for (const std::string& url :
       {elsewhere.Url("/x"), azure_.Url() + "1/x", azure_.Url() + "@" + elsewhere.Url("/x").substr(7),
        std::string(), std::string(9000, 'a')})
    EXPECT_EQ(changes_.Look(url, {}).state, ArmState::kRefused) << url;
  EXPECT_EQ(Answered({.status = 202, .headers = {{"Location", elsewhere.Url("/x")}}}).state,
            ArmState::kUnclear);
  EXPECT_THAT(elsewhere.seen(), IsEmpty());
}

TEST_F(ArmChangesTest, WhatAzureForgotIsUnclearAndWhoDoesNotAnswerIsAskedAgain) {
  const ArmNews begun = changes_.Begin(Delete(), kBody, {});
  azure_.server().Queue({.status = 503});
  EXPECT_EQ(changes_.Look(begun.operation, {}).state, ArmState::kRunning);
  azure_.server().Queue({.status = 403});
  EXPECT_EQ(changes_.Look(begun.operation, {}).state, ArmState::kRunning);
  azure_.WithMachines([](ArmMachines& machines) { machines.Forget(); });
  EXPECT_EQ(changes_.Look(begun.operation, {}).state, ArmState::kUnclear);
}

}  // namespace
}  // namespace loadline::collector
