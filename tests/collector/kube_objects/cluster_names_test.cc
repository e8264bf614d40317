#include "collector/kube_objects/cluster_names.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

json Status(const std::string& container, const std::string& id, const std::string& state = "running") {
  json status = {{"name", container}, {"containerID", "containerd://" + id}};
  status["state"] = {{state, state == "terminated" ? json{{"exitCode", 0}} : json::object()}};
  return status;
}

// A pod of Deployment "cart" on node-1 with one container, "app".
json CartPod() {
  return json::parse(R"({
    "metadata": {"uid": "u1", "namespace": "shop", "name": "cart-5f-abcde", "labels": {"pod-template-hash": "5f"},
                 "ownerReferences": [{"kind": "ReplicaSet", "name": "cart-5f", "uid": "r1", "controller": true}]},
    "spec": {"nodeName": "node-1", "containers": [{"name": "app"}]},
    "status": {"containerStatuses": []}})");
}

json Owner(const char* kind, const char* name) {
  return {{"kind", kind}, {"name", name}, {"uid", "j1"}, {"controller", true}};
}

struct ClusterNamesTest : testing::Test {
  ManualClock clock;
  ClusterNames names{clock};

  std::string Container(const std::string& id, const std::string& pod = "u1") {
    const FoundName found = names.Find("", pod, id);
    if (found.answer != NameAnswer::kKnown) return "";
    const PodContainerName& name = found.name;
    return name.namespace_name + "/" + name.kind + "/" + name.workload + "/" + name.container;
  }
};

TEST_F(ClusterNamesTest, APodOfADeploymentBearsTheDeploymentsName) {
  json pod = CartPod();
  pod["status"]["containerStatuses"] = json::array({Status("app", "c1")});
  names.UpsertPod(pod);
  EXPECT_EQ(Container("c1"), "shop/Deployment/cart/app");
  EXPECT_EQ(names.Find("", "u1", "c1").name.pod, "cart-5f-abcde");
  EXPECT_EQ(names.WorkloadOf("u1"), "shop/Deployment/cart");
  EXPECT_EQ(names.WorkloadOf("u2"), "");
}

TEST_F(ClusterNamesTest, TheTopmostControllerGivesTheName) {
  const auto owned = [&](const std::string& uid, json owners, json labels = json::object()) {
    json pod = CartPod();
    pod["metadata"]["uid"] = uid;
    pod["metadata"]["labels"] = std::move(labels);
    pod["metadata"]["ownerReferences"] = std::move(owners);
    pod["status"]["containerStatuses"] = json::array({Status("app", "c-" + uid)});
    names.UpsertPod(pod);
    return Container("c-" + uid, uid);
  };
  EXPECT_EQ(owned("1", json::array({Owner("StatefulSet", "db")})), "shop/StatefulSet/db/app");
  EXPECT_EQ(owned("2", json::array({Owner("DaemonSet", "log")})), "shop/DaemonSet/log/app");
  EXPECT_EQ(owned("3", json::array({Owner("Job", "import")})), "shop/Job/import/app");
  EXPECT_EQ(owned("4", json::array({Owner("ReplicaSet", "bare")})), "shop/ReplicaSet/bare/app");
  EXPECT_EQ(owned("5", json::array({Owner("ReplicaSet", "web-77")}), {{"rollouts-pod-template-hash", "77"}}),
            "shop/Rollout/web/app");
  EXPECT_EQ(owned("6", json::array()), "shop/Pod/cart-5f-abcde/app");
  EXPECT_EQ(owned("7", json::array({Owner("Node", "node-1")})), "shop/Pod/cart-5f-abcde/app");
}

