#include "collector/app/repair_choice.h"

#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

TEST(RepairChoice, IsADryRunUnlessSomethingElseIsSaid) {
  const auto choice = ChooseRepair({}, "");
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->options.mode, RepairMode::kDryRun);
  EXPECT_FALSE(choice->acts());
  EXPECT_FALSE(choice->idle());
  EXPECT_FALSE(choice->options.can.contains(RepairStep::kReboot)) << "the collector cannot";
}

TEST(RepairChoice, PoolsHaveModesOfTheirOwn) {
  const auto choice = ChooseRepair({.mode = "off", .pools = " web = auto,db=ask "}, "");
  ASSERT_TRUE(choice);
  EXPECT_TRUE(choice->acts());
  EXPECT_EQ(choice->options.ModeOf("web"), RepairMode::kAuto);
  EXPECT_EQ(choice->options.ModeOf("db"), RepairMode::kAsk);
  EXPECT_EQ(choice->options.ModeOf("other"), RepairMode::kOff);
  EXPECT_TRUE(ChooseRepair({.mode = "off", .pools = "web=off"}, "")->idle());
}

TEST(RepairChoice, NamesWhatIsWrongWithAPool) {
  for (const char* wrong : {"web", "web=", "=auto", "web=Auto", "web=auto,,db=ask", "web=auto;db=ask"}) {
    const auto choice = ChooseRepair({.pools = wrong}, "");
    ASSERT_FALSE(choice) << wrong;
    EXPECT_TRUE(choice.error().message.starts_with("repair.pools: expected POOL=")) << choice.error().message;
  }
  EXPECT_NE(ChooseRepair({.pools = "web=auto,web=off"}, "").error().message.find("twice"), std::string::npos);
}

TEST(RepairChoice, WhoOnlySaysCanSayEverything) {
  const auto choice = ChooseRepair({.by = "condition"}, "");
  EXPECT_TRUE(choice->options.can.contains(RepairStep::kReplace));
  EXPECT_FALSE(choice->options.can.contains(RepairStep::kRestartAgent));
}

TEST(RepairChoice, AWebhookNeedsItsUrlAndItsSecret) {
  for (const RepairConfig& wrong :
       {RepairConfig{.by = "webhook"}, RepairConfig{.by = "webhook", .webhook_url = "example.com"},
        RepairConfig{.by = "webhook", .webhook_url = "https://example.com/repair"}})
    EXPECT_TRUE(ChooseRepair(wrong, "").error().message.starts_with("repair.webhook_"));
  const auto choice = ChooseRepair({.by = "webhook",
                                    .webhook_url = "https://example.com/repair",
                                    .webhook_secret_file = "/secret",
                                    .webhook_steps = "machines"},
                                   "");
  ASSERT_TRUE(choice);
  EXPECT_TRUE(choice->options.can.contains(RepairStep::kReplace));
  EXPECT_TRUE(choice->options.can.contains(RepairStep::kRestartAgent));
  EXPECT_TRUE(choice->steps.webhook.machines_only);
}

TEST(RepairChoice, ByAksTheClusterIsNamedByItsResourceId) {
  const std::string id =
      "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c";
  for (const RepairConfig& wrong :
       {RepairConfig{.by = "aks"}, RepairConfig{.by = "aks", .aks_cluster = "c"},
        RepairConfig{.by = "aks", .aks_cluster = "/subscriptions/s/resourceGroups/g"},
        RepairConfig{.by = "aks", .aks_cluster = id, .aks_endpoint = "http://example.com"},
        RepairConfig{.by = "aks", .aks_cluster = id, .aks_endpoint = "https://management.azure.com/x"}}) {
    const auto choice = ChooseRepair(wrong, "");
    ASSERT_FALSE(choice) << wrong.aks_cluster << " " << wrong.aks_endpoint;
    EXPECT_TRUE(choice.error().message.starts_with("repair.aks_")) << choice.error().message;
  }
  const AzureSettings identity{.authentication = "managed-identity"};
  const auto choice = ChooseRepair({.by = "aks", .aks_cluster = id}, "", identity);
  ASSERT_TRUE(choice) << choice.error().message;
  EXPECT_TRUE(choice->options.can.contains(RepairStep::kReplace));
  EXPECT_FALSE(choice->options.can.contains(RepairStep::kReboot))
      << "past AKS nothing is changed unless that is said";
  EXPECT_TRUE(ChooseRepair({.by = "aks", .aks_cluster = id, .aks_instances = true}, "", identity)
                  ->options.can.contains(RepairStep::kReimage));
}

TEST(RepairChoice, BoundsAreTheConfigurations) {
  const auto choice = ChooseRepair({.max_unfit = 0.1, .max_in_flight = 4}, "");
  EXPECT_EQ(choice->options.limits.zone.unfit_share, 0.1);
  EXPECT_EQ(choice->options.limits.cluster.in_flight, 4);
  EXPECT_EQ(choice->options.limits.pool.in_flight, 1);
}

}  // namespace
}  // namespace loadline::collector
