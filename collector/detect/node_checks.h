// What conditions of a node mean that its agent's checks find, in words; and how those of each source are said.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "collector/detect/rule.h"

namespace loadline::collector {

// By whom they are told of.
enum class CheckRule : std::uint8_t {
  kFailed,    // NodeCheckFailed: pods cannot run there as they should
  kDegraded,  // NodeDegraded: something runs out, or does not work for some
  kUntidy,    // NodeUntidy: worth mending by day
};

struct CheckWords {
  std::string_view condition;
  CheckRule rule;
  std::string_view is;      // "its kubelet does not answer", behind "Node n1: "
  std::string_view remedy;  // the first thing to do
};

// Of a condition that a user's program names nothing is known but the name: NodeDegraded tells of it.
const CheckWords& WordsOfCheck(std::string_view condition);

// Whether the kernel's log says so, and neither a check nor the platform.
bool IsOfKernelLog(const NodeFinding& finding);

// Adds what the checks on a node have found and this rule tells of.
void FindChecks(const NodeSeen& seen, CheckRule rule, Found& found);

}  // namespace loadline::collector
