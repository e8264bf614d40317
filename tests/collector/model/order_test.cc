// Agents may number their cgroups, and give the numbers back, in any order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "tests/collector/model/model_fixture.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class OrderTest : public ModelTest {
 protected:
  // Numbers 1 .. count, told in this order, each a unit of its own name.
  void Tell(Duration end, const std::vector<std::uint32_t>& order) {
    std::vector<wire::CgroupIdentity> identities;
    for (const std::uint32_t ref : order)
      identities.push_back(UnitIdentity(ref, std::to_string(ref) + ".service"));
    node_1_.Report(end, {}, std::move(identities));
  }
  [[nodiscard]] Bytes MemoryOf(std::uint32_t ref) const {
    const Container* container = model_.FindContainer("unit/" + std::to_string(ref) + ".service", "");
    return container == nullptr ? -1 : model_.replicas()[container->replicas.at(0)].memory.current;
  }
  static std::vector<std::uint32_t> Numbers(std::uint32_t count) {
    std::vector<std::uint32_t> numbers(count);
    std::iota(numbers.begin(), numbers.end(), 1);
    return numbers;
  }
};

TEST_F(OrderTest, NumbersMeanTheSameHoweverTheyAreOrdered) {
  constexpr std::uint32_t kCount = 5000;
  std::vector<std::uint32_t> order = Numbers(kCount);
  std::ranges::reverse(order);
  Tell(10s, order);
  std::vector<wire::ContainerWindow> windows;
  for (std::uint32_t ref = 1; ref <= kCount; ref += 7) windows.push_back(Busy(ref, 1000, ref * kMiB));
  node_1_.Report(20s, windows);
  for (std::uint32_t ref = 1; ref <= kCount; ref += 7) ASSERT_EQ(MemoryOf(ref), ref * kMiB);
  EXPECT_EQ(MemoryOf(2), 0) << "nothing was told of it";
  EXPECT_EQ(model_.unknown_refs(), 0U);

  std::shuffle(order.begin(), order.end(), std::mt19937(7));
  const std::vector<std::uint32_t> gone(order.begin(), order.end() - 1);
  node_1_.Report(30s, {}, {}, gone);
  EXPECT_EQ(model_.replicas().size(), 1U);
  node_1_.Report(40s, {Busy(order.back(), 1000, kMiB)});
  EXPECT_EQ(MemoryOf(order.back()), kMiB);
}

TEST_F(OrderTest, OneWorkloadMayHaveThousandsOfContainersAndOneContainerThousandsOfReplicas) {
  constexpr std::uint32_t kCount = 5000;
  std::vector<wire::CgroupIdentity> identities;
  for (const std::uint32_t ref : Numbers(kCount)) {
    identities.push_back({.ref = ref,
                          .kind = wire::CgroupKind::kPodContainer,
                          .path = "/kubepods/pod1/" + std::to_string(ref),
                          .pod_uid = "1",
                          .container_id = std::to_string(ref)});
    identities.push_back({.ref = kCount + ref,
                          .kind = wire::CgroupKind::kSystemdUnit,
                          .path = "/system.slice/copy-" + std::to_string(ref),
                          .unit = "copy.service"});
  }
  node_1_.Report(10s, {}, std::move(identities));
  ASSERT_NE(model_.FindContainer("unit/copy.service", ""), nullptr);
  EXPECT_EQ(model_.FindContainer("unit/copy.service", "")->replicas.size(), kCount);
  EXPECT_EQ(model_.workloads()[model_.workload_by_id().at("pod/1")].containers.size(), kCount);

  // From the front and from the middle, and the lists stay what they are.
  std::vector<std::uint32_t> gone;
  for (std::uint32_t ref = 1; ref < kCount; ref += 2) gone.push_back(kCount + ref);
  node_1_.Report(20s, {}, {}, gone);
  const Container& copies = *model_.FindContainer("unit/copy.service", "");
  EXPECT_EQ(copies.replicas.size(), kCount / 2);
  for (std::size_t i = 0; i < copies.replicas.size(); ++i)
    ASSERT_EQ(model_.replicas()[copies.replicas[i]].place, i);
  model_.Retire("node-1");
  EXPECT_THAT(copies.replicas, IsEmpty());
}

TEST_F(OrderTest, AModelThatIsLoadedKnowsItsNumbersAndLists) {
  Tell(10s, {3, 1, 2});
  node_1_.Report(20s, {}, {PathIdentity(9, "/demo"), PathIdentity(4, "/demo/a"), PathIdentity(5, "/demo/b")});
  Model again({}, names_);
  SaveModel(model_, [&](const std::string& piece) { EXPECT_TRUE(Restored(again, piece)); });
  node_1_.SpeakTo(again);
  node_1_.Report(30s, {Busy(2, 1000, 2 * kMiB), Busy(5, 1000, 5 * kMiB), Busy(9, 1000, 9 * kMiB)}, {},
                 {1, 4});
  EXPECT_EQ(again.unknown_refs(), 0U);
  EXPECT_THAT(WorkloadIds(again), ElementsAre("path/demo/a", "path/demo/b", "unit/1.service",
                                              "unit/2.service", "unit/3.service"));
  EXPECT_EQ(again.replicas().size(), 3U);
  EXPECT_EQ(again.replicas()[again.FindContainer("path/demo/b", "")->replicas.at(0)].memory.current,
            5 * kMiB);
  EXPECT_EQ(again.FindNode("node-1")->by_path.size(), 3U);
}

TEST_F(OrderTest, APathOfAThousandLevelsIsAWorkloadLikeAnyOther) {
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "/a";
  node_1_.Report(10s, {}, {PathIdentity(1, deep)});
  node_1_.Report(20s, {}, {PathIdentity(2, deep + "/b")});
  EXPECT_THAT(WorkloadIds(model_), ElementsAre("path" + deep + "/b"));
}

}  // namespace
}  // namespace loadline::collector
