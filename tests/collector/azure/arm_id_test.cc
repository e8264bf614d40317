#include "collector/azure/arm_id.h"

#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

TEST(ArmId, SaysItsPartsWhateverTheirCase) {
  const auto id = ArmId::Parse(
      "/subscriptions/s-1/resourcegroups/MC_g_c_eastus/providers/Microsoft.Compute/virtualMachineScaleSets/"
      "aks-web-1-vmss/virtualMachines/7");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->Of("subscriptions"), "s-1");
  EXPECT_EQ(id->Of("resourceGroups"), "MC_g_c_eastus");
  EXPECT_EQ(id->Of("VIRTUALMACHINES"), "7");
  EXPECT_EQ(id->Of("managedClusters"), "");
  EXPECT_EQ(id->type(), "virtualMachines");
  EXPECT_TRUE(EqualNames("MC_g", "mc_G"));
  EXPECT_FALSE(EqualNames("MC_g", "mc_gg"));
}

TEST(ArmId, IsNothingThatCouldLeadElsewhere) {
  for (const char* wrong :
       {"", "/", "subscriptions/s", "/subscriptions", "/subscriptions/", "/subscriptions/s/",
        "/resourceGroups/g", "/subscriptions/s/resourceGroups", "/subscriptions/../resourceGroups/g",
        "/subscriptions/s?x/resourceGroups/g", "/subscriptions//resourceGroups/g",
        "/subscriptions/s%2fx/resourceGroups/g", "/subscriptions/s#/a/b", "/subscriptions/s\n/a/b"})
    EXPECT_FALSE(ArmId::Parse(wrong)) << wrong;
  EXPECT_FALSE(ArmId::Parse("/subscriptions/" + std::string(3000, 'a')));
}

}  // namespace
}  // namespace loadline::collector
