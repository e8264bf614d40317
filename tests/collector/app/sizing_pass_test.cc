#include "collector/app/sizing_pass.h"

#include <gtest/gtest.h>

#include "tests/collector/model/feed.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

TEST(SizingPass, WhatWasKilledIsSizedAtOnceAndNotWithTheNextPass) {
  CgroupNames names;
  Model model({}, names);
  AgentFeed feed(model, "node-1");
  const wire::CgroupIdentity unit = UnitIdentity(1, "db.service");
  for (Duration end = 10s; end <= 20min; end += 10s) {
    feed.Report(end, {Busy(1, 100'000, 200 * kMiB)},
                end == 10s ? std::vector{unit} : std::vector<wire::CgroupIdentity>{});
  }
  const auto ours = *MakeAlgorithm("loadline");
  const NoCluster cluster;
  SizingPass pass(*ours, nullptr, cluster, {});
  const auto never = [] { return false; };
  ASSERT_TRUE(pass.Step(model, At(20min), never));
  const auto target = [&] { return model.containers()[0].advice->recommendation.memory.target; };
  EXPECT_LT(target(), 256 * kMiB);
  feed.Kill(20min,
            {.victim = unit, .limit_owner = unit, .owner_usage = 256 * kMiB, .owner_limit = 256 * kMiB});
  pass.SizeNew(model, At(20min), never);
  EXPECT_LT(target(), 256 * kMiB) << "nobody said so";
  pass.SizeSoon("unit/db.service");
  pass.SizeSoon("unit/gone.service");
  pass.SizeNew(model, At(20min), never);
  EXPECT_GT(target(), 256 * kMiB);
}

}  // namespace
}  // namespace loadline::collector
