#include "collector/kube_vpa/vpa_checkpoint.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;

constexpr Wall kNow{std::chrono::sys_days{std::chrono::year{2026} / 1 / 4}};

// As upstream's recommender writes it, save what the API server adds.
const json kWritten = json::parse(R"({
  "apiVersion": "autoscaling.k8s.io/v1", "kind": "VerticalPodAutoscalerCheckpoint",
  "metadata": {"name": "cart-server", "namespace": "shop"},
  "spec": {"containerName": "server", "vpaObjectName": "cart"},
  "status": {
    "cpuHistogram": {"bucketWeights": {"10": 10000, "2": 37}, "referenceTimestamp": "2026-01-03T00:00:00Z",
                     "totalWeight": 672.4957541695405},
    "firstSampleStart": "2026-01-01T00:00:00Z", "lastSampleStart": "2026-01-03T01:59:00Z",
    "lastUpdateTime": "2026-01-04T00:00:00Z",
    "memoryHistogram": {"referenceTimestamp": null},
    "totalSamplesCount": 3000, "version": "v3"}})");

TEST(VpaCheckpoint, OfUpstreamIsReadToTheLastField) {
  const auto read = ParseVpaCheckpoint(kWritten);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->namespace_name, "shop");
  EXPECT_EQ(read->name, "cart-server");
  EXPECT_EQ(read->vpa, "cart");
  EXPECT_EQ(read->container, "server");
  const VpaCheckpoint& data = read->data;
  EXPECT_EQ(data.cpu.histogram.bucket_weights, (std::map<int, std::uint32_t>{{2, 37}, {10, 10'000}}));
  EXPECT_EQ(data.cpu.histogram.total_weight, 672.4957541695405);
  EXPECT_EQ(data.cpu.reference, kNow - 24h);
  EXPECT_EQ(data.memory, DecayingCheckpoint());
  EXPECT_EQ(data.first_sample, kNow - 72h);
  EXPECT_EQ(data.last_sample, kNow - 22h - 1min);
  EXPECT_EQ(data.samples, 3000);
}

TEST(VpaCheckpoint, IsWrittenAsUpstreamWritesIt) {
  const auto read = ParseVpaCheckpoint(kWritten);
  ASSERT_TRUE(read);
  EXPECT_EQ(CheckpointStatus(read->data, kNow), kWritten["status"]);
  json document = CheckpointDocument(*read, kNow);
  EXPECT_EQ(document["metadata"]["labels"][kOwnerLabel], kOwner);
  document["metadata"].erase("labels");
  EXPECT_EQ(document, kWritten);
}

TEST(VpaCheckpoint, OfSamplesThatCannotBeCountedIsRefused) {
  for (const json& samples : {json(-1), json(18446744073709551615ULL)}) {
    json changed = kWritten;
    changed["status"]["totalSamplesCount"] = samples;
    EXPECT_FALSE(ParseVpaCheckpoint(changed)) << samples;
  }
}

TEST(VpaCheckpoint, OfAnotherVersionOrWithoutSenseIsRefused) {
  const auto refused = [](const char* pointer, const json& value) {
    json changed = kWritten;
    changed[json::json_pointer(pointer)] = value;
    const auto read = ParseVpaCheckpoint(changed);
    return read ? "" : read.error().message;
  };
  EXPECT_THAT(refused("/status/version", "v2"), HasSubstr("its version is 'v2', not v3"));
  EXPECT_THAT(refused("/status/cpuHistogram/bucketWeights/x", 1), HasSubstr("'x' is no bucket"));
  EXPECT_THAT(refused("/status/cpuHistogram/bucketWeights/3", -1), HasSubstr("'3' is no bucket"));
  EXPECT_THAT(refused("/status/memoryHistogram/bucketWeights", {{"3", 1.5}}), HasSubstr("memoryHistogram"));
  EXPECT_THAT(refused("/status/lastSampleStart", "yesterday"), HasSubstr("lastSampleStart"));
  EXPECT_FALSE(ParseVpaCheckpoint(json::object()));
  EXPECT_FALSE(ParseVpaCheckpoint(json()));
}

}  // namespace
}  // namespace loadline::collector