TEST_F(ClusterNamesTest, AJobOfACronJobBearsItsNameAlsoWhenTheJobIsGone) {
  const json job = {
      {"metadata", {{"uid", "j1"}, {"ownerReferences", json::array({Owner("CronJob", "nightly")})}}}};
  json pod = CartPod();
  pod["metadata"]["ownerReferences"] = json::array({Owner("Job", "nightly-291")});
  pod["status"]["containerStatuses"] = json::array({Status("app", "c1")});
  names.UpsertPod(pod);
  EXPECT_EQ(Container("c1"), "shop/Job/nightly-291/app");
  names.UpsertJob(job);
  EXPECT_EQ(Container("c1"), "shop/CronJob/nightly/app");
  names.RemoveJob(job);
  EXPECT_EQ(Container("c1"), "shop/CronJob/nightly/app");
}

TEST_F(ClusterNamesTest, InitContainersSidecarsAndEphemeralOnesHaveNamesToo) {
  json pod = CartPod();
  pod["spec"]["initContainers"] = {{{"name", "migrate"}}, {{"name", "proxy"}}};
  pod["spec"]["ephemeralContainers"] = json::array({{{"name", "debug"}}});
  pod["status"]["initContainerStatuses"] = {Status("migrate", "i1", "terminated"), Status("proxy", "i2")};
  pod["status"]["ephemeralContainerStatuses"] = json::array({Status("debug", "e1")});
  names.UpsertPod(pod);
  EXPECT_EQ(Container("i1"), "shop/Deployment/cart/migrate");
  EXPECT_EQ(Container("i2"), "shop/Deployment/cart/proxy");
  EXPECT_EQ(Container("e1"), "shop/Deployment/cart/debug");
  EXPECT_THAT(names.InitContainers(), testing::ElementsAre(testing::Pair("shop/Deployment/cart", "migrate"),
                                                           testing::Pair("shop/Deployment/cart", "proxy")));
}

TEST_F(ClusterNamesTest, AKillInAPodThatIsKnownFromEventsAloneBearsThePodsName) {
  names.BeginPods();
  names.UpsertPod(CartPod());
  names.EndPods();
  names.HeardOf({{"u1", "shop", "cart-5f-abcde", "node-1", "app"},
                 {"u2", "shop", "cart-5f-fghij", "node-1", "app"},
                 {"u2", "shop", "cart-5f-fghij", "node-1", "app"},
                 {"u3", "shop", "once", "node-1", "a"},
                 {"u3", "shop", "once", "node-1", "b"}});
  const auto now = [&](const std::string& pod) {
    const FoundName found = names.FindNow("node-1", pod, "c9");
    return found.answer == NameAnswer::kKnown ? found.name.WorkloadId() + " " + found.name.container : "";
  };
  EXPECT_EQ(now("u2"), "shop/Deployment/cart app");
  EXPECT_EQ(now("u3"), "shop/Pod/once ") << "which of the two nobody knows";
  EXPECT_EQ(names.FindNow("node-2", "u2", "c9").answer, NameAnswer::kNotOurs);
  EXPECT_EQ(names.Find("node-1", "u2", "c9").answer, NameAnswer::kNoWorkload);
  EXPECT_EQ(names.NodeOf("u2"), "") << "nobody may speak for a pod that is gone";
  EXPECT_EQ(names.size().gone, 2U);
  // It had come just now, and the watch was behind.
  json late = CartPod();
  late["metadata"]["uid"] = "u2";
  late["status"]["containerStatuses"] = json::array({Status("app", "c9")});
  names.UpsertPod(late);
  EXPECT_EQ(Container("c9", "u2"), "shop/Deployment/cart/app");
  EXPECT_EQ(names.size().gone, 1U);
  clock.Advance(31min);
  names.RemovePod(late);
  EXPECT_EQ(names.FindNow("node-1", "u3", "c9").answer, NameAnswer::kNotYet) << "forgotten";
}

