#include "collector/kube/metrics_source.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "schemas/base/bounded_queue.h"
#include "schemas/base/time_text.h"
#include "tests/support/http_server.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::HttpServer;
using test::Reply;
using test::SeenRequest;
using testing::HasSubstr;

const std::string kId(64, 'a');

std::string List(const std::string& timestamp) {
  return json{
      {"metadata", json::object()},
      {"items",
       json::array({{{"metadata", {{"namespace", "shop"}, {"name", "cart-1"}}},
                     {"timestamp", timestamp},
                     {"containers",
                      json::array({{{"name", "server"}, {"usage", {{"cpu", "5m"}, {"memory", "1Mi"}}}}})}}})}}
      .dump();
}

// What a source that polls `server` has delivered, with the pod that the answers speak of.
struct Polling {
  explicit Polling(const HttpServer& server)
      : source((Listed(), KubeAccess{.server = server.Url("")}), clock, pods,
               {.interval = 10ms, .backoff = {.first = 1ms, .most = 10ms}},
               [this](Delivery delivery) { return delivered.Push(std::move(delivery)); }) {}
  void Listed() {
    const WatchSink sink = pods.Sink();
    sink.begin_list();
    sink.upsert({{"metadata", {{"namespace", "shop"}, {"name", "cart-1"}, {"uid", "u-1"}}},
                 {"spec", {{"containers", json::array({{{"name", "server"}}})}}},
                 {"status",
                  {{"containerStatuses",
                    json::array({{{"name", "server"}, {"containerID", "containerd://" + kId}}})}}}});
    sink.end_list();
  }
  // The next of that kind.
  template <typename T>
  std::optional<T> Next() {
    for (int i = 0; i < 10'000; ++i) {
      auto one = delivered.Pop(10s);
      if (!one) return std::nullopt;
      if (auto* wanted = std::get_if<T>(&*one)) return std::move(*wanted);
    }
    return std::nullopt;
  }
  bool Fails(const std::string& words) {
    for (int i = 0; i < 1000; ++i) {
      const WatchView view = source.View();
      if (view.state == "failing" && view.trouble.find(words) != view.trouble.npos) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

  SystemClock clock;
  ObjectCache<MeteredPod> pods{ParseMeteredPod};
  BoundedQueue<Delivery> delivered{100'000};
  MetricsSource source;
};

TEST(MetricsSource, SpeaksAsAnAgentThatHasNoSignals) {
  HttpServer server([](const SeenRequest&) { return Reply{.body = List(Rfc3339(SystemClock().WallNow()))}; });
  Polling polling(server);
  const auto greeted = polling.Next<NodeGreeted>();
  ASSERT_TRUE(greeted);
  EXPECT_EQ(greeted->node, kMetricsSource);
  ASSERT_EQ(greeted->hello.signals.size(), static_cast<std::size_t>(wire::kSignalCount));
  EXPECT_THAT(greeted->hello.signals[0].why, HasSubstr("no agent"));
  const auto record = polling.Next<IngestedRecord>();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->id.sequence, 1u);
  EXPECT_EQ(record->id.epoch, greeted->hello.epoch);
  const auto& report = std::get<wire::Report>(record->record.body);
  ASSERT_EQ(report.containers.size(), 1u);
  EXPECT_EQ(report.identities.at(0).container_id, kId);
  EXPECT_EQ(polling.Next<IngestedRecord>()->id.sequence, 2u);
  EXPECT_EQ(server.seen().at(0).path, "/apis/metrics.k8s.io/v1beta1/pods?limit=500");
  EXPECT_EQ(polling.source.View().state, "following");
}

TEST(MetricsSource, AMissingApiIsNamedAndTheSourceGrowsOld) {
  // As the API server answers of a group that it does not know: no document.
  HttpServer server([](const SeenRequest&) { return Reply{.status = 404, .body = "404 page not found\n"}; });
  Polling polling(server);
  EXPECT_TRUE(polling.Fails("metrics.k8s.io is not served: is metrics-server installed?"));
  EXPECT_GT(polling.source.View().failures, 0u);
  std::optional<NodeHeartbeat> beat;
  do {
    beat = polling.Next<NodeHeartbeat>();
  } while (beat && beat->heartbeat.window_age_ms == 0);
  EXPECT_TRUE(beat) << "it lives, and has nothing to tell";
}

TEST(MetricsSource, OldFiguresAreNoFigures) {
  HttpServer server(
      [](const SeenRequest&) { return Reply{.body = List(Rfc3339(SystemClock().WallNow() - 10min))}; });
  Polling polling(server);
  EXPECT_TRUE(polling.Fails("more than four minutes old"));
}

TEST(MetricsSource, AMissingPermissionIsNamed) {
  HttpServer server([](const SeenRequest&) {
    return Reply{.status = 403,
                 .body = R"({"message": "cannot list resource \"pods\" in API group \"metrics.k8s.io\""})"};
  });
  Polling polling(server);
  EXPECT_TRUE(polling.Fails("cannot list resource \"pods\" in API group \"metrics.k8s.io\""));
}

}  // namespace
}  // namespace loadline::collector
