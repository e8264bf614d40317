#include "collector/model/growth.h"

#include <algorithm>
#include <span>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

// What is seen so soon after its node was there before us.
constexpr Duration kThereBefore = 30s;

// Views of what the model holds: most of them are not among those that are asked for.
struct Grower {
  std::string_view path;
  std::string_view workload_id;
  std::string_view container;
  Wall since{};
  Bytes from = 0;
  Bytes to = 0;
  [[nodiscard]] Bytes grown() const { return to - from; }
};

struct Seen {
  Wall first;
  const Trail& working_set;
};

bool IsWithin(std::string_view path, std::string_view top) {
  if (top.empty() || top == "/") return true;
  return path.starts_with(top) && (path.size() == top.size() || path[top.size()] == '/');
}

void Add(const Node& node, Grower grower, const Seen& seen, const GrowthQuery& query,
         std::vector<Grower>& found) {
  const auto rise = seen.working_set.Rise(query.at, query.span);
  if (!rise) return;
  const bool born = seen.first > query.at - query.span && seen.first > node.first_seen + kThereBefore;
  grower.from = born ? 0 : static_cast<Bytes>(rise->from);
  grower.to = static_cast<Bytes>(rise->to);
  grower.since = born ? seen.first : rise->since;
  found.push_back(grower);
}

bool AwaitsName(const Model& model, std::string_view workload_id) {
  const auto found = model.workload_by_id().find(workload_id);
  return found != model.workload_by_id().end() && !model.Shows(model.workloads()[found->second]);
}

// By path.
std::vector<Grower> GrowersOn(const Model& model, const Node& node, const GrowthQuery& query) {
  std::vector<Grower> found;
  for (auto entry = node.by_path.lower_bound(query.within); entry != node.by_path.end(); ++entry) {
    if (!entry->first.starts_with(query.within)) break;
    if (!IsWithin(entry->first, query.within)) continue;
    const Replica& replica = model.replicas()[entry->second];
    const Container& container = model.containers()[replica.container];
    Add(node, {replica.path, model.workloads()[container.workload].id, container.name},
        {replica.first_seen, replica.working_set}, query, found);
  }
  const auto there = static_cast<std::ptrdiff_t>(found.size());
  for (const Node::Departed& gone : node.departed) {
    if (!IsWithin(gone.path, query.within)) continue;
    Add(node, {gone.path, gone.workload_id, gone.container}, {gone.first_seen, gone.working_set}, query,
        found);
  }
  std::ranges::stable_sort(found.begin() + there, found.end(), {}, &Grower::path);
  std::ranges::inplace_merge(found, found.begin() + there, {}, &Grower::path);
  return found;
}

// A cgroup's memory is counted again in those above it, which cause nothing by themselves.
std::vector<Grower> Lowest(const std::vector<Grower>& by_path) {
  std::vector<Grower> lowest;
  std::string within;
  for (const Grower& one : by_path) {
    within.assign(one.path).append("/");
    const auto below = std::ranges::lower_bound(by_path, within, {}, &Grower::path);
    if (below == by_path.end() || !below->path.starts_with(within)) lowest.push_back(one);
  }
  return lowest;
}

}  // namespace

std::vector<MemoryGrowth> MemoryGrowthOn(const Model& model, std::string_view name,
                                         const GrowthQuery& query) {
  const Node* node = model.FindNode(name);
  if (node == nullptr) return {};
  std::vector<Grower> found = Lowest(GrowersOn(model, *node, query));
  const auto most = static_cast<std::ptrdiff_t>(std::min(query.most, found.size()));
  // As much grown: by path.
  std::ranges::partial_sort(found, found.begin() + most, [](const Grower& a, const Grower& b) {
    return a.grown() != b.grown() ? a.grown() > b.grown() : a.path < b.path;
  });
  std::vector<MemoryGrowth> growth;
  for (const Grower& one : std::span(found).first(static_cast<std::size_t>(most))) {
    growth.push_back({.workload_id = std::string(one.workload_id),
                      .container = std::string(one.container),
                      .path = std::string(one.path),
                      .from = one.from,
                      .to = one.to,
                      .since = one.since,
                      .awaits_name = AwaitsName(model, one.workload_id)});
  }
  return growth;
}

}  // namespace loadline::collector