TEST_F(ClusterNamesTest, AContainerThatRestartsKeepsItsNameUnderBothIds) {
  json pod = CartPod();
  for (const char* id : {"c1", "c2"}) {
    pod["status"]["containerStatuses"] = json::array({Status("app", id)});
    names.UpsertPod(pod);
  }
  EXPECT_EQ(Container("c1"), "shop/Deployment/cart/app");
  EXPECT_EQ(Container("c2"), "shop/Deployment/cart/app");
}

TEST_F(ClusterNamesTest, WhatIsNotKnownYetIsNotGuessedAndTheGenerationTellsWhenToAskAgain) {
  EXPECT_EQ(names.Find("", "u1", "c1").answer, NameAnswer::kNotYet);
  names.UpsertPod(CartPod());
  EXPECT_EQ(names.Find("", "u1", "c1").answer, NameAnswer::kNotYet);
  const std::uint64_t before = names.generation();
  json pod = CartPod();
  pod["status"]["containerStatuses"] = json::array({Status("app", "c1")});
  names.UpsertPod(pod);
  names.UpsertPod(pod);  // nothing new
  EXPECT_EQ(names.generation(), before + 1);
}

TEST_F(ClusterNamesTest, TheSandboxIsKnownByElimination) {
  json pod = CartPod();
  pod["status"]["containerStatuses"] = json::array({Status("app", "c1")});
  names.UpsertPod(pod);
  EXPECT_EQ(names.Find("", "u1", "pause").answer, NameAnswer::kNoWorkload);
}

TEST_F(ClusterNamesTest, AnEventThatCannotWaitIsOfTheOnlyContainerThatIsNotRunning) {
  json pod = CartPod();
  pod["spec"]["containers"].push_back({{"name", "sidecar"}});
  pod["status"]["containerStatuses"] = {Status("app", "c1", "waiting"), Status("sidecar", "s1")};
  names.UpsertPod(pod);
  EXPECT_EQ(names.FindNow("", "u1", "c2").name.container, "app");
  EXPECT_EQ(names.Find("", "u1", "c2").answer, NameAnswer::kNotYet);
  // Two could be meant: nobody is blamed.
  pod["status"]["containerStatuses"] = {Status("app", "c1", "waiting"), Status("sidecar", "s1", "waiting")};
  names.UpsertPod(pod);
  EXPECT_EQ(names.FindNow("", "u1", "c2").answer, NameAnswer::kNotYet);
}

TEST_F(ClusterNamesTest, ANodeIsNotAskedAboutPodsOfAnother) {
  json pod = CartPod();
  pod["status"]["containerStatuses"] = json::array({Status("app", "c1")});
  names.UpsertPod(pod);
  EXPECT_EQ(names.Find("node-1", "u1", "c1").answer, NameAnswer::kKnown);
  EXPECT_EQ(names.Find("node-2", "u1", "c1").answer, NameAnswer::kNotOurs);
  EXPECT_EQ(names.NodeOf("u1"), "node-1");
}

TEST_F(ClusterNamesTest, AStaticPodIsFoundByTheNameTheKubeletGaveIt) {
  json pod = CartPod();
  pod["metadata"]["annotations"]["kubernetes.io/config.hash"] = "h4sh";
  pod["status"]["containerStatuses"] = json::array({Status("app", "c1")});
  names.UpsertPod(pod);
  EXPECT_EQ(Container("c1", "h4sh"), "shop/Deployment/cart/app");
}

TEST_F(ClusterNamesTest, APodThatIsGoneIsStillNamedForAWhile) {
  json pod = CartPod();
  names.UpsertPod(pod);
  pod["status"]["containerStatuses"] = json::array({Status("app", "c1", "terminated")});
  names.RemovePod(pod);  // the last state is the first that tells the id
  EXPECT_EQ(Container("c1"), "shop/Deployment/cart/app");
  EXPECT_EQ(names.size().gone, 1);
  clock.Advance(31min);
  names.BeginPods();
  names.EndPods();
  EXPECT_EQ(Container("c1"), "");
  EXPECT_EQ(names.size().gone, 0);
}

