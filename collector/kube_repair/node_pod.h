// A pod of a node that is to be drained, and whether it may be evicted: kubectl drain's rules.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace loadline::collector {

// What a drain may take besides pods that come back by themselves and leave nothing behind.
struct DrainPermits {
  bool unmanaged = false;   // pods without a controller: nobody makes them again
  bool local_data = false;  // pods with an emptyDir, whose content goes with them
};

enum class PodFate : std::uint8_t {
  kStays,    // its DaemonSet would make it again at once, the kubelet runs it by itself, or it is over
  kEvicted,  // by the eviction API, which honours disruption budgets
  kHeld,     // it would have to go, and may not be taken
};

struct NodePod {
  std::string namespace_name;
  std::string name;
  std::string uid;
  bool ending = false;     // it has a time of deletion
  bool unmanaged = false;  // no controller owns it
  PodFate fate = PodFate::kStays;
  std::string why{};  // it is held: "no controller would make it again"

  // "shop/cart-0"
  [[nodiscard]] std::string Id() const { return namespace_name + "/" + name; }
};

NodePod ParseNodePod(const nlohmann::json& pod, const DrainPermits& permits);

}  // namespace loadline::collector
