// What repair writes on a Node, and finds there again: each as the body of a request.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "collector/kube_objects/placement.h"
#include "collector/repair/repairer.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

// The last order that was carried out on the node: a later process finds it there.
inline constexpr const char* kLastOrder = "loadline.io/last-repair-step";
// The order that Azure carries out for the node, and behind a space where it is asked after.
inline constexpr const char* kOperation = "loadline.io/repair-operation";
// Kubernetes' own: the pods of such a node are given up, and their volumes freed.
inline constexpr const char* kOutOfService = "node.kubernetes.io/out-of-service";

// Merge patches.
nlohmann::json LastOrderPatch(const std::string& order_id);
nlohmann::json OperationPatch(const std::string& order_id, const std::string& url);
nlohmann::json NoOperationPatch();
// The last order, and nothing under way any more.
nlohmann::json DonePatch(const std::string& order_id);
nlohmann::json CordonPatch(const std::string& order_id);
// Of the node as it was read: schedulable again, and without our taint on the dead.
nlohmann::json UncordonPatch(const nlohmann::json& node, const std::string& order_id);
// With a taint that it may have already, or without one of that key. Refused (409) by the API server when the node has
// changed since it was read.
nlohmann::json WithTaint(const nlohmann::json& node, const Taint& taint);
nlohmann::json WithoutTaint(const nlohmann::json& node, const std::string& key);

// Strategic patches of nodes/status.
nlohmann::json NeedsRepairPatch(const RepairIntent& order, Wall now);
nlohmann::json NoLongerPatch(const std::string& order_id, Wall now);

// "" when there is none.
std::string LastOrderOf(const nlohmann::json& node);

struct OperationUnderWay {
  std::string order_id;  // empty: there is none
  std::string url;       // empty: it was about to be begun
};
OperationUnderWay OperationOf(const nlohmann::json& node);

}  // namespace loadline::collector