TEST_F(ClusterNamesTest, WhatANewListDoesNotHoldIsGone) {
  names.BeginPods();
  names.UpsertPod(CartPod());
  names.EndPods();
  EXPECT_EQ(names.size().pods, 1);
  names.BeginPods();
  names.EndPods();
  EXPECT_EQ(names.size().pods, 0);
  EXPECT_EQ(names.size().gone, 1);
}

TEST_F(ClusterNamesTest, ObjectsOfAnyShapeAreSurvived) {
  for (const char* text :
       {"null", "[]", "{}", R"({"metadata": 3})", R"({"metadata": {"uid": 7, "name": []}})",
        R"({"metadata": {"uid": "u", "name": "n"}, "spec": {"containers": "no"}, "status": 4})",
        R"({"metadata": {"uid": 4, "ownerReferences": [{"kind": "CronJob", "controller": true}]}})"}) {
    names.UpsertPod(json::parse(text));
    names.RemovePod(json::parse(text));
    names.UpsertJob(json::parse(text));
    names.RemoveJob(json::parse(text));
  }
  EXPECT_EQ(names.size().pods, 0);
}

struct ContainerSpecTest : ClusterNamesTest {
  json pod = CartPod();

  ContainerSpecTest() {
    pod["status"] = {{"qosClass", "Burstable"}, {"containerStatuses", json::array({Status("app", "c1")})}};
  }
  json& App() { return pod["spec"]["containers"][0]; }
  ContainerSpec SpecOf(const std::string& id) {
    names.UpsertPod(pod);
    return names.Find("", "u1", id).spec.value_or(ContainerSpec{});
  }
};

TEST_F(ContainerSpecTest, RequestsAndLimitsAreThoseOfTheSpec) {
  App()["resources"] = {{"requests", {{"cpu", "250m"}, {"memory", "1Gi"}}}, {"limits", {{"memory", "2Gi"}}}};
  EXPECT_EQ(SpecOf("c1"), (ContainerSpec{.request = {.cpu = 250, .memory = kGiB},
                                         .limit = {.memory = 2 * kGiB},
                                         .qos = wire::QosClass::kBurstable}));
}

TEST_F(ContainerSpecTest, WhatPeopleWantOfItsSizingIsPartOfIt) {
  pod["metadata"]["annotations"]["app.loadline.io/max-memory"] = "2Gi";
  EXPECT_EQ(SpecOf("c1").policy.most.memory, 2 * kGiB);
}

TEST_F(ContainerSpecTest, TheHeapOfItsRuntimeIsPartOfIt) {
  App()["args"] = {"-Xmx1g"};
  EXPECT_EQ(SpecOf("c1").max_heap, kGiB);
}

TEST_F(ContainerSpecTest, WithoutARequestTheLimitIsIt) {
  App()["resources"] = {{"requests", {{"memory", "0"}}}, {"limits", {{"cpu", "1"}, {"memory", "1Gi"}}}};
  EXPECT_EQ(SpecOf("c1").request, (Amounts{.cpu = 1000})) << "none is asked for of memory, and that is said";
  pod["status"].erase("qosClass");
  EXPECT_EQ(SpecOf("c1").qos, wire::QosClass::kNone);
}

