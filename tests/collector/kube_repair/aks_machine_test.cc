#include "collector/kube_repair/aks_machine.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace loadline::collector {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const ArmId kCluster =
    ArmId::Parse("/subscriptions/s-1/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c")
        .value();
constexpr const char* kInstance =
    "/subscriptions/s-1/resourceGroups/mc_g_c_eastus/providers/Microsoft.Compute/virtualMachineScaleSets/"
    "aks-web-1-vmss/virtualMachines/7";

json Node(const std::string& provider_id) {
  return {
      {"metadata",
       {{"name", "aks-web-1-vmss000007"},
        {"labels",
         {{"kubernetes.azure.com/agentpool", "web"}, {"kubernetes.azure.com/cluster", "MC_g_c_eastus"}}}}},
      {"spec", {{"providerID", provider_id}}}};
}

TEST(AksMachine, IsWhatItsLabelsAndItsProvidersIdSay) {
  const auto machine = AksMachineOf(Node(std::string("azure://") + kInstance), kCluster);
  ASSERT_TRUE(machine) << machine.error().message;
  EXPECT_EQ(machine->name, "aks-web-1-vmss000007");
  EXPECT_EQ(machine->pool, "web");
  EXPECT_EQ(machine->instance, kInstance);
  EXPECT_FALSE(machine->system);
}

TEST(AksMachine, OfAnotherClusterItIsNone) {
  const auto why = [](const json& node) { return AksMachineOf(node, kCluster).error().message; };
  EXPECT_THAT(why(Node("")), HasSubstr("no machine of Azure"));
  EXPECT_THAT(why(Node("aws:///eu-1/i-7")), HasSubstr("no machine of Azure"));
  EXPECT_THAT(
      why(Node("azure:///subscriptions/s-2/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v")),
      HasSubstr("another subscription"));
  EXPECT_THAT(
      why(Node("azure:///subscriptions/s-1/resourceGroups/h/providers/Microsoft.Compute/virtualMachines/v")),
      HasSubstr("another resource group"));
  json poolless = Node(std::string("azure://") + kInstance);
  poolless["metadata"]["labels"].erase("kubernetes.azure.com/agentpool");
  EXPECT_THAT(why(poolless), HasSubstr("agent pool"));
}

TEST(AksMachine, IsDeletedByNameAndRestartedAlone) {
  const AksMachine machine = AksMachineOf(Node(std::string("azure://") + kInstance), kCluster).value();
  const auto replace = AksRequestOf(RepairStep::kReplace, machine, kCluster);
  ASSERT_TRUE(replace);
  EXPECT_EQ(replace->path, kCluster.text() + "/agentPools/web/deleteMachines?api-version=2025-05-01");
  EXPECT_EQ(json::parse(replace->body), json({{"machineNames", {"aks-web-1-vmss000007"}}}));
  EXPECT_EQ(AksRequestOf(RepairStep::kReboot, machine, kCluster)->path,
            std::string(kInstance) + "/restart?api-version=2024-03-01");
  EXPECT_EQ(AksRequestOf(RepairStep::kReimage, machine, kCluster)->path,
            std::string(kInstance) + "/reimage?api-version=2024-03-01");
  EXPECT_FALSE(AksRequestOf(RepairStep::kDrain, machine, kCluster));
}

// A request to a scale set without an instance acts on all of its machines.
TEST(AksMachine, NoRequestNamesAWholeScaleSet) {
  for (const char* id :
       {"/subscriptions/s-1/resourceGroups/mc_g_c_eastus/providers/Microsoft.Compute/virtualMachineScaleSets/"
        "v",
        "/subscriptions/s-1/resourceGroups/mc_g_c_eastus/providers/Microsoft.Compute/virtualMachines/v"}) {
    const auto machine = AksMachineOf(Node(std::string("azure://") + id), kCluster);
    ASSERT_TRUE(machine);
    EXPECT_FALSE(AksRequestOf(RepairStep::kReboot, *machine, kCluster));
    EXPECT_FALSE(AksRequestOf(RepairStep::kReimage, *machine, kCluster));
    EXPECT_TRUE(AksRequestOf(RepairStep::kReplace, *machine, kCluster));
  }
}

}  // namespace
}  // namespace loadline::collector
