// Steps at an API server that keeps one node and its pods, and misbehaves when it is told to. That the real one
// understands them tests/kubernetes/node_repair_test shows.
#include "collector/kube_repair/node_orders.h"

#include <gmock/gmock.h>

#include <atomic>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "collector/kube_repair/node_change.h"
#include "tests/support/http_server.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::HttpServer;
using test::Reply;
using test::SeenRequest;
using testing::HasSubstr;

constexpr const char* kAgent = "system:serviceaccount:loadline-system:loadline-agent";

json Pod(const std::string& name, const char* owner) {
  json pod = {{"metadata", {{"namespace", "shop"}, {"name", name}, {"uid", "uid-" + name}}},
              {"spec", json::object()},
              {"status", {{"phase", "Running"}}}};
  if (*owner != '\0')
    pod["metadata"]["ownerReferences"] = json::array({{{"kind", owner}, {"controller", true}}});
  return pod;
}

class ApiServer {
 public:
  Reply Answer(const SeenRequest& request) {
    const std::lock_guard lock(mutex_);
    if (away) return {.status = 503, .body = R"({"message":"away"})"};
    const std::string path = request.path.substr(0, request.path.find('?'));
    if (path.ends_with("/eviction")) return Evict(path, json::parse(request.body));
    if (path.ends_with("/events")) return Posted(request);
    if (request.method == "DELETE") return Delete(path);
    if (request.method == "PATCH") return Patch(request);
    if (path.ends_with("/pods")) return {.body = json{{"metadata", json::object()}, {"items", pods}}.dump()};
    return {.body = node.dump()};
  }

  template <typename Use>
  auto With(Use use) {
    const std::lock_guard lock(mutex_);
    return use();
  }

  json node = {{"metadata", {{"name", "web-1"}, {"resourceVersion", "7"}}}, {"spec", json::object()}};
  json pods = json::array();
  std::string guarded;  // a pod that its budget does not let go
  bool away = false;
  int conflicts = 0;  // so many changes of the node meet another one
  std::vector<json> events;
  std::vector<json> statuses;

 private:
  static std::string NameIn(std::string path) {
    if (path.ends_with("/eviction")) path.resize(path.size() - 9);
    return path.substr(path.rfind('/') + 1);
  }
  Reply Remove(const std::string& name) {
    for (auto it = pods.begin(); it != pods.end(); ++it) {
      if ((*it)["metadata"]["name"] != name) continue;
      pods.erase(it);
      return {.body = "{}"};
    }
    return {.status = 404, .body = R"({"message":"no such pod"})"};
  }
  Reply Evict(const std::string& path, const json& eviction) {
    const std::string name = NameIn(path);
    EXPECT_EQ(eviction["kind"], "Eviction");
    EXPECT_EQ(eviction["deleteOptions"]["preconditions"]["uid"], "uid-" + name);
    if (name == guarded)
      return {.status = 429,
              .headers = {{"Retry-After", "10"}},
              .body = R"({"message":"its disruption budget"})"};
    return Remove(name);
  }
  Reply Delete(const std::string& path) { return Remove(NameIn(path)); }
  Reply Posted(const SeenRequest& request) {
    events.push_back(json::parse(request.body));
    return {.status = 201, .body = "{}"};
  }
  Reply Patch(const SeenRequest& request) {
    const json patch = json::parse(request.body);
    if (request.path.ends_with("/status")) {
      statuses.push_back(patch["status"]["conditions"][0]);
    } else if (conflicts > 0) {
      --conflicts;
      return {.status = 409, .body = R"({"message":"the object has been modified"})"};
    }
    node.merge_patch(patch);
    return {.body = node.dump()};
  }

  std::mutex mutex_;
};

class Lead final : public Leadership {
 public:
  [[nodiscard]] std::optional<StandBy> StandingBy() const override {
    return lost ? std::optional(StandBy{"another collector, b, repairs here", true}) : std::nullopt;
  }
  std::atomic<bool> lost = false;
};

class NodeOrdersTest : public testing::Test {
 protected:
  void Start(NodeStepsOptions options = {.agent_account = kAgent}) {
    orders_.reset();
    orders_ = std::make_unique<NodeOrders>(KubeAccess{.server = server_.Url("")}, clock_, lead_,
                                           std::move(options));
  }
  static RepairCase Case(RepairStep step) {
    return {.node = "web-1", .step = step, .state = StepState::kOrdered, .attempt = 1};
  }
  OrderNews Heard(const RepairCase& repair, Duration patience = 20s) {
    const Mono end = clock_.Now() + patience;
    OrderNews news = orders_->Look(repair);
    while (news.state == OrderState::kUnderWay && clock_.Now() < end) {
      std::this_thread::sleep_for(5ms);
      news = orders_->Look(repair);
    }
    return news;
  }
  OrderNews Do(RepairStep step, NodeTrouble trouble = NodeTrouble::kDiskReadOnly) {
    const RepairCase repair = Case(step);
    orders_->Begin({.id = repair.OrderId(),
                    .node = "web-1",
                    .step = step,
                    .trouble = trouble,
                    .reason = "disk read-only"});
    return Heard(repair);
  }

