#include "collector/kube_vpa/vpa_create.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "collector/kube_vpa/vpa.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

json Named(const std::string& space, const std::string& name) {
  return {{"metadata", {{"namespace", space}, {"name", name}, {"uid", name + "-uid"}}}};
}

TEST(VpaNamespaces, AreNoneAllOrThoseThatAreNamed) {
  EXPECT_TRUE(VpaNamespaces::Parse("off")->none());
  EXPECT_TRUE(VpaNamespaces::Parse("*")->Has("anything"));
  EXPECT_TRUE(VpaNamespaces::Parse("shop,pay")->Has("pay"));
  EXPECT_FALSE(VpaNamespaces::Parse("shop,pay")->Has("other"));
  for (const char* wrong : {"", ",", "Shop", "a b", "shop,,pay", "-a"})
    EXPECT_FALSE(VpaNamespaces::Parse(wrong)) << wrong;
}

TEST(WithoutVpa, OnlyWorkloadsOfTheseNamespacesThatHaveNone) {
  WorkloadObjects workloads;
  for (const auto& [space, name] : {std::pair{"shop", "web"}, {"shop", "has-one"}, {"other", "web"}})
    workloads.deployments.Sink().upsert(Named(space, name));
  workloads.stateful_sets.Sink().upsert(Named("shop", "db"));
  std::vector<std::string> ids;
  for (const WorkloadObject& workload :
       WithoutVpa(workloads, *VpaNamespaces::Parse("shop"), {"shop/Deployment/has-one"}))
    ids.push_back(workload.Id());
  EXPECT_THAT(ids, testing::UnorderedElementsAre("shop/Deployment/web", "shop/StatefulSet/db"));
}

TEST(NewVpa, IsOffNamesUsAndBelongsToItsWorkload) {
  const json made = NewVpa(*ParseWorkloadObject(Named("shop", "web"), "Deployment"), "loadline");
  const auto vpa = ParseVpa(made);
  ASSERT_TRUE(vpa);
  EXPECT_EQ(vpa->name, "web-deployment");
  EXPECT_EQ(vpa->WorkloadId(), "shop/Deployment/web");
  EXPECT_EQ(vpa->recommender, "loadline");
  EXPECT_EQ(vpa->update_mode, "Off");
  EXPECT_EQ(
      made["metadata"]["ownerReferences"],
      json::parse(R"([{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "web-uid"}])"));
}

}  // namespace
}  // namespace loadline::collector
