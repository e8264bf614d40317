// What one node, and all together, may have.
#include <algorithm>

#include "collector/model/model.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

// A window takes ten seconds, or one at the least. Where a clock is ahead of ours all that comes late ends
// now: so many at once are taken.
constexpr Duration kLeastWindow = 500ms;
constexpr double kWindowsAtOnce = 60;
// Shorter ones are no proof of anything.
constexpr Duration kShortest = 1s;

}  // namespace

bool Model::MayBegin(Node& node, Wall end) {
  const double passed = Seconds(end - node.window_end) / Seconds(kLeastWindow);
  const double left = std::min(kWindowsAtOnce, node.windows_left + passed);
  if (left < 1) return false;  // that time has passed counts for the next that asks
  node.windows_left = left - 1;
  return true;
}

bool Model::HasRoom(NodeId id, const wire::CgroupIdentity& identity, const ContainerName& name) {
  const Node& node = nodes_[id];
  const bool known = FindContainer(name.workload_id, name.container) != nullptr;
  std::size_t bytes = identity.path.size();
  if (!known) bytes += name.workload_id.size() + name.container.size();
  const bool full = replicas_.size() >= options_.max_containers ||
                    (!known && containers_.size() >= options_.max_containers);
  const bool node_full =
      node.by_path.size() >= options_.node_containers || (!known && node.made >= options_.node_containers);
  if (full || (Bounded(node) && node_full)) {
    ++refused_containers_;
    Refuse(id, &RefusedCounts::containers);
    return false;
  }
  const bool long_names = name_bytes_ + bytes > options_.max_name_bytes;
  const bool node_long_names = node.name_bytes + bytes > options_.node_name_bytes;
  if (!long_names && !(Bounded(node) && node_long_names)) return true;
  ++refused_containers_;
  Refuse(id, &RefusedCounts::names);
  return false;
}

void Model::Refuse(NodeId id, std::uint64_t RefusedCounts::* what) {
  ++(nodes_[id].refused.*what);
  nodes_[id].last_refused = last_received_;
}

void Model::RefuseWindow(ReplicaId id, Wall end, Duration length) {
  Replica& replica = replicas_[id];
  // Not idle either: nothing is known of it.
  replica.live = {};
  replica.live.end = end;
  Changed(containers_[replica.container]);
  // An agent that stops closes a window before its time, and what it reads late weighs much in it.
  if (length >= kShortest) Refuse(replica.node, &RefusedCounts::beyond_capacity);
}

void Model::Charge(const Container& container, int sign) {
  const std::size_t bytes = workloads_[container.workload].id.size() + container.name.size();
  // Modulo 2^64, as unsigned numbers are: -1 takes back what 1 added.
  const auto times = static_cast<std::size_t>(sign);
  name_bytes_ += times * bytes;
  if (container.maker == Container::kNobody) return;
  nodes_[container.maker].made += times;
  nodes_[container.maker].name_bytes += times * bytes;
}

}  // namespace loadline::collector
