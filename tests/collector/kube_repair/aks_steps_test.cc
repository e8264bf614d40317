// Machines changed by a stand-in for Azure, with one node at a stand-in for the API server. Time is moved by hand.
#include "collector/kube_repair/aks_steps.h"

#include <gmock/gmock.h>

#include <mutex>
#include <nlohmann/json.hpp>

#include "collector/kube_repair/node_change.h"
#include "tests/support/azure.h"
#include "tests/support/http_server.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::ArmMachines;
using test::Azure;
using test::HttpServer;
using test::Reply;
using test::SeenRequest;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// One node of pool "web", and the number of nodes that are of system pools.
class ApiServer {
 public:
  Reply Answer(const SeenRequest& request) {
    const std::lock_guard lock(mutex_);
    if (request.path.starts_with("/api/v1/nodes?")) {
      EXPECT_THAT(request.path, HasSubstr("labelSelector=kubernetes.azure.com%2Fmode%3Dsystem"));
      json items = json::array();
      for (int i = 0; i < system_nodes; ++i) items.push_back(node);
      return {.body = json{{"metadata", json::object()}, {"items", items}}.dump()};
    }
    if (gone) return {.status = 404, .body = R"({"message":"no such node"})"};
    if (request.method == "PATCH") node.merge_patch(json::parse(request.body));
    return {.body = node.dump()};
  }
  template <typename Use>
  auto With(Use use) {
    const std::lock_guard lock(mutex_);
    return use();
  }

  json node = {
      {"metadata", {{"name", "aks-web-1"}, {"labels", {{"kubernetes.azure.com/agentpool", "web"}}}}},
      {"spec",
       {{"providerID",
         "azure:///subscriptions/s1/resourceGroups/MC_g/providers/Microsoft.Compute/virtualMachineScaleSets/"
         "vmss-web/virtualMachines/7"}}}};
  int system_nodes = 0;
  bool gone = false;

 private:
  std::mutex mutex_;
};

class AksStepsTest : public testing::Test {
 protected:
  AksSteps Process() { return {kube_, options_, clock_, {}}; }
  static RepairIntent Order(RepairStep step) {
    return {.id = "aks-web-1@1/3/1", .node = "aks-web-1", .step = step};
  }
  OrderNews Make(AksSteps& steps, RepairStep step) {
    Result<OrderNews> news = steps.Make(Order(step), progress_);
    EXPECT_TRUE(news) << news.error().message;
    return news ? *news : OrderNews{};
  }
  // What a process that begins now finds out.
  OrderNews Found(RepairStep step) {
    AksSteps later = Process();
    AksSteps::Progress progress;
    Result<OrderNews> news = later.AskAfter(Order(step), progress);
    EXPECT_TRUE(news) << news.error().message;
    return news ? *news : OrderNews{};
  }
  std::vector<std::string> Changes() {
    return azure_.WithMachines([](const ArmMachines& machines) { return machines.changes(); });
  }
  void Finish(bool well) {
    azure_.WithMachines([well](ArmMachines& machines) { machines.Finish(well); });
  }

  Azure azure_;
  ApiServer api_;
  HttpServer server_{[this](const SeenRequest& request) { return api_.Answer(request); }};
  ManualClock clock_;
  KubeClient kube_{KubeAccess{.server = server_.Url("")}, clock_, {}};
  AksOptions options_{.cluster = Azure::kCluster,
                      .endpoint = azure_.Url(),
                      .instances = true,
                      .credential = {.metadata_url = azure_.Url()},
                      .within = 10min};
  AksSteps::Progress progress_;
};

TEST_F(AksStepsTest, AMachineIsDeletedFromItsPoolAndIsAskedAfterAsAzureWants) {
  AksSteps steps = Process();
  EXPECT_EQ(Make(steps, RepairStep::kReplace).state, OrderState::kUnderWay);
  EXPECT_THAT(Changes(), ElementsAre("delete web/aks-web-1"));
  const std::size_t asked = azure_.server().seen().size();
  EXPECT_EQ(Make(steps, RepairStep::kReplace).state, OrderState::kUnderWay);
  EXPECT_EQ(azure_.server().seen().size(), asked) << "before ten seconds are over";
  Finish(true);
  clock_.Advance(11s);
  const OrderNews news = Make(steps, RepairStep::kReplace);
  EXPECT_EQ(news.state, OrderState::kDone);
  EXPECT_THAT(news.detail, HasSubstr("one less"));
  EXPECT_EQ(LastOrderOf(api_.node), "aks-web-1@1/3/1");
  EXPECT_EQ(OperationOf(api_.node).order_id, "") << "nothing is under way any more";
  EXPECT_THAT(azure_.WithMachines([](const ArmMachines& machines) { return machines.faults(); }), IsEmpty());
}

TEST_F(AksStepsTest, AnInstanceIsRestartedAlone) {
  AksSteps steps = Process();
  EXPECT_EQ(Make(steps, RepairStep::kReboot).state, OrderState::kUnderWay);
  EXPECT_THAT(Changes(), ElementsAre("restart vmss-web/7"));
  Finish(false);
  clock_.Advance(16s);
  const OrderNews news = Make(steps, RepairStep::kReboot);
  EXPECT_EQ(news.state, OrderState::kFailed);
  EXPECT_THAT(news.detail, HasSubstr("AllocationFailed"));
}

