// Whether somebody else is at work on a node: AKS's auto-repair and auto-drain, upgrades, whoever scales the cluster,
// the platform's scheduled events, a person. What they leave on a node is listed in one table (maintenance.cc).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/base/clock.h"

namespace loadline::collector {

enum class MaintenanceKind : std::uint8_t {
  kLeaving,         // it is being removed, or may be soon
  kUpgrade,         // its pool is being upgraded, node by node
  kScheduledEvent,  // the platform will freeze, reboot, redeploy or take it
  kOtherRepair,     // somebody else repairs or drains it now, or did so just now
  kLeftAlone,       // it is for others to repair, or for nobody; the node may well be in order
};

struct Maintenance {
  MaintenanceKind kind{};
  std::string words;  // "AKS's auto-repair reboots it since 3 min"
  bool takes =
      false;  // what runs on it, and its local disks, do not outlive it: redeployed, preempted, terminated
  bool operator==(const Maintenance&) const = default;
};

// An Event about the node.
struct NodeEvent {
  std::string reason;  // "NodeRebootStart"
  Wall at{};
  bool operator==(const NodeEvent&) const = default;
};

// Whether an Event of this reason says that somebody is, or will be, at work on its node.
bool TellsOfMaintenance(std::string_view reason);

// What stands on a node in the cluster. Of labels, annotations and conditions the ones below are enough.
struct NodeMarks {
  bool cordoned = false;            // unschedulable, or by our own taint
  bool deleting = false;            // it has a time of deletion
  std::vector<std::string> taints;  // their keys
  std::map<std::string, std::string, std::less<>> labels;
  std::map<std::string, std::string, std::less<>> annotations;
  std::vector<std::string> conditions;  // types of those that are True
  std::vector<NodeEvent> events;        // in any order
  std::string lease_holder;             // who holds the lease on its repair, when it is not us
  bool operator==(const NodeMarks&) const = default;
};

// With this annotation set to "off" a node is left alone.
inline constexpr const char* kRepairAnnotation = "loadline.io/repair";
inline constexpr std::array kMarkAnnotations = {
    kRepairAnnotation, "cluster-autoscaler.kubernetes.io/scale-down-disabled",
    "kubernetes.azure.com/azure-cluster-autoscaler-scale-down-disabled-reason"};
inline constexpr std::array kMarkLabels = {"karpenter.sh/nodepool"};
inline constexpr std::array kMarkConditions = {"VMEventScheduled", "PreemptionScheduled"};

// What we write ourselves on a node where others carry repairs out (repair.by: condition): that it takes no more pods, and
// what it needs.
inline constexpr const char* kUnhealthyTaint = "loadline.io/unhealthy";
inline constexpr const char* kRepairCondition = "LoadlineRepairNeeded";

// The first sign in the order of the table; nothing when nobody is at work.
std::optional<Maintenance> MaintenanceOf(const NodeMarks& marks, Wall now);

}  // namespace loadline::collector
