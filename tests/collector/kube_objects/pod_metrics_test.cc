#include "collector/kube_objects/pod_metrics.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "schemas/wire/encode.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Wall kNow{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1} + 12h};
const std::string kId(64, 'a');
const std::string kIdBefore(64, 'b');

// Two containers, as metrics-server tells of them.
json Metrics(const std::string& timestamp = "2026-01-01T11:59:50Z") {
  return {{"metadata", {{"namespace", "shop"}, {"name", "cart-1"}}},
          {"timestamp", timestamp},
          {"window", "15.2s"},
          {"containers",
           json::array({{{"name", "server"}, {"usage", {{"cpu", "250000000n"}, {"memory", "102400Ki"}}}},
                        {{"name", "proxy"}, {"usage", {{"cpu", "0"}, {"memory", "1000Ki"}}}}})}};
}

json Pod() {
  return json::parse(R"({
    "metadata": {"namespace": "shop", "name": "cart-1", "uid": "u-1"},
    "spec": {"containers": [
      {"name": "server", "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}}},
      {"name": "proxy"}]},
    "status": {"containerStatuses": [
      {"name": "server", "containerID": "containerd://)" +
                     kId + R"(", "lastState": {"terminated": {
         "reason": "OOMKilled", "finishedAt": "2026-01-01T11:00:00Z", "containerID": "containerd://)" +
                     kIdBefore + R"("}}},
      {"name": "proxy", "containerID": "containerd://)" +
                     std::string(64, 'c') + R"("}]}})");
}

std::optional<MeteredPod> Find(const std::string& key) {
  return key == "shop/cart-1" ? ParseMeteredPod(Pod()) : std::nullopt;
}

TEST(PodMetrics, AreReadInTheUnitsOfMetricsServer) {
  const auto read = ParsePodMetrics(Metrics());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->pod, "shop/cart-1");
  EXPECT_EQ(read->at, kNow - 10s);
  EXPECT_THAT(read->containers, ElementsAre(PodMetrics::Usage{"server", 0.25, 100 * kMiB},
                                            PodMetrics::Usage{"proxy", 0, 1000 * kKiB}));
  EXPECT_FALSE(ParsePodMetrics(json::object()));
}

TEST(MetricsReports, SayWhatAnAgentWouldWithThePodsRequestsAndLimits) {
  MetricsReports reports(kNow - 24h);
  const wire::Report report = reports.Report({*ParsePodMetrics(Metrics())}, Find, kNow, 30s);
  EXPECT_EQ(report.window_end_ns - report.window_start_ns, Duration(30s).count());
  ASSERT_THAT(report.identities, SizeIs(2));
  EXPECT_EQ(report.identities[0].pod_uid, "u-1");
  EXPECT_EQ(report.identities[0].container_id, kId);
  EXPECT_EQ(report.identities[0].kind, wire::CgroupKind::kPodContainer);
  ASSERT_THAT(report.containers, SizeIs(2));
  EXPECT_EQ(report.containers[0].cpu->usage_us, 7'500'000u) << "a quarter of a core for thirty seconds";
  EXPECT_EQ(report.containers[0].memory->current, 100 * kMiB);
  EXPECT_EQ(report.containers[0].limits->cpu_request, 100);
  EXPECT_EQ(report.containers[0].limits->memory_limit, 128 * kMiB);
  EXPECT_FALSE(report.containers[0].throttle || report.containers[0].pressure) << "nobody knows";
  EXPECT_TRUE(wire::Encode(wire::Record{.epoch = 1, .sequence = 1, .body = report}));
}

TEST(MetricsReports, NameAContainerOnceAndFollowOnWhereTheLastWindowEnded) {
  MetricsReports reports(kNow);
  const std::vector metrics = {*ParsePodMetrics(Metrics())};
  (void)reports.Report(metrics, Find, kNow, 30s);
  const wire::Report second = reports.Report(metrics, Find, kNow + 20s, 30s);
  EXPECT_THAT(second.identities, IsEmpty());
  EXPECT_EQ(second.containers[0].cpu->usage_us, 5'000'000u);
}

TEST(MetricsReports, AContainerThatIsLeftOutIsBelievedForAWhileAndThenGone) {
  MetricsReports reports(kNow);
  (void)reports.Report({*ParsePodMetrics(Metrics())}, Find, kNow, 30s);
  EXPECT_THAT(reports.Report({}, Find, kNow + 30s, 30s).containers, SizeIs(2)) << "idle would be a lie";
  const wire::Report late = reports.Report({}, Find, kNow + 6min, 30s);
  EXPECT_THAT(late.containers, IsEmpty());
  EXPECT_THAT(late.gone, testing::UnorderedElementsAre(1u, 2u));
}

TEST(MetricsReports, APodThatIsDeletedIsGoneAtOnce) {
  MetricsReports reports(kNow);
  (void)reports.Report({*ParsePodMetrics(Metrics())}, Find, kNow, 30s);
  const auto nobody = [](const std::string&) { return std::optional<MeteredPod>(); };
  EXPECT_THAT(reports.Report({*ParsePodMetrics(Metrics())}, nobody, kNow + 30s, 30s).gone, SizeIs(2));
}

TEST(MetricsReports, AKillIsToldOnceUnlessItIsKnown) {
  MetricsReports reports(kNow - 24h);
  const auto kills = reports.Kills(*ParseMeteredPod(Pod()));
  ASSERT_THAT(kills, SizeIs(1));
  EXPECT_EQ(Wall(Duration(kills[0].at_ns)), kNow - 1h);
  EXPECT_EQ(kills[0].victim.container_id, kIdBefore);
  EXPECT_EQ(kills[0].limit_owner->path, kills[0].victim.path);
  EXPECT_EQ(kills[0].owner_limit, 128 * kMiB);
  EXPECT_EQ(kills[0].pid, 0u);
  EXPECT_THAT(reports.Kills(*ParseMeteredPod(Pod())), IsEmpty());
  EXPECT_THAT(MetricsReports(kNow - 1h).Kills(*ParseMeteredPod(Pod())), IsEmpty());
}

}  // namespace
}  // namespace loadline::collector
