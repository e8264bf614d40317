#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/detect/detect.h"
#include "tests/collector/model/feed.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class EvictionRisk : public ::testing::Test {
 protected:
  EvictionRisk() { model_.Greet({.node = "node-1", .capacity = {.cpu = 4000, .memory = 4 * kGiB}}, At(0s)); }

  // A window in which the machine's working set is so large, nearly all of it the one container's.
  void Used(Duration at, Bytes working_set) {
    wire::ContainerWindow root = Busy(1, 0, working_set + 64 * kMiB);
    root.memory->inactive_file = 64 * kMiB;
    std::vector<wire::CgroupIdentity> identities;
    if (at == 10s)
      identities = {{.ref = 1, .kind = wire::CgroupKind::kRoot, .path = "/"},
                    UnitIdentity(2, "grows.service")};
    agent_.Report(at, {root, Busy(2, 0, working_set - 100 * kMiB)}, identities);
  }
  std::vector<Condition> Found(Duration at, Bytes named = 0) {
    judge_.Look(model_, liveness_, Mono(at), At(at));
    auto found =
        Detect({model_, judge_, own_, Mono(at), At(at), [=](const std::string&) { return named; }}, config_);
    std::erase_if(found, [](const Condition& other) { return other.rule != "EvictionRisk"; });
    return found;
  }

  CgroupNames names_;
  Model model_{{}, names_};
  Liveness liveness_{{}, Mono{}};
  Judge judge_{{}};
  OwnHealth own_;
  DetectConfig config_;
  AgentFeed agent_{model_, "node-1"};
};

TEST_F(EvictionRisk, IsToldWithTheTimeThatIsLeftAndWhoGrows) {
  for (int i = 1; i <= 6; ++i) Used(i * 10s, kGiB + i * 200 * kMiB);
  const auto found = Found(61s);
  ASSERT_EQ(found.size(), 1);
  // 4 GiB less 2224 MiB are 1872 MiB; 20 MiB a second go, and 100 MiB are the threshold: 89 s.
  EXPECT_THAT(found[0].summary, HasSubstr("evicts pods in about 1 min 29 s: 1.83 GiB of memory.available"));
  EXPECT_THAT(found[0].reason,
              HasSubstr("falls by 20 MiB a second; threshold 100 MiB (detect.eviction_threshold)"));
  EXPECT_THAT(found[0].reason, HasSubstr("unit/grows.service grew from"));
  EXPECT_EQ(found[0].labels, (Labels{{"node", "node-1"}}));
}

TEST_F(EvictionRisk, AFallThatLastsLongerThanTheWarningIsNone) {
  for (int i = 1; i <= 12; ++i) Used(i * 10s, kGiB + i * 10 * kMiB);
  EXPECT_THAT(Found(121s), IsEmpty());
}

TEST_F(EvictionRisk, OneJumpIsNoFall) {
  Used(10s, kGiB);
  Used(20s, 3 * kGiB);
  EXPECT_THAT(Found(21s), IsEmpty());
}

TEST_F(EvictionRisk, AtTheThresholdItIsNowAndTheKubeletsOwnWordCounts) {
  Used(10s, 3 * kGiB);
  EXPECT_THAT(Found(11s), IsEmpty());
  const auto found = Found(11s, kGiB);
  ASSERT_EQ(found.size(), 1);
  EXPECT_THAT(found[0].summary, HasSubstr("evicts pods now"));
  EXPECT_THAT(found[0].reason, HasSubstr("threshold 1 GiB (as its kubelet said)"));
  EXPECT_THAT(Found(2min, kGiB), IsEmpty()) << "a node that is silent says nothing of now";
}

}  // namespace
}  // namespace loadline::collector
