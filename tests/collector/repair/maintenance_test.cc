#include "collector/repair/maintenance.h"

#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using Kind = MaintenanceKind;

constexpr Wall kNow = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};

std::optional<Kind> KindOf(const NodeMarks& marks) {
  const auto sign = MaintenanceOf(marks, kNow);
  return sign ? std::optional(sign->kind) : std::nullopt;
}

std::string WordsOf(const NodeMarks& marks) {
  const auto sign = MaintenanceOf(marks, kNow);
  return sign ? sign->words : "";
}

TEST(Maintenance, OfANodeWithTheUsualMarksNobodyIsAtWork) {
  EXPECT_EQ(KindOf({}), std::nullopt);
  EXPECT_EQ(KindOf({.taints = {"CriticalAddonsOnly", "kubernetes.azure.com/scalesetpriority",
                               "node.kubernetes.io/unreachable"},
                    .labels = {{"kubernetes.azure.com/agentpool", "web"}},
                    .annotations = {{"volumes.kubernetes.io/controller-managed-attach-detach", "true"}},
                    .conditions = {"Ready", "KernelDeadlock"},
                    .events = {{"NodeNotReady", kNow}, {"KubeletStart", kNow}, {"NodeRebooted", kNow}}}),
            std::nullopt);
}

TEST(Maintenance, WhoeverRemovesANodeSaysSo) {
  EXPECT_EQ(KindOf({.deleting = true}), Kind::kLeaving);
  EXPECT_EQ(KindOf({.taints = {"ToBeDeletedByClusterAutoscaler"}}), Kind::kLeaving);
  EXPECT_EQ(KindOf({.taints = {"DeletionCandidateOfClusterAutoscaler"}}), Kind::kLeaving);
  EXPECT_EQ(KindOf({.taints = {"node.cloudprovider.kubernetes.io/shutdown"}}), Kind::kLeaving);
  EXPECT_EQ(KindOf({.taints = {"karpenter.sh/disrupted"}}), Kind::kLeaving);
}

TEST(Maintenance, AnUpgradeOfAksSetsTwoAnnotations) {
  NodeMarks marks{.annotations = {{"cluster-autoscaler.kubernetes.io/scale-down-disabled", "true"}}};
  EXPECT_EQ(KindOf(marks), std::nullopt) << "the first one alone is anybody's";
  marks.annotations["kubernetes.azure.com/azure-cluster-autoscaler-scale-down-disabled-reason"] = "upgrade";
  EXPECT_EQ(KindOf(marks), Kind::kUpgrade);
  marks.annotations["cluster-autoscaler.kubernetes.io/scale-down-disabled"] = "false";
  EXPECT_EQ(KindOf(marks), std::nullopt);
}

TEST(Maintenance, AksRepairsFromAStartToTenMinutesAfterItsEnd) {
  for (const std::string act : {"NodeReboot", "NodeReimage", "NodeRedeploy", "NodeDrain", "NodeCordon"}) {
    EXPECT_EQ(KindOf({.events = {{act + "Start", kNow - 59min}}}), Kind::kOtherRepair) << act;
    EXPECT_EQ(KindOf({.events = {{act + "Start", kNow - 60min}}}), std::nullopt)
        << "its sequence takes an hour";
    EXPECT_EQ(KindOf({.events = {{act + "Start", kNow - 20min}, {act + "End", kNow - 9min}}}),
              Kind::kOtherRepair);
    EXPECT_EQ(KindOf({.events = {{act + "End", kNow - 10min}, {act + "Start", kNow - 20min}}}), std::nullopt);
    EXPECT_EQ(KindOf({.events = {{act + "Start", kNow - 20min}, {act + "Error", kNow - 11min}}}),
              std::nullopt);
    EXPECT_EQ(KindOf({.events = {{act + "End", kNow - 20min}, {act + "Start", kNow - 15min}}}),
              Kind::kOtherRepair)
        << "the next round has begun";
  }
  EXPECT_EQ(WordsOf({.events = {{"NodeRebootStart", kNow - 3min}}}),
            "AKS's auto-repair reboots it since 3 min");
  EXPECT_EQ(KindOf({.taints = {"remediator.kubernetes.azure.com/unschedulable"}}), Kind::kOtherRepair);
}

TEST(Maintenance, ScheduledEventsHoldWhileTheyAreAnnounced) {
  for (const char* reason : {"FreezeScheduled", "RebootScheduled", "RedeployScheduled", "PreemptScheduled",
                             "TerminateScheduled"}) {
    EXPECT_EQ(KindOf({.events = {{reason, kNow - 29min}}}), Kind::kScheduledEvent) << reason;
    EXPECT_EQ(KindOf({.events = {{reason, kNow - 30min}}}), std::nullopt) << reason;
  }
  EXPECT_EQ(KindOf({.conditions = {"VMEventScheduled"}}), Kind::kScheduledEvent);
}

TEST(Maintenance, WhatIsLeftToOthersIsLeftAlone) {
  EXPECT_EQ(KindOf({.labels = {{"karpenter.sh/nodepool", "default"}}}), Kind::kLeftAlone);
  EXPECT_EQ(KindOf({.annotations = {{"loadline.io/repair", "off"}}}), Kind::kLeftAlone);
  EXPECT_EQ(KindOf({.annotations = {{"loadline.io/repair", "on"}}}), std::nullopt);
  EXPECT_EQ(WordsOf({.lease_holder = "self-node-remediation"}),
            "self-node-remediation holds the lease on its repair");
}

}  // namespace
}  // namespace loadline::collector
