#include "collector/kube_objects/placement.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "collector/kube_objects/pod.h"
#include "schemas/base/json_fields.h"

namespace loadline::collector {
namespace {

using nlohmann::json;
using Operator = NodeRequirement::Operator;

// Taints by which the control plane, autoscalers and we ourselves tell of a node's state.
bool IsPassing(std::string_view key) {
  constexpr std::array<std::string_view, 6> kPrefixes = {"node.kubernetes.io/",
                                                         "node.cloudprovider.kubernetes.io/",
                                                         "ToBeDeletedByClusterAutoscaler",
                                                         "DeletionCandidateOfCl",
                                                         "karpenter.sh/",
                                                         "loadline.io/"};
  return std::ranges::any_of(kPrefixes, [&](std::string_view prefix) { return key.starts_with(prefix); });
}

std::optional<TaintEffect> EffectOf(std::string_view name) {
  if (name == "NoSchedule") return TaintEffect::kNoSchedule;
  if (name == "NoExecute") return TaintEffect::kNoExecute;
  return std::nullopt;
}

std::optional<std::int64_t> WholeOf(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Nothing where one of them is no number, or there is not one of each.
std::optional<std::pair<std::int64_t, std::int64_t>> Numbers(const NodeRequirement& asked,
                                                             const std::string* value) {
  if (value == nullptr || asked.values.size() != 1) return std::nullopt;
  const auto has = WholeOf(*value);
  const auto bound = WholeOf(asked.values[0]);
  if (!has || !bound) return std::nullopt;
  return std::pair{*has, *bound};
}

// `value`: null where the node has none of that key.
bool Holds(const NodeRequirement& asked, const std::string* value) {
  const auto among = [&] {
    return value != nullptr && std::ranges::find(asked.values, *value) != asked.values.end();
  };
  switch (asked.op) {
    case Operator::kIn:
      return among();
    case Operator::kNotIn:
      return !among();
    case Operator::kExists:
      return value != nullptr;
    case Operator::kDoesNotExist:
      return value == nullptr;
    case Operator::kGreater: {
      const auto numbers = Numbers(asked, value);
      return numbers && numbers->first > numbers->second;
    }
    case Operator::kLess: {
      const auto numbers = Numbers(asked, value);
      return numbers && numbers->first < numbers->second;
    }
    case Operator::kUnknown:
      return false;
  }
  return false;
}

bool HoldOfLabels(const std::vector<NodeRequirement>& asked, const NodeTraits& node) {
  return std::ranges::all_of(asked, [&](const NodeRequirement& one) {
    const auto label = node.labels.find(one.key);
    return Holds(one, label == node.labels.end() ? nullptr : &label->second);
  });
}

bool Selects(const NodeSelectorTerm& term, const std::string& name, const NodeTraits& node) {
  if (term.labels.empty() && term.names.empty()) return false;
  return HoldOfLabels(term.labels, node) && std::ranges::all_of(term.names, [&](const NodeRequirement& one) {
           return one.key == "metadata.name" && Holds(one, &name);
         });
}

bool Tolerates(const Toleration& toleration, const Taint& taint) {
  return (toleration.key.empty() || toleration.key == taint.key) &&
         (!toleration.value || *toleration.value == taint.value) &&
         (!toleration.effect || *toleration.effect == taint.effect);
}

// What the value of a label may be; of others a requirement means nothing.
bool IsLabelValue(std::string_view text) {
  constexpr std::size_t kLongest = 63;
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  if (text.empty()) return true;
  return text.size() <= kLongest && is_plain(text.front()) && is_plain(text.back()) &&
         std::ranges::all_of(text, [&](char c) { return is_plain(c) || c == '-' || c == '_' || c == '.'; });
}

bool MeansSomethingOfLabels(const NodeRequirement& asked) {
  const bool names_values = asked.op == Operator::kIn || asked.op == Operator::kNotIn;
  const bool names_none = asked.op == Operator::kExists || asked.op == Operator::kDoesNotExist;
  return std::ranges::all_of(asked.values, IsLabelValue) &&
         !(asked.values.empty() ? names_values : names_none);
}

bool MeansSomethingOfNames(const NodeRequirement& asked) {
  return asked.values.size() == 1 && (asked.op == Operator::kIn || asked.op == Operator::kNotIn);
}

NodeRequirement ParseRequirement(const json& expression) {
  constexpr std::array<std::pair<std::string_view, Operator>, 6> kOperators = {
      {{"In", Operator::kIn},
       {"NotIn", Operator::kNotIn},
       {"Exists", Operator::kExists},
       {"DoesNotExist", Operator::kDoesNotExist},
       {"Gt", Operator::kGreater},
       {"Lt", Operator::kLess}}};
  const std::string name = Text(expression, "operator");
  const auto* op = std::ranges::find(kOperators, name, [](const auto& known) { return known.first; });
  NodeRequirement asked{.key = Text(expression, "key"),
                        .op = op == kOperators.end() ? Operator::kUnknown : op->second,
                        .values = {}};
  for (const json& value : Part(expression, "values")) {
    if (value.is_string()) asked.values.push_back(value);
  }
  return asked;
}

// What means nothing holds of no node, as with the scheduler.
std::vector<NodeRequirement> ParseRequirements(const json& expressions,
                                               bool (&means_something)(const NodeRequirement&)) {
  std::vector<NodeRequirement> all;
  for (const json& expression : expressions) {
    all.push_back(ParseRequirement(expression));
    if (!means_something(all.back())) all.back().op = Operator::kUnknown;
  }
  return all;
}

// A pod of a DaemonSet names its one node in each term: what is asked of all of them is the rest.
std::optional<std::vector<NodeSelectorTerm>> ParseAffinity(const json& required, bool of_daemon_set) {
  if (!required.is_object()) return std::nullopt;
  std::vector<NodeSelectorTerm> terms;
  for (const json& term : Part(required, "nodeSelectorTerms")) {
    NodeSelectorTerm one{.labels = ParseRequirements(Part(term, "matchExpressions"), MeansSomethingOfLabels),
                         .names = ParseRequirements(Part(term, "matchFields"), MeansSomethingOfNames)};
    if (of_daemon_set && !one.names.empty()) {
      if (one.labels.empty()) return std::nullopt;
      one.names.clear();
    }
    terms.push_back(std::move(one));
  }
  return terms;
}

std::optional<Toleration> ParseToleration(const json& object) {
  if (!object.is_object()) return std::nullopt;
  Toleration toleration{.key = Text(object, "key"), .value = {}, .effect = {}};
  const std::string op = Text(object, "operator");
  const std::string effect = Text(object, "effect");
  if (IsPassing(toleration.key)) return std::nullopt;
  if (op.empty() || op == "Equal") {
    toleration.value = Text(object, "value");
  } else if (op != "Exists") {
    return std::nullopt;
  }
  toleration.effect = EffectOf(effect);
  if (!effect.empty() && !toleration.effect) return std::nullopt;
  return toleration;
}

}  // namespace

PodPlacement ParsePlacement(const json& pod) {
  const json& spec = Part(pod, "spec");
  PodPlacement placement;
  if (const json& selector = Part(spec, "nodeSelector"); selector.is_object()) {
    for (const auto& [key, _] : selector.items())
      placement.selector.push_back(
          {.key = key, .op = Operator::kIn, .values = {Text(selector, key.c_str())}});
  }
  const auto owner = ControllerOf(pod);
  placement.affinity = ParseAffinity(
      Part(Part(Part(spec, "affinity"), "nodeAffinity"), "requiredDuringSchedulingIgnoredDuringExecution"),
      owner && owner->kind == "DaemonSet");
  for (const json& object : Part(spec, "tolerations")) {
    if (auto toleration = ParseToleration(object)) placement.tolerations.push_back(std::move(*toleration));
  }
  return placement;
}

NodeTraits ParseNodeTraits(const json& node) {
  NodeTraits traits;
  const json& labels = Part(Part(node, "metadata"), "labels");
  if (labels.is_object()) {
    for (const auto& [key, _] : labels.items()) traits.labels.emplace(key, Text(labels, key.c_str()));
  }
  for (const json& taint : Part(Part(node, "spec"), "taints")) {
    const std::string key = Text(taint, "key");
    const auto effect = EffectOf(Text(taint, "effect"));
    if (effect && !IsPassing(key))
      traits.taints.push_back({.key = key, .value = Text(taint, "value"), .effect = *effect});
  }
  return traits;
}

bool MayRunOn(const PodPlacement& pod, std::string_view node, const NodeTraits& traits) {
  const bool kept_off = std::ranges::any_of(traits.taints, [&](const Taint& taint) {
    return std::ranges::none_of(pod.tolerations,
                                [&](const Toleration& one) { return Tolerates(one, taint); });
  });
  if (kept_off || !HoldOfLabels(pod.selector, traits)) return false;
  if (!pod.affinity) return true;
  const std::string name(node);
  return std::ranges::any_of(*pod.affinity,
                             [&](const NodeSelectorTerm& term) { return Selects(term, name, traits); });
}

}  // namespace loadline::collector