TEST_F(AksStepsTest, AProcessThatWasKilledLeavesWhereToAsk) {
  AksSteps steps = Process();
  EXPECT_EQ(Found(RepairStep::kReboot).state, OrderState::kNotBegun);
  EXPECT_EQ(Make(steps, RepairStep::kReboot).state, OrderState::kUnderWay);
  EXPECT_EQ(Found(RepairStep::kReboot).state, OrderState::kUnderWay);
  Finish(true);
  EXPECT_EQ(Found(RepairStep::kReboot).state, OrderState::kDone);
  EXPECT_EQ(Found(RepairStep::kReboot).state, OrderState::kDone) << "and again";
  EXPECT_THAT(Changes(), ElementsAre("restart vmss-web/7")) << "nothing was begun twice";
}

TEST_F(AksStepsTest, KilledWhileAzureWasAskedItIsAPersons) {
  api_.node.merge_patch(OperationPatch("aks-web-1@1/3/1", ""));
  EXPECT_EQ(Found(RepairStep::kReboot).state, OrderState::kUnclear);
  api_.node.merge_patch(OperationPatch("aks-web-1@1/2/1", "https://elsewhere/"));
  EXPECT_EQ(Found(RepairStep::kReboot).state, OrderState::kNotBegun) << "that is of another order";
  api_.node.merge_patch(OperationPatch("aks-web-1@1/3/1", "https://elsewhere/"));
  EXPECT_EQ(Found(RepairStep::kReboot).state, OrderState::kUnclear) << "the token goes nowhere else";
}

TEST_F(AksStepsTest, WhileAnotherChangeIsUnderWayItIsTriedAgainAndThenGivenUp) {
  AksSteps steps = Process();
  // Of another tool, in the same cluster.
  AksSteps::Progress others;
  ASSERT_TRUE(
      steps.Make({.id = "aks-web-2@1/3/1", .node = "aks-web-1", .step = RepairStep::kReimage}, others));
  const OrderNews put_off = Make(steps, RepairStep::kReboot);
  EXPECT_EQ(put_off.state, OrderState::kUnderWay);
  EXPECT_THAT(put_off.detail, HasSubstr("OperationNotAllowed"));
  EXPECT_EQ(OperationOf(api_.node).order_id, "") << "a process that begins now may decide anew";
  clock_.Advance(10min);
  const OrderNews given_up = Make(steps, RepairStep::kReboot);
  EXPECT_EQ(given_up.state, OrderState::kFailed);
  EXPECT_THAT(given_up.detail, HasSubstr("put off until its deadline"));
  EXPECT_THAT(Changes(), ElementsAre("reimage vmss-web/7"));
}

TEST_F(AksStepsTest, ARestartThatMayHaveBeenHeardIsMadeOnce) {
  AksSteps steps = Process();
  ASSERT_EQ(Found(RepairStep::kReboot).state, OrderState::kNotBegun);
  // The token comes first.
  azure_.server().Queue({.status = 200, .body = R"({"access_token":"t","expires_in":"3600"})"});
  azure_.server().Queue({.status = 503});
  EXPECT_EQ(Make(steps, RepairStep::kReboot).state, OrderState::kUnclear);
  EXPECT_EQ(Found(RepairStep::kReboot).state, OrderState::kUnclear);
}

TEST_F(AksStepsTest, ADeletionThatMayHaveBeenHeardIsAskedForAgain) {
  AksSteps steps = Process();
  azure_.server().Queue({.status = 200, .body = R"({"access_token":"t","expires_in":"3600"})"});
  azure_.server().Queue({.status = 503});
  EXPECT_EQ(Make(steps, RepairStep::kReplace).state, OrderState::kUnderWay);
  clock_.Advance(16s);
  EXPECT_EQ(Make(steps, RepairStep::kReplace).state, OrderState::kUnderWay);
  EXPECT_THAT(Changes(), ElementsAre("delete web/aks-web-1"));
  clock_.Advance(11s);
  api_.With([&] { api_.gone = true; });
  Finish(true);
  EXPECT_EQ(Make(steps, RepairStep::kReplace).state, OrderState::kDone) << "its Node went with it";
  EXPECT_EQ(Found(RepairStep::kReplace).state, OrderState::kDone);
}

TEST_F(AksStepsTest, TheLastNodesOfSystemPoolsStay) {
  api_.node["metadata"]["labels"]["kubernetes.azure.com/mode"] = "system";
  api_.system_nodes = 2;
  AksSteps steps = Process();
  const OrderNews news = Make(steps, RepairStep::kReplace);
  EXPECT_EQ(news.state, OrderState::kFailed);
  EXPECT_THAT(news.detail, HasSubstr("last 2 nodes of system pools"));
  EXPECT_THAT(Changes(), IsEmpty());
  api_.With([&] { api_.system_nodes = 3; });
  progress_ = {};
  EXPECT_EQ(Make(steps, RepairStep::kReplace).state, OrderState::kUnderWay);
}

TEST_F(AksStepsTest, WhatDoesNotFitIsNotAskedFor) {
  api_.node["spec"]["providerID"] = "kind://docker/kind/kind-worker";
  AksSteps steps = Process();
  EXPECT_THAT(Make(steps, RepairStep::kReplace).detail, HasSubstr("no machine of Azure"));
  options_.cluster = "c1";
  AksSteps other = Process();
  progress_ = {};
  EXPECT_THAT(Make(other, RepairStep::kReplace).detail, HasSubstr("repair.aks_cluster"));
  EXPECT_THAT(azure_.server().seen(), IsEmpty());
}

}  // namespace
}  // namespace loadline::collector
