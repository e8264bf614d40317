#include "collector/model/registry.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace loadline::collector {
namespace {

class RegistryTest : public ::testing::Test {
 protected:
  ReplicaId Add(const std::string& node, const std::string& workload, const std::string& path) {
    const NodeId id = registry_.NodeNamed(node, {});
    return registry_.AddReplica(id, registry_.ContainerNamed(Name(workload), {}, id), {.path = path});
  }
  ContainerId Of(const std::string& workload) { return registry_.FindContainer(workload, "c").value(); }
  Node& At(const std::string& node) { return registry_.node(registry_.FindNode(node).value()); }
  static ContainerName Name(const std::string& workload) {
    return {.workload_id = workload, .container = "c"};
  }
  // Whatever is done, each is found where it says that it is.
  void TearDown() override {
    registry_.replicas().ForEach([&](ReplicaId id, const Replica& replica) {
      EXPECT_EQ(registry_.containers()[replica.container].replicas.at(replica.place), id);
      EXPECT_EQ(registry_.nodes()[replica.node].by_path.at(replica.path), id);
    });
    registry_.containers().ForEach([&](ContainerId id, const Container& container) {
      const Workload& workload = registry_.WorkloadOf(container);
      EXPECT_EQ(workload.containers.at(container.place), id);
      EXPECT_EQ(registry_.FindContainer(workload.id, container.name), id);
    });
    registry_.nodes().ForEach([&](NodeId id, const Node& node) {
      EXPECT_EQ(registry_.FindNode(node.name), id);
      for (const auto& [ref, replica] : node.refs)
        EXPECT_TRUE(replica >= Node::kWholeMachine || registry_.replicas()[replica].ref == ref);
    });
    EXPECT_EQ(registry_.workload_by_id().size(), registry_.workloads().size());
  }

  const ModelOptions options_;
  Registry registry_{options_};
};

TEST_F(RegistryTest, TheLastOfAListTakesThePlaceOfOneThatGoes) {
  const ReplicaId first = Add("a", "web", "/1");
  Add("a", "web", "/2");
  const ReplicaId last = Add("b", "web", "/3");
  registry_.Erase(first);
  EXPECT_EQ(registry_.containers()[Of("web")].replicas.front(), last);
}

TEST_F(RegistryTest, AReplicaHasTheNumberThatWasToldLast) {
  const ReplicaId replica = Add("a", "web", "/1");
  const NodeId node = registry_.replicas()[replica].node;
  registry_.Number(node, 7, replica);
  registry_.Number(node, 8, replica);
  EXPECT_EQ(registry_.EndNumber(node, 7), Node::kIgnored) << "the end of the old one must not end it";
  EXPECT_EQ(registry_.EndNumber(node, 8), replica);
}

TEST_F(RegistryTest, TheNumberOfOneThatWasDroppedIsPassedOver) {
  const ReplicaId replica = Add("a", "web", "/1");
  registry_.Number(registry_.replicas()[replica].node, 7, replica);
  registry_.Drop(replica);
  EXPECT_EQ(At("a").refs.at(7), Node::kIgnored);
}

TEST_F(RegistryTest, WhatMovesIsFoundThereAndAWorkloadGoesWithItsLastContainer) {
  Add("a", "provisional", "/1");
  Add("a", "web", "/2");
  registry_.MoveReplicas(Of("provisional"), Of("web"));
  registry_.ForgetContainer(Of("provisional"));
  EXPECT_EQ(registry_.containers()[Of("web")].replicas.size(), 2U);
  EXPECT_EQ(registry_.workloads().size(), 1U);
}

TEST_F(RegistryTest, WhatIsTakenOutIsChargedNoMore) {
  const ReplicaId on_a = Add("a", "web", "/1");
  const ReplicaId on_b = Add("b", "web", "/22");
  EXPECT_EQ(At("a").made, 1U);
  EXPECT_EQ(At("a").name_bytes, std::string("/1webc").size());
  EXPECT_EQ(At("b").name_bytes, std::string("/22").size()) << "the container was there";
  registry_.Erase(on_a);
  registry_.ForgetNode(registry_.FindNode("a").value());
  EXPECT_EQ(registry_.containers()[Of("web")].maker, Container::kNobody);
  registry_.Erase(on_b);
  registry_.ForgetContainer(Of("web"));
  EXPECT_EQ(At("b").name_bytes, 0U);
}

TEST_F(RegistryTest, WhatIsThereAlreadyIsNotRestoredAgain) {
  Add("a", "web", "/1");
  EXPECT_FALSE(registry_.Restore(Node{.name = "a"}));
  EXPECT_FALSE(registry_.Restore(Node{}));
  EXPECT_FALSE(registry_.Restore(Workload{.id = "web"}));
  const std::optional<WorkloadId> db = registry_.Restore(Workload{.id = "db"});
  ASSERT_TRUE(db);
  EXPECT_TRUE(registry_.Restore(*db, {.name = "c"}));
  EXPECT_FALSE(registry_.Restore(*db, {.name = "c"}));
  EXPECT_FALSE(registry_.Restore(Of("db"), "a", {.path = "/1"})) << "the path is another's";
  EXPECT_TRUE(registry_.Restore(Of("db"), "new", {.ref = 3, .path = "/1"}));
  EXPECT_EQ(At("new").made, 1U) << "the first node that is known to have it";
}

}  // namespace
}  // namespace loadline::collector