  ApiServer api_;
  SystemClock clock_;
  Lead lead_;
  HttpServer server_{[this](const SeenRequest& request) { return api_.Answer(request); }};
  std::unique_ptr<NodeOrders> orders_;
};

TEST_F(NodeOrdersTest, ACordonAndItsEndStandOnTheNodeAndInItsEvents) {
  Start();
  EXPECT_EQ(Do(RepairStep::kCordon).state, OrderState::kDone);
  EXPECT_EQ(api_.node["spec"]["unschedulable"], true);
  EXPECT_EQ(LastOrderOf(api_.node), Case(RepairStep::kCordon).OrderId());
  EXPECT_EQ(Do(RepairStep::kUncordon).state, OrderState::kDone);
  EXPECT_EQ(api_.node["spec"]["unschedulable"], false);
  ASSERT_EQ(api_.events.size(), 2U);
  EXPECT_EQ(api_.events[0]["reason"], "LoadlineCordon");
  EXPECT_EQ(api_.events[0]["involvedObject"]["kind"], "Node");
  EXPECT_EQ(api_.events[0]["message"], "disk read-only");
  EXPECT_EQ(api_.events[1]["type"], "Normal");
}

TEST_F(NodeOrdersTest, ADrainTakesWhatMayGoAndNoOther) {
  api_.pods = {Pod("cart-1", "ReplicaSet"), Pod("logs-1", "DaemonSet"), Pod("cart-2", "ReplicaSet")};
  Start();
  const OrderNews news = Do(RepairStep::kDrain);
  EXPECT_EQ(news.state, OrderState::kDone);
  EXPECT_EQ(news.detail, "2 pods evicted");
  ASSERT_EQ(api_.pods.size(), 1U);
  EXPECT_EQ(api_.pods[0]["metadata"]["name"], "logs-1");
}

TEST_F(NodeOrdersTest, ADrainBreaksNoBudgetAndFailsAtItsDeadline) {
  api_.pods = {Pod("cart-1", "ReplicaSet"), Pod("db-0", "StatefulSet"), Pod("tool", "")};
  api_.guarded = "db-0";
  Start({.drain_within = 1500ms});
  const OrderNews news = Do(RepairStep::kDrain);
  EXPECT_EQ(news.state, OrderState::kFailed);
  EXPECT_THAT(news.detail, HasSubstr("2 pods left at the deadline"));
  EXPECT_THAT(news.detail, HasSubstr("shop/db-0: the API server answered 429: its disruption budget"));
  EXPECT_THAT(news.detail, HasSubstr("shop/tool: no controller would make it again"));
  EXPECT_EQ(api_.pods.size(), 2U) << "what could go went";
}

TEST_F(NodeOrdersTest, OfADeadNodeWhatItHeldIsFreed) {
  json local = Pod("db-0", "StatefulSet");
  local["spec"]["volumes"] = json::array({{{"name", "tmp"}, {"emptyDir", json::object()}}});
  api_.pods = {local, Pod("logs-1", "DaemonSet"), Pod("tool", "")};
  api_.node["spec"]["taints"] =
      json::array({{{"key", "dedicated"}, {"value", "web"}, {"effect", "NoSchedule"}}});
  Start();
  const OrderNews news = Do(RepairStep::kDrain, NodeTrouble::kGone);
  EXPECT_EQ(news.state, OrderState::kDone);
  EXPECT_THAT(news.detail, HasSubstr("1 pod deleted"));
  EXPECT_EQ(api_.pods.size(), 2U);
  ASSERT_EQ(api_.node["spec"]["taints"].size(), 2U) << "what others put there stays";
  EXPECT_EQ(api_.node["spec"]["taints"][1]["key"], kOutOfService);
  EXPECT_EQ(Do(RepairStep::kUncordon).state, OrderState::kDone);
  EXPECT_EQ(api_.node["spec"]["taints"].size(), 1U);
}

TEST_F(NodeOrdersTest, AnAgentIsRestartedByItsAccount) {
  api_.pods = {Pod("loadline-agent-x", "DaemonSet")};
  Start();
  EXPECT_EQ(Do(RepairStep::kRestartAgent).state, OrderState::kDone);
  EXPECT_TRUE(api_.pods.empty());
  bool asked = false;
  for (const SeenRequest& request : server_.seen())
    asked = asked || request.path.find("spec.serviceAccountName%3Dloadline-agent") != std::string::npos;
  EXPECT_TRUE(asked);
  Start({.agent_account = ""});
  EXPECT_THAT(Do(RepairStep::kRestartAgent).detail, HasSubstr("kubernetes.agent_account"));
}

