#include "collector/kube_vpa/vpa_checkpoints.h"

#include <gmock/gmock.h>

#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "collector/kube_vpa/vpa.h"
#include "tests/support/http_server.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::HttpServer;
using test::Reply;
using test::SeenRequest;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr Wall kStart{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
constexpr const char* kOne =
    "/apis/autoscaling.k8s.io/v1/namespaces/shop/verticalpodautoscalercheckpoints/cart-server";

VpaCheckpoint Data(std::int64_t samples = 3000) {
  return {.cpu = {{{{10, 10'000}}, 5}, kStart},
          .first_sample = kStart,
          .last_sample = kStart + 48h,
          .samples = samples};
}

json Document(const std::string& vpa, std::int64_t samples) {
  return CheckpointDocument({"shop", vpa + "-server", vpa, "server", Data(samples)}, kStart);
}

std::string List(const std::vector<json>& items) {
  return json{{"metadata", json::object()}, {"items", items}}.dump();
}

template <typename Condition>
bool Within10s(const Condition& condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

// Autoscalers `cart` of Deployment shop/cart for us, and `cart-too` of the same for somebody else.
struct Cluster {
  explicit Cluster(HttpServer& server, VpaCheckpointsOptions options,
                   const ContainerView& container = {.name = "server"}) {
    auto workload = std::make_shared<WorkloadView>();
    workload->id = "shop/Deployment/cart";
    workload->containers.push_back(container);
    auto made = std::make_shared<Snapshot>();
    made->workloads.push_back(std::move(workload));
    snapshot = made;
    const WatchSink sink = vpas.Sink();
    sink.begin_list();
    for (const char* name : {"cart", "cart-too"}) {
      json vpa = {{"metadata", {{"namespace", "shop"}, {"name", name}}},
                  {"spec", {{"targetRef", {{"kind", "Deployment"}, {"name", "cart"}}}}}};
      if (std::string(name) == "cart") vpa["spec"]["recommenders"] = json::array({{{"name", "loadline"}}});
      sink.upsert(vpa);
    }
    sink.end_list();
    options.interval = 10ms;
    checkpoints = std::make_unique<VpaCheckpoints>(KubeAccess{.server = server.Url("")}, clock, vpas, options,
                                                   [this] { return snapshot; });
  }

  SystemClock clock;
  ObjectCache<Vpa> vpas{ParseVpa};
  std::shared_ptr<const Snapshot> snapshot;
  std::unique_ptr<VpaCheckpoints> checkpoints;
};

TEST(VpaCheckpoints, TheOneThatKnowsMostIsFoundForAContainerThatIsNotKnown) {
  json foreign = Document("gone", 9999);
  json old = Document("cart", 1);
  old["status"]["version"] = "v2";
  HttpServer server([&](const SeenRequest&) {
    return Reply{.body = List({Document("cart", 20), old, foreign, Document("cart-too", 500)})};
  });
  Cluster cluster(server, {});
  std::vector<ContainerHistory> found;
  ASSERT_TRUE(Within10s([&] { return !(found = cluster.checkpoints->TakeFound()).empty(); }));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].workload_id, "shop/Deployment/cart");
  EXPECT_EQ(found[0].container, "server");
  EXPECT_EQ(found[0].data, Data(500));
  EXPECT_EQ(server.seen().at(1).path,
            "/apis/autoscaling.k8s.io/v1/verticalpodautoscalercheckpoints?limit=500");
  EXPECT_FALSE(cluster.checkpoints->View()) << "what goes well and writes nothing is not worth a word";
}

TEST(VpaCheckpoints, AContainerThatIsKnownWellIsNotLookedUp) {
  HttpServer server([](const SeenRequest&) { return Reply{.body = "{}"}; });
  auto known = std::make_shared<Advice>();
  known->recommendation.cpu.reason.history_seconds = 90'000;
  Cluster cluster(server, {}, {.name = "server", .advice = known});
  EXPECT_FALSE(server.WaitFor(2, 100ms)) << "only whether it may";
}

TEST(VpaCheckpoints, AMissingPermissionIsNamed) {
  HttpServer server([](const SeenRequest&) {
    return Reply{.status = 403, .body = R"({"message": "cannot list resource"})"};
  });
  Cluster cluster(server, {});
  std::optional<WatchView> view;
  ASSERT_TRUE(Within10s([&] { return (view = cluster.checkpoints->View()).has_value(); }));
  EXPECT_EQ(view->state, "failing");
  EXPECT_THAT(view->trouble, HasSubstr("cannot list resource"));
}

// An API server that has the checkpoint from the first POST on.
struct OneCheckpoint {
  Reply operator()(const SeenRequest& request) {
    const std::lock_guard lock(mutex);
    if (request.method == "POST") there = true;
    if (request.method == "PATCH" && !there) return {.status = 404, .body = R"({"message": "not found"})"};
    return {.status = request.method == "POST" ? 201 : 200, .body = "{}"};
  }
  std::mutex mutex;
  bool there = false;
};

TEST(VpaCheckpoints, ThoseOfOurAutoscalersAreMadeAndThenReplacedWhole) {
  OneCheckpoint one;
  HttpServer server([&](const SeenRequest& request) { return one(request); });
  Cluster cluster(server, {.take_over = false, .write = true});
  std::vector<std::string> wanted;
  ASSERT_TRUE(Within10s([&] { return !(wanted = cluster.checkpoints->TakeWanted()).empty(); }));
  EXPECT_THAT(wanted, ElementsAre("shop/Deployment/cart"));
  cluster.checkpoints->Give({{"shop/Deployment/cart", "server", Data()}});
  ASSERT_TRUE(server.WaitFor(4));
  cluster.checkpoints->Give({{"shop/Deployment/cart", "server", Data(3001)}});
  ASSERT_TRUE(server.WaitFor(5));
  const auto seen = server.seen();
  EXPECT_EQ(seen[3].method, "POST");
  EXPECT_EQ(seen[3].path, std::string(kOne).substr(0, std::string(kOne).rfind('/')));
  const auto made = ParseVpaCheckpoint(json::parse(seen[3].body));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(*made, (VpaCheckpointObject{"shop", "cart-server", "cart", "server", Data()}));
  EXPECT_EQ(seen[4].method, "PATCH");
  EXPECT_EQ(seen[4].path, kOne);
  const json patch = json::parse(seen[4].body);
  ASSERT_EQ(patch.size(), 1u);
  EXPECT_EQ(patch[0]["path"], "/status");
  EXPECT_EQ(patch[0]["value"]["totalSamplesCount"], 3001);
  ASSERT_TRUE(Within10s([&] { return cluster.checkpoints->View()->events == 2; }));
}

TEST(VpaCheckpoints, InitContainersGetNoneAndLoseWhatTheyHad) {
  OneCheckpoint one{.there = true};
  HttpServer server([&](const SeenRequest& request) {
    return request.method == "GET" ? Reply{.body = List({Document("cart", 20)})} : one(request);
  });
  Cluster cluster(server, {.take_over = false, .write = true, .remove_every = 20ms, .left_out = [] {
                             return ContainerKeys{{"shop/Deployment/cart", "server"}};
                           }});
  cluster.checkpoints->Give({{"shop/Deployment/cart", "server", Data()}});
  ASSERT_TRUE(server.WaitFor(3));
  EXPECT_THAT(server.seen()[2].path, HasSubstr("/cart-server"));
  for (const SeenRequest& request : server.seen()) EXPECT_THAT(request.method, AnyOf("GET", "DELETE"));
}

TEST(VpaCheckpoints, OneOfUpstreamBecomesOursBeforeItIsReplaced) {
  OneCheckpoint one{.there = true};
  HttpServer server([&](const SeenRequest& request) { return one(request); });
  Cluster cluster(server, {.take_over = false, .write = true});
  cluster.checkpoints->Give({{"shop/Deployment/cart", "server", Data()}});
  ASSERT_TRUE(server.WaitFor(3));
  const auto seen = server.seen();
  EXPECT_EQ(json::parse(seen[1].body)["metadata"]["labels"][kOwnerLabel], kOwner);
  EXPECT_EQ(json::parse(seen[2].body)[0]["path"], "/status");
}

TEST(VpaCheckpoints, OnlyOursThatBelongToNoAutoscalerAreRemoved) {
  HttpServer server([&](const SeenRequest& request) {
    return Reply{.body = request.method == "GET" ? List({Document("cart", 20), Document("gone", 20)}) : "{}"};
  });
  Cluster cluster(server, {.take_over = false, .write = true, .remove_every = 20ms});
  ASSERT_TRUE(server.WaitFor(3));
  const auto seen = server.seen();
  EXPECT_THAT(seen[1].path, HasSubstr("&labelSelector=app.kubernetes.io%2Fmanaged-by%3Dloadline"));
  EXPECT_EQ(seen[2].method, "DELETE");
  EXPECT_THAT(seen[2].path, HasSubstr("/namespaces/shop/verticalpodautoscalercheckpoints/gone-server"));
}

}  // namespace
}  // namespace loadline::collector
