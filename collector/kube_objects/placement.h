// Which nodes a pod may be placed on: the rules of the scheduler that a node's kind decides, not its present load.
//
// Kept are nodeSelector, required node affinity and tolerations of a pod, labels and taints of a node. What comes and
// goes with a node's state (cordoned, not ready, under pressure, about to be removed) is left out on both sides: a pod's
// size is for longer than that. Preferences keep nobody away. Other pods (affinity, spread) and volumes are not looked at.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadline::collector {

enum class TaintEffect : std::uint8_t { kNoSchedule, kNoExecute };

struct Taint {
  std::string key;
  std::string value;
  TaintEffect effect = TaintEffect::kNoSchedule;
  bool operator==(const Taint&) const = default;
};

struct Toleration {
  std::string key;                    // empty: of all keys
  std::optional<std::string> value;   // nothing: of all values
  std::optional<TaintEffect> effect;  // nothing: of all effects
  bool operator==(const Toleration&) const = default;
};

struct NodeRequirement {
  enum class Operator : std::uint8_t { kIn, kNotIn, kExists, kDoesNotExist, kGreater, kLess, kUnknown };
  std::string key;
  Operator op = Operator::kIn;
  std::vector<std::string> values;
  bool operator==(const NodeRequirement&) const = default;
};

// All of them hold. Without any it is true of no node.
struct NodeSelectorTerm {
  std::vector<NodeRequirement> labels;
  std::vector<NodeRequirement> names;  // matchFields: of the node's own name
  bool operator==(const NodeSelectorTerm&) const = default;
};

struct PodPlacement {
  std::vector<NodeRequirement> selector;                    // all of them
  std::optional<std::vector<NodeSelectorTerm>> affinity{};  // one of them; nothing: none is asked for
  std::vector<Toleration> tolerations;
  bool operator==(const PodPlacement&) const = default;
};

struct NodeTraits {
  std::map<std::string, std::string> labels;
  std::vector<Taint> taints;
  bool operator==(const NodeTraits&) const = default;
};

PodPlacement ParsePlacement(const nlohmann::json& pod);
NodeTraits ParseNodeTraits(const nlohmann::json& node);

bool MayRunOn(const PodPlacement& pod, std::string_view node, const NodeTraits& traits);

}  // namespace loadline::collector
