#include "collector/kube_repair/node_change.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "collector/kube_objects/time_stamp.h"
#include "schemas/base/json_fields.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

// As a condition's reason: one word.
const char* ReasonOf(RepairStep step) {
  switch (step) {
    case RepairStep::kCordon:
      return "Cordon";
    case RepairStep::kDrain:
      return "Drain";
    case RepairStep::kReboot:
      return "Reboot";
    case RepairStep::kReimage:
      return "Reimage";
    case RepairStep::kReplace:
      return "Replace";
    case RepairStep::kRestartAgent:
    case RepairStep::kPage:
    case RepairStep::kUncordon:
      break;
  }
  return "Unknown";
}

json Condition(const char* status, const char* reason, const std::string& message, Wall now) {
  return {{"type", kRepairCondition},
          {"status", status},
          {"reason", reason},
          {"message", message},
          {"lastHeartbeatTime", TimeStamp(now)},
          {"lastTransitionTime", TimeStamp(now)}};
}

// The taints of a node but for those of a key.
json TaintsBut(const json& node, const std::string& key) {
  json kept = json::array();
  const json& taints = Part(Part(node, "spec"), "taints");
  if (!taints.is_array()) return kept;
  for (const json& taint : taints) {
    if (Text(taint, "key") != key) kept.push_back(taint);
  }
  return kept;
}

const char* Name(TaintEffect effect) {
  return effect == TaintEffect::kNoExecute ? "NoExecute" : "NoSchedule";
}

json TaintsPatch(const json& node, json taints) {
  return {{"metadata", {{"resourceVersion", Text(Part(node, "metadata"), "resourceVersion")}}},
          {"spec", {{"taints", std::move(taints)}}}};
}

}  // namespace

json LastOrderPatch(const std::string& order_id) {
  return {{"metadata", {{"annotations", {{kLastOrder, order_id}}}}}};
}

json OperationPatch(const std::string& order_id, const std::string& url) {
  return {{"metadata", {{"annotations", {{kOperation, url.empty() ? order_id : order_id + " " + url}}}}}};
}

json NoOperationPatch() {
  return {{"metadata", {{"annotations", {{kOperation, nullptr}}}}}};
}

json DonePatch(const std::string& order_id) {
  json patch = NoOperationPatch();
  patch["metadata"]["annotations"][kLastOrder] = order_id;
  return patch;
}

json CordonPatch(const std::string& order_id) {
  json patch = LastOrderPatch(order_id);
  patch["spec"]["unschedulable"] = true;
  return patch;
}

json UncordonPatch(const json& node, const std::string& order_id) {
  json patch = WithoutTaint(node, kOutOfService);
  patch["spec"]["unschedulable"] = false;
  patch["metadata"]["annotations"][kLastOrder] = order_id;
  return patch;
}

json WithTaint(const json& node, const Taint& taint) {
  json taints = TaintsBut(node, taint.key);
  taints.push_back({{"key", taint.key}, {"value", taint.value}, {"effect", Name(taint.effect)}});
  return TaintsPatch(node, std::move(taints));
}

json WithoutTaint(const json& node, const std::string& key) {
  return TaintsPatch(node, TaintsBut(node, key));
}

json NeedsRepairPatch(const RepairIntent& order, Wall now) {
  json patch = LastOrderPatch(order.id);
  patch["status"]["conditions"] = json::array({Condition("True", ReasonOf(order.step), order.reason, now)});
  return patch;
}

json NoLongerPatch(const std::string& order_id, Wall now) {
  json patch = LastOrderPatch(order_id);
  patch["status"]["conditions"] = json::array({Condition("False", "Well", "the node is well again", now)});
  return patch;
}

std::string LastOrderOf(const json& node) {
  return Text(Part(Part(node, "metadata"), "annotations"), kLastOrder);
}

OperationUnderWay OperationOf(const json& node) {
  const std::string text = Text(Part(Part(node, "metadata"), "annotations"), kOperation);
  const std::size_t space = text.find(' ');
  return {text.substr(0, space), space == text.npos ? "" : text.substr(space + 1)};
}

}  // namespace loadline::collector
