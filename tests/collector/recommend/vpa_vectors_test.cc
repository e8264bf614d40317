// The upstream recommender's recorded inputs and answers. LOADLINE_VPA_VECTORS may name another file of the
// same form.
#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "collector/recommend/vpa.h"

namespace loadline::collector {
namespace {

using nlohmann::json;
using Triple = std::vector<std::int64_t>;

std::vector<json> ReadVectors() {
  const char* other = std::getenv("LOADLINE_VPA_VECTORS");
  std::ifstream file(other != nullptr ? other : "../shared/data/vpa/vectors.jsonl");
  std::vector<json> vectors;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) vectors.push_back(json::parse(line));
  }
  return vectors;
}

Wall At(std::int64_t unix_seconds) {
  return Wall(std::chrono::seconds(unix_seconds));
}

// The i-th value of [base, mul, m].
std::int64_t Value(const json& generator, std::int64_t i) {
  return generator[0].get<std::int64_t>() +
         i * generator[1].get<std::int64_t>() % generator[2].get<std::int64_t>();
}

struct Replay {
  std::vector<int> order;  // aggregates by first use
  std::map<int, VpaAggregate> aggregates;
  std::map<std::pair<int, int>, VpaContainer> containers;

  void Feed(const json& segment, std::int64_t t0) {
    const int aggregate = segment["agg"];
    if (!aggregates.contains(aggregate)) order.push_back(aggregate);
    VpaAggregate& into = aggregates[aggregate];
    VpaContainer& container = containers[{aggregate, segment["rep"]}];
    const VpaAggregation how;
    for (std::int64_t i = 0; i < segment["n"].get<std::int64_t>(); ++i) {
      const Wall at =
          At(t0 + segment["start_s"].get<std::int64_t>() + i * segment["step_s"].get<std::int64_t>());
      if (segment.contains("cpu_m")) {
        container.AddCpu(static_cast<double>(Value(segment["cpu_m"], i)) / 1000, at, how, into);
      }
      if (segment.contains("mem_b")) container.AddMemory(Value(segment["mem_b"], i), at, how, into);
      if (segment.contains("oom_request_b")) container.AddOom(segment["oom_request_b"], at, how, into);
    }
  }
};

VpaAggregate ReplayVector(const json& vector) {
  Replay replay;
  for (const json& segment : vector["segments"]) replay.Feed(segment, vector["t0_unix"]);
  VpaAggregate merged;
  for (const int aggregate : replay.order) merged.Merge(replay.aggregates[aggregate]);
  return merged;
}

Triple Bounds(const VpaAggregate& usage, Resource resource) {
  const Sizing sizing = VpaSizing(usage, resource, {}, {});
  return {sizing.lower, sizing.target, sizing.upper};
}

void ExpectCheckpoint(const DecayingCheckpoint& saved, const json& expected) {
  ASSERT_TRUE(saved.reference.has_value());
  EXPECT_EQ(*saved.reference, At(expected["ref_unix"]));
  const std::uint64_t bits = std::stoull(expected["total_weight_hexbits"].get<std::string>(), nullptr, 16);
  EXPECT_DOUBLE_EQ(saved.histogram.total_weight, std::bit_cast<double>(bits));
  std::map<int, std::uint32_t> weights;
  for (const auto& [bucket, weight] : expected["bucket_weights"].items()) weights[std::stoi(bucket)] = weight;
  EXPECT_EQ(saved.histogram.bucket_weights, weights);
}

class VpaVectors : public testing::Test {
 protected:
  void SetUp() override {
    vectors_ = ReadVectors();
    if (vectors_.empty()) GTEST_SKIP() << "no recorded vectors at ../shared/data/vpa/vectors.jsonl";
  }
  std::vector<json> vectors_;
};

TEST_F(VpaVectors, BoundsAndCountsAreUpstreams) {
  for (const json& vector : vectors_) {
    SCOPED_TRACE(vector["name"].get<std::string>());
    const VpaAggregate usage = ReplayVector(vector);
    const json& expect = vector["expect"];
    EXPECT_EQ(usage.samples(), expect["samples"].get<std::int64_t>());
    EXPECT_EQ(Bounds(usage, Resource::kCpu), expect["cpu_m_lower_target_upper"].get<Triple>());
    EXPECT_EQ(Bounds(usage, Resource::kMemory), expect["mem_b_lower_target_upper"].get<Triple>());
    if (usage.samples() == 0) continue;
    EXPECT_EQ(usage.first_sample(), At(expect["first_unix"]));
    EXPECT_EQ(usage.last_sample(), At(expect["last_unix"]));
  }
}

TEST_F(VpaVectors, CheckpointsHoldUpstreamsWeights) {
  for (const json& vector : vectors_) {
    SCOPED_TRACE(vector["name"].get<std::string>());
    const VpaAggregate usage = ReplayVector(vector);
    const VpaCheckpoint saved = usage.Save();
    const json& expect = vector["expect"];
    if (expect.contains("cpu_checkpoint") && !usage.cpu().IsEmpty())
      ExpectCheckpoint(saved.cpu, expect["cpu_checkpoint"]);
    if (expect.contains("mem_checkpoint") && !usage.memory().IsEmpty()) {
      ExpectCheckpoint(saved.memory, expect["mem_checkpoint"]);
    }
  }
}

TEST_F(VpaVectors, ReloadedCheckpointsGiveUpstreamsBounds) {
  for (const json& vector : vectors_) {
    SCOPED_TRACE(vector["name"].get<std::string>());
    VpaAggregate reloaded;
    ASSERT_TRUE(reloaded.Load(ReplayVector(vector).Save()).has_value());
    const json& expect = vector["expect"];
    EXPECT_EQ(Bounds(reloaded, Resource::kCpu), expect["after_reload_cpu_m"].get<Triple>());
    EXPECT_EQ(Bounds(reloaded, Resource::kMemory), expect["after_reload_mem_b"].get<Triple>());
  }
}

TEST_F(VpaVectors, AHistoryThatIsTakenOverGivesUpstreamsBoundsToo) {
  const auto vpa = MakeVpa();
  for (const json& vector : vectors_) {
    SCOPED_TRACE(vector["name"].get<std::string>());
    const VpaCheckpoint saved = ReplayVector(vector).Save();
    const auto usage = ContainerUsage::FromCheckpoint(saved);
    ASSERT_EQ(usage.has_value(), saved.samples > 0);
    if (!usage) continue;
    const json& expect = vector["expect"];
    EXPECT_EQ(Bounds(usage->vpa(), Resource::kCpu), expect["after_reload_cpu_m"].get<Triple>());
    const Sizing memory = vpa->Recommend(*usage, {}, *saved.last_sample).memory;
    EXPECT_EQ((Triple{memory.lower, memory.target, memory.upper}),
              expect["after_reload_mem_b"].get<Triple>());
  }
}

}  // namespace
}  // namespace loadline::collector
