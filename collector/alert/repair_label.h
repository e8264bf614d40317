// How an alert that asks people about a step of a repair says about which.
#pragma once

namespace loadline::collector {

inline constexpr const char* kRepairAsked = "NodeRepairAsked";  // the rule
inline constexpr const char* kRepairLabel = "repair";  // the id by which the step is approved or refused

}  // namespace loadline::collector