TEST_F(NodeOrdersTest, ANodeThatHasChangedIsReadAgain) {
  api_.conflicts = 2;
  Start();
  EXPECT_EQ(Do(RepairStep::kUncordon).state, OrderState::kDone);
}

TEST_F(NodeOrdersTest, AnApiServerThatIsAwayIsWaitedFor) {
  api_.away = true;
  Start();
  const RepairCase repair = Case(RepairStep::kCordon);
  orders_->Begin({.id = repair.OrderId(), .node = "web-1", .step = RepairStep::kCordon});
  EXPECT_EQ(Heard(repair, 1200ms).state, OrderState::kUnderWay);
  api_.With([this] { api_.away = false; });
  EXPECT_EQ(Heard(repair).state, OrderState::kDone);
}

TEST_F(NodeOrdersTest, AnOrderOfAnEarlierProcessIsFoundOnTheNode) {
  Start();
  EXPECT_EQ(Do(RepairStep::kCordon).state, OrderState::kDone);
  Start();
  EXPECT_EQ(Heard(Case(RepairStep::kCordon)).state, OrderState::kDone);
  EXPECT_EQ(Heard(Case(RepairStep::kDrain)).state, OrderState::kNotBegun);
}

TEST_F(NodeOrdersTest, WhoeverStandsByChangesNothing) {
  api_.pods = {Pod("cart-1", "ReplicaSet")};
  lead_.lost = true;
  Start();
  for (const RepairStep step : {RepairStep::kCordon, RepairStep::kDrain, RepairStep::kUncordon})
    EXPECT_EQ(Do(step).state, OrderState::kNotBegun) << Name(step);
  for (const SeenRequest& request : server_.seen()) EXPECT_EQ(request.method, "GET");
}

TEST_F(NodeOrdersTest, ADrainThatLosesTheLeaseHalfWayStopsAndIsDecidedAnew) {
  api_.pods = {Pod("cart-1", "ReplicaSet"), Pod("db-0", "StatefulSet")};
  api_.guarded = "db-0";
  Start();
  const RepairCase repair = Case(RepairStep::kDrain);
  orders_->Begin({.id = repair.OrderId(), .node = "web-1", .step = RepairStep::kDrain});
  ASSERT_TRUE(server_.WaitFor(3)) << "a list and two evictions";
  lead_.lost = true;
  EXPECT_EQ(Heard(repair).state, OrderState::kNotBegun);
  api_.With([this] { api_.guarded.clear(); });
  std::this_thread::sleep_for(1500ms);
  EXPECT_EQ(api_.With([this] { return api_.pods.size(); }), 1U) << "nothing more is evicted";
  EXPECT_TRUE(api_.events.empty());
}

TEST_F(NodeOrdersTest, WhatWasDoneBeforeTheLeaseWasLostIsKnownAsDone) {
  Start();
  EXPECT_EQ(Do(RepairStep::kCordon).state, OrderState::kDone);
  lead_.lost = true;
  EXPECT_EQ(Heard(Case(RepairStep::kCordon)).state, OrderState::kDone);
}

TEST_F(NodeOrdersTest, WhatOnlyACloudCanDoFails) {
  Start();
  EXPECT_THAT(Do(RepairStep::kReboot).detail, HasSubstr("cannot reboot"));
}

TEST_F(NodeOrdersTest, TheConditionOnlySaysWhatTheNodeNeeds) {
  api_.pods = {Pod("cart-1", "ReplicaSet")};
  Start({.by = RepairBy::kCondition});
  EXPECT_EQ(Do(RepairStep::kCordon).state, OrderState::kDone);
  EXPECT_FALSE(api_.node["spec"].contains("unschedulable"));
  EXPECT_EQ(api_.node["spec"]["taints"][0]["key"], kUnhealthyTaint);
  EXPECT_EQ(Do(RepairStep::kReboot).state, OrderState::kDone);
  EXPECT_EQ(api_.pods.size(), 1U);
  ASSERT_EQ(api_.statuses.size(), 2U);
  EXPECT_EQ(api_.statuses[1]["type"], kRepairCondition);
  EXPECT_EQ(api_.statuses[1]["status"], "True");
  EXPECT_EQ(api_.statuses[1]["reason"], "Reboot");
  EXPECT_EQ(Do(RepairStep::kUncordon).state, OrderState::kDone);
  EXPECT_TRUE(api_.node["spec"]["taints"].empty());
  EXPECT_EQ(api_.statuses[2]["status"], "False");
}

}  // namespace
}  // namespace loadline::collector
