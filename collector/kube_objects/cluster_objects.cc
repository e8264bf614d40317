#include "collector/kube_objects/cluster_objects.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "collector/kube_objects/quantity.h"
#include "collector/kube_objects/time_stamp.h"
#include "schemas/base/json_fields.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

std::int64_t Whole(const json& object, const char* key) {
  const json& value = Part(object, key);
  return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

// A quantity may also be written as a number.
std::string Quantity(const json& amounts, const char* key) {
  const json& value = Part(amounts, key);
  return value.is_number() ? value.dump() : Text(amounts, key);
}

std::optional<WorkloadRules::Horizontal> ParseTarget(const json& metric) {
  const bool of_container = Text(metric, "type") == "ContainerResource";
  const json& source = Part(metric, of_container ? "containerResource" : "resource");
  const std::string name = Text(source, "name");
  const std::int64_t percent = Whole(Part(source, "target"), "averageUtilization");
  if ((name != "cpu" && name != "memory") || percent <= 0) return std::nullopt;
  return WorkloadRules::Horizontal{.resource = name == "cpu" ? Resource::kCpu : Resource::kMemory,
                                   .target_utilization = static_cast<double>(percent) / 100,
                                   .container = Text(source, "container")};
}

// The tightest of two bounds, where 0 is none.
Amounts Tightest(const Amounts& a, const Amounts& b) {
  const auto lower = [](std::int64_t x, std::int64_t y) {
    return x == 0 || y == 0 ? std::max(x, y) : std::min(x, y);
  };
  return {.cpu = lower(a.cpu, b.cpu), .memory = lower(a.memory, b.memory)};
}

// "requests.cpu" and "cpu" are the same thing.
template <typename Read>
std::optional<std::int64_t> Left(const json& status, const char* resource, Read read) {
  std::optional<std::int64_t> least;
  for (const std::string& key : {std::string(resource), "requests." + std::string(resource)}) {
    const auto hard = read(Quantity(Part(status, "hard"), key.c_str()));
    if (!hard) continue;
    const std::int64_t used = read(Quantity(Part(status, "used"), key.c_str())).value_or(0);
    const std::int64_t left = std::max<std::int64_t>(*hard - used, 0);
    least = std::min(least.value_or(left), left);
  }
  return least;
}

std::string InternalAddress(const json& addresses) {
  if (!addresses.is_array()) return "";
  for (const json& one : addresses) {
    if (Text(one, "type") == "InternalIP") return Text(one, "address");
  }
  return "";
}

std::uint16_t KubeletPort(const json& node) {
  constexpr std::int64_t kUsual = 10250;
  const std::int64_t port =
      Whole(Part(Part(Part(node, "status"), "daemonEndpoints"), "kubeletEndpoint"), "Port");
  return static_cast<std::uint16_t>(port > 0 && port <= 0xffff ? port : kUsual);
}

// The first of these labels that the node has: each cloud writes its own.
std::string FirstOf(const json& labels, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    if (std::string value = Text(labels, key); !value.empty()) return value;
  }
  return {};
}

}  // namespace

Amounts ParseAmounts(const json& quantities) {
  return {.cpu = ParseMilli(Quantity(quantities, "cpu")).value_or(0),
          .memory = ParseWhole(Quantity(quantities, "memory")).value_or(0)};
}

std::optional<HorizontalAutoscaler> ParseHorizontalAutoscaler(const json& object) {
  const json& spec = Part(object, "spec");
  const json& scaled = Part(spec, "scaleTargetRef");
  HorizontalAutoscaler autoscaler{.workload_id = Text(Part(object, "metadata"), "namespace") + "/" +
                                                 Text(scaled, "kind") + "/" + Text(scaled, "name")};
  for (const json& metric : Part(spec, "metrics")) {
    if (auto target = ParseTarget(metric)) autoscaler.targets.push_back(std::move(*target));
  }
  if (autoscaler.targets.empty()) return std::nullopt;
  return autoscaler;
}

std::optional<LimitRange> ParseLimitRange(const json& object) {
  LimitRange range{.namespace_name = Text(Part(object, "metadata"), "namespace")};
  for (const json& limit : Part(Part(object, "spec"), "limits")) {
    const std::string type = Text(limit, "type");
    if (type != "Container" && type != "Pod") continue;
    AmountBounds& bounds = type == "Pod" ? range.pod : range.container;
    const Amounts least = ParseAmounts(Part(limit, "min"));
    bounds.least = {.cpu = std::max(bounds.least.cpu, least.cpu),
                    .memory = std::max(bounds.least.memory, least.memory)};
    bounds.most = Tightest(bounds.most, ParseAmounts(Part(limit, "max")));
  }
  return range;
}

std::optional<Quota> ParseQuota(const json& object) {
  const json& spec = Part(object, "spec");
  if (!Part(spec, "scopes").empty() || !Part(spec, "scopeSelector").empty()) return std::nullopt;
  const json& status = Part(object, "status");
  Quota quota{.namespace_name = Text(Part(object, "metadata"), "namespace"),
              .cpu_left = Left(status, "cpu", ParseMilli),
              .memory_left = Left(status, "memory", ParseWhole),
              .memory_limits_left = Left(status, "limits.memory", ParseWhole)};
  if (!quota.cpu_left && !quota.memory_left && !quota.memory_limits_left) return std::nullopt;
  return quota;
}

