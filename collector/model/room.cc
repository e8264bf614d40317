#include "collector/model/room.h"

#include <iterator>
#include <utility>

namespace loadline::collector {

bool Room::Admits(Node& node, const Need& need) {
  const bool bounded = options_.Bounds(node.name);
  const bool full = std::cmp_greater_equal(replicas_, options_.max_containers) ||
                    (need.container && std::cmp_greater_equal(containers_, options_.max_containers));
  const bool node_full = std::ssize(node.by_path) >= options_.node_containers ||
                         (need.container && std::cmp_greater_equal(node.made, options_.node_containers));
  const bool long_names = name_bytes_ + need.name_bytes > options_.max_name_bytes;
  const bool node_long_names = node.name_bytes + need.name_bytes > options_.node_name_bytes;
  if (full || (bounded && node_full)) {
    Refuse(node, &RefusedCounts::containers);
  } else if (long_names || (bounded && node_long_names)) {
    Refuse(node, &RefusedCounts::names);
  } else {
    return true;
  }
  return false;
}

void Room::Refuse(Node& node, std::uint64_t RefusedCounts::* what) {
  ++refused_;
  node.Refuse(what);
}

// Modulo 2^64, as unsigned numbers are: -1 takes back what 1 added.
void Room::Charge(Node& node, const Replica& replica, int sign) {
  const auto times = static_cast<std::size_t>(sign);
  replicas_ += times;
  name_bytes_ += times * replica.path.size();
  node.name_bytes += times * replica.path.size();
}

void Room::Charge(Node* maker, const Workload& workload, const Container& container, int sign) {
  const auto times = static_cast<std::size_t>(sign);
  const std::size_t bytes = workload.id.size() + container.name.size();
  containers_ += times;
  name_bytes_ += times * bytes;
  if (maker == nullptr) return;
  maker->made += times;
  maker->name_bytes += times * bytes;
}

}  // namespace loadline::collector