TEST_F(ContainerSpecTest, WhatTheKubeletHasAppliedCountsUntilItHasResized) {
  App()["resources"] = {{"requests", {{"cpu", "500m"}, {"memory", "1Gi"}}}};
  json& given = pod["status"]["containerStatuses"][0]["resources"];
  given = {{"requests", {{"cpu", "250m"}}}, {"limits", {{"cpu", "1"}}}};
  EXPECT_EQ(SpecOf("c1").request, (Amounts{.cpu = 250, .memory = kGiB}));
  EXPECT_EQ(SpecOf("c1").limit, (Amounts{.cpu = 1000}));
  EXPECT_THAT(names.TakeSpecs(), testing::SizeIs(1));
  EXPECT_THAT(names.TakeSpecs(), testing::IsEmpty());
  given["requests"]["cpu"] = "500m";
  names.UpsertPod(pod);
  EXPECT_THAT(names.TakeSpecs(), testing::ElementsAre(SpecTold{"shop/Deployment/cart",
                                                               "app",
                                                               "cart-5f-abcde",
                                                               {.request = {.cpu = 500, .memory = kGiB},
                                                                .limit = {.cpu = 1000},
                                                                .qos = wire::QosClass::kBurstable}}));
  pod["metadata"]["resourceVersion"] = "7";
  pod["status"]["containerStatuses"][0]["state"] = {{"terminated", {{"exitCode", 1}}}};
  names.UpsertPod(pod);
  EXPECT_THAT(names.TakeSpecs(), testing::IsEmpty()) << "its state has changed, and not what it asks for";
}

TEST_F(ContainerSpecTest, InitContainersAndSidecarsHaveTheirOwn) {
  pod["spec"]["initContainers"] = {
      {{"name", "migrate"}, {"resources", {{"requests", {{"cpu", "2"}}}}}},
      {{"name", "proxy"}, {"restartPolicy", "Always"}, {"resources", {{"requests", {{"cpu", "50m"}}}}}}};
  pod["status"]["initContainerStatuses"] = {Status("migrate", "i1", "terminated"), Status("proxy", "i2")};
  EXPECT_EQ(SpecOf("i1").request.cpu, 2000);
  EXPECT_EQ(SpecOf("i2").request.cpu, 50);
  EXPECT_EQ(SpecOf("i1").kind, ContainerKind::kInit);
  EXPECT_EQ(SpecOf("i2").kind, ContainerKind::kSidecar);
  EXPECT_EQ(SpecOf("c1").kind, ContainerKind::kMain);
  EXPECT_EQ(SpecOf("c1").request.cpu, 0);
}

TEST_F(ContainerSpecTest, WhatThePodAsksForBeyondItsContainersIsForThoseThatAskForNothing) {
  pod["spec"]["resources"] = {{"requests", {{"cpu", "1"}}}, {"limits", {{"cpu", "2"}, {"memory", "4Gi"}}}};
  pod["spec"]["initContainers"] = {
      {{"name", "migrate"}},
      {{"name", "proxy"}, {"restartPolicy", "Always"}, {"resources", {{"requests", {{"cpu", "200m"}}}}}}};
  pod["spec"]["containers"].push_back({{"name", "log"}});
  pod["status"]["initContainerStatuses"] = {Status("migrate", "i1", "terminated"), Status("proxy", "i2")};
  pod["status"]["containerStatuses"].push_back(Status("log", "c2"));
  const Amounts pod_limit{.cpu = 2000, .memory = 4 * kGiB};
  EXPECT_EQ(SpecOf("i1"),
            (ContainerSpec{
                .pod_limit = pod_limit, .qos = wire::QosClass::kBurstable, .kind = ContainerKind::kInit}));
  for (const char* id : {"c1", "c2"}) {
    EXPECT_EQ(SpecOf(id).request.cpu, 400) << "half of what the sidecar leaves";
    EXPECT_TRUE(SpecOf(id).shares_pod_request);
    EXPECT_EQ(SpecOf(id).limit, Amounts{});
  }
  EXPECT_EQ(SpecOf("i2").request, (Amounts{.cpu = 200, .memory = 4 * kGiB / 3}));
}

// A pod of a DaemonSet that asks for so much, on that node.
json DaemonPod(const std::string& uid, const std::string& node, const char* cpu) {
  json pod = CartPod();
  pod["metadata"]["uid"] = uid;
  pod["metadata"]["ownerReferences"] = {Owner("DaemonSet", "agent")};
  pod["spec"]["nodeName"] = node;
  pod["spec"]["containers"][0]["resources"]["requests"] = {{"cpu", cpu}, {"memory", "64Mi"}};
  return pod;
}

