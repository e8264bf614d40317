#include "collector/web/node_list.h"

#include <algorithm>

#include "collector/web/ranked.h"
#include "collector/web/search.h"

namespace loadline::collector {
namespace {

std::string TextOf(const NodeView& node) {
  std::string text = node.name;
  for (const std::string& part : {std::string(Name(node.state)), node.place.pool, node.place.zone,
                                  node.place.instance_type, node.kernel_version, node.agent_version}) {
    text += ' ' + part;
  }
  return text;
}

double Attention(const NodeView& node) {
  return 10 * static_cast<double>(node.state) + node.memory_pressure.value_or(0);
}
// A node that has not said yet how much it has ranks below all that have.
double CpuShare(const NodeView& node) {
  return node.capacity.cpu > 0 ? 1000 * node.cpu_used_cores / static_cast<double>(node.capacity.cpu) : 0;
}
double MemoryShare(const NodeView& node) {
  return node.capacity.memory > 0
             ? static_cast<double>(node.memory_used) / static_cast<double>(node.capacity.memory)
             : 0;
}
double Pressure(const NodeView& node) {
  return std::max(
      {node.cpu_pressure.value_or(0), node.memory_pressure.value_or(0), node.io_pressure.value_or(0)});
}

using Key = double (*)(const NodeView&);
Key KeyOf(std::string_view sort) {
  if (sort == "name") return [](const NodeView&) { return 0.0; };
  if (sort == "attention") return Attention;
  if (sort == "cpu") return CpuShare;
  if (sort == "memory") return MemoryShare;
  if (sort == "pressure") return Pressure;
  return nullptr;
}

}  // namespace

Result<std::vector<const NodeView*>> ChooseNodes(const Snapshot& snapshot, const NodeChoice& choice) {
  const Key key = KeyOf(choice.sort);
  if (key == nullptr) return Failure(ErrorKind::kInvalid, "unknown sort '" + choice.sort + "'");
  const Search search(choice.search);
  std::vector<Ranked<const NodeView*>> chosen;
  for (const NodeView& node : snapshot.nodes) {
    if (search.empty() || search.Finds(TextOf(node))) chosen.push_back({key(node), &node});
  }
  return InOrder(std::move(chosen), choice.sort, choice.descending,
                 [](const NodeView* node) -> const std::string& { return node->name; });
}

const NodeView* FindNode(const Snapshot& snapshot, std::string_view name) {
  const auto found = std::ranges::find(snapshot.nodes, name, &NodeView::name);
  return found == snapshot.nodes.end() ? nullptr : &*found;
}

}  // namespace loadline::collector