bool LabelSelector::Matches(const std::map<std::string, std::string>& labels) const {
  return std::ranges::all_of(requirements, [&](const Requirement& requirement) {
    const auto label = labels.find(requirement.key);
    const bool there = label != labels.end();
    const bool among =
        there && std::ranges::find(requirement.values, label->second) != requirement.values.end();
    switch (requirement.op) {
      case Requirement::Operator::kIn:
        return among;
      case Requirement::Operator::kNotIn:
        return !among;
      case Requirement::Operator::kExists:
        return there;
      case Requirement::Operator::kDoesNotExist:
        return !there;
    }
    return false;
  });
}

std::optional<LabelSelector> ParseSelector(const json& selector) {
  using Operator = LabelSelector::Requirement::Operator;
  constexpr std::array<std::pair<const char*, Operator>, 4> kOperators = {
      {{"In", Operator::kIn},
       {"NotIn", Operator::kNotIn},
       {"Exists", Operator::kExists},
       {"DoesNotExist", Operator::kDoesNotExist}}};
  if (!selector.is_object()) return std::nullopt;
  LabelSelector parsed;
  if (const json& labels = Part(selector, "matchLabels"); labels.is_object()) {
    for (const auto& [key, _] : labels.items())
      parsed.requirements.push_back({key, Operator::kIn, {Text(labels, key.c_str())}});
  }
  for (const json& expression : Part(selector, "matchExpressions")) {
    const std::string name = Text(expression, "operator");
    const auto* op = std::ranges::find(kOperators, name, [](const auto& known) { return known.first; });
    if (op == kOperators.end()) return std::nullopt;
    LabelSelector::Requirement requirement{.key = Text(expression, "key"), .op = op->second, .values = {}};
    for (const json& value : Part(expression, "values")) {
      if (value.is_string()) requirement.values.push_back(value);
    }
    parsed.requirements.push_back(std::move(requirement));
  }
  return parsed;
}

std::optional<DisruptionBudget> ParseDisruptionBudget(const json& object) {
  auto selector = ParseSelector(Part(Part(object, "spec"), "selector"));
  if (!selector) return std::nullopt;
  return DisruptionBudget{.namespace_name = Text(Part(object, "metadata"), "namespace"),
                          .selector = std::move(*selector),
                          .allowed = Whole(Part(object, "status"), "disruptionsAllowed")};
}

bool IsLeaving(const json& node) {
  if (!Text(Part(node, "metadata"), "deletionTimestamp").empty()) return true;
  constexpr std::array<std::string_view, 3> kTaints = {"ToBeDeletedByClusterAutoscaler",
                                                       "karpenter.sh/disrupted", "karpenter.sh/disruption"};
  return std::ranges::any_of(Part(Part(node, "spec"), "taints"), [&](const json& taint) {
    return std::ranges::find(kTaints, Text(taint, "key")) != kTaints.end();
  });
}

namespace {

NodeMarks MarksOf(const json& object) {
  const json& metadata = Part(object, "metadata");
  const json& spec = Part(object, "spec");
  NodeMarks marks{.cordoned = Part(spec, "unschedulable") == true,
                  .deleting = !Text(metadata, "deletionTimestamp").empty()};
  for (const json& taint : Part(spec, "taints")) marks.taints.push_back(Text(taint, "key"));
  marks.cordoned = marks.cordoned || std::ranges::find(marks.taints, kUnhealthyTaint) != marks.taints.end();
  for (const char* key : kMarkLabels) {
    if (Part(metadata, "labels").contains(key)) marks.labels[key] = Text(Part(metadata, "labels"), key);
  }
  for (const char* key : kMarkAnnotations) {
    if (Part(metadata, "annotations").contains(key))
      marks.annotations[key] = Text(Part(metadata, "annotations"), key);
  }
  for (const json& condition : Part(Part(object, "status"), "conditions")) {
    const std::string type = Text(condition, "type");
    const bool counts = std::ranges::find(kMarkConditions, type) != kMarkConditions.end();
    if (counts && Text(condition, "status") == "True") marks.conditions.push_back(type);
  }
  return marks;
}

}  // namespace

std::optional<NodeWork> ParseNodeWork(const json& event) {
  const json& object = Part(event, "involvedObject");
  NodeWork work{.node = Text(object, "name"), .event = {.reason = Text(event, "reason")}};
  if (Text(object, "kind") != "Node" || work.node.empty() || !TellsOfMaintenance(work.event.reason))
    return std::nullopt;
  work.event.at = LastTimeOf(event);
  return work;
}

std::optional<ClusterNode> ParseNode(const json& object) {
  const json& labels = Part(Part(object, "metadata"), "labels");
  return ClusterNode{
      .place = {.pool = FirstOf(
                    labels, {"kubernetes.azure.com/agentpool", "agentpool", "cloud.google.com/gke-nodepool",
                             "eks.amazonaws.com/nodegroup", "karpenter.sh/nodepool"}),
                .zone = Text(labels, "topology.kubernetes.io/zone"),
                .instance_type = Text(labels, "node.kubernetes.io/instance-type")},
      .allocatable = ParseAmounts(Part(Part(object, "status"), "allocatable")),
      .capacity = ParseAmounts(Part(Part(object, "status"), "capacity")),
      .leaving = IsLeaving(object),
      .address = InternalAddress(Part(Part(object, "status"), "addresses")),
      .kubelet_port = KubeletPort(object),
      .marks = MarksOf(object),
      .traits = ParseNodeTraits(object)};
}

}  // namespace loadline::collector