TEST_F(ClusterNamesTest, WhatDaemonSetsAskForIsSummedByNodeWhileTheirPodsAreThere) {
  names.UpsertPod(CartPod());
  names.UpsertPod(DaemonPod("d1", "node-1", "100m"));
  names.UpsertPod(DaemonPod("d2", "node-1", "50m"));
  names.UpsertPod(DaemonPod("d3", "node-2", "50m"));
  const auto before = names.DaemonSetRequests();
  EXPECT_EQ(*before, (NodeAmounts{{"node-1", {150, 128 * kMiB}}, {"node-2", {50, 64 * kMiB}}}));
  names.UpsertPod(CartPod());
  EXPECT_EQ(names.DaemonSetRequests(), before) << "nothing has changed";
  names.UpsertPod(DaemonPod("d2", "node-1", "80m"));
  names.RemovePod(DaemonPod("d1", "node-1", "100m"));
  names.RemovePod(DaemonPod("d3", "node-2", "50m"));
  names.RemovePod(DaemonPod("d3", "node-2", "50m"));
  EXPECT_EQ(*names.DaemonSetRequests(), (NodeAmounts{{"node-1", {80, 64 * kMiB}}}));
  names.BeginPods();
  names.EndPods();
  EXPECT_TRUE(names.DaemonSetRequests()->empty());
}

TEST_F(ClusterNamesTest, TheSiteOfAWorkloadIsThatOfThePodHeardOfLast) {
  EXPECT_FALSE(names.SiteOf("shop/Deployment/cart"));
  json pod = CartPod();
  names.UpsertPod(pod);
  EXPECT_EQ(names.SiteOf("shop/Deployment/cart"), PodSite{});
  pod["metadata"]["uid"] = "u2";
  pod["spec"]["nodeSelector"] = {{"agentpool", "gpu"}};
  names.UpsertPod(pod);
  const std::optional<PodSite> site = names.SiteOf("shop/Deployment/cart");
  ASSERT_TRUE(site);
  ASSERT_EQ(site->placement.selector.size(), 1U);
  EXPECT_EQ(site->placement.selector[0].key, "agentpool");
  names.RemovePod(pod);
  EXPECT_TRUE(names.SiteOf("shop/Deployment/cart")) << "a job has gone when its size is asked for";
  clock.Advance(31min);
  names.EndPods();
  EXPECT_FALSE(names.SiteOf("shop/Deployment/cart"));
}

TEST_F(ContainerSpecTest, HugePagesOfAllSizesArePartOfIt) {
  App()["resources"] = {{"requests", {{"hugepages-2Mi", "100Mi"}}},
                        {"limits", {{"hugepages-2Mi", "100Mi"}, {"hugepages-1Gi", "1Gi"}, {"cpu", "1"}}}};
  EXPECT_EQ(SpecOf("c1").huge_pages, kGiB + 100 * kMiB);
  App()["resources"] = {{"limits", {{"hugepages-2Mi", 7}, {"hugepages-1Gi", "-1Gi"}, {"memory", "1Gi"}}}};
  EXPECT_EQ(SpecOf("c1").huge_pages, 0) << "what is no amount is none";
}

TEST_F(ContainerSpecTest, HugePagesOfTheWholePodAreForThoseThatAskForNone) {
  pod["spec"]["resources"] = {{"limits", {{"hugepages-2Mi", "100Mi"}, {"cpu", "1"}}}};
  EXPECT_EQ(SpecOf("c1").huge_pages, 100 * kMiB);
  App()["resources"] = {{"limits", {{"hugepages-2Mi", "100Mi"}}}};
  EXPECT_EQ(SpecOf("c1").huge_pages, 100 * kMiB) << "it has all of them already";
}

}  // namespace
}  // namespace loadline::collector
