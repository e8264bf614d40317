#include "collector/alert/route.h"

#include <fmt/core.h>

#include <set>

namespace loadline::collector {
namespace {

void SetKeysBelow(Route& route, const std::string& parent) {
  route.key = parent.empty() ? MatchersText(route.matchers) : parent + "/" + MatchersText(route.matchers);
  for (Route& child : route.routes) SetKeysBelow(child, route.key);
}

// In the order in which routes are asked.
void SetIdsBelow(Route& route, std::set<std::string>& taken) {
  route.id = route.key;
  for (int i = 1; !taken.insert(route.id).second; ++i) {
    route.id = fmt::format("{} to {}", route.key, route.receiver);
    if (i > 1) route.id += fmt::format(" #{}", i);
  }
  for (Route& child : route.routes) SetIdsBelow(child, taken);
}

bool Collect(const Route& route, const Labels& labels, std::vector<const Route*>& found) {
  if (!MatchAll(route.matchers, labels)) return false;
  const std::size_t before = found.size();
  for (const Route& child : route.routes) {
    if (Collect(child, labels, found) && !child.continue_matching) break;
  }
  if (found.size() == before) found.push_back(&route);
  return true;
}

}  // namespace

void SetKeys(Route& root) {
  SetKeysBelow(root, "");
  std::set<std::string> taken;
  SetIdsBelow(root, taken);
}

std::vector<const Route*> MatchRoutes(const Route& root, const Labels& labels) {
  std::vector<const Route*> found;
  Collect(root, labels, found);
  return found;
}

Labels GroupLabels(const Route& route, const Labels& labels) {
  if (route.group_by_all) return labels;
  Labels group;
  for (const std::string& name : route.group_by) {
    if (auto it = labels.find(name); it != labels.end()) group.insert(*it);
  }
  return group;
}

std::string GroupKey(const Route& route, const Labels& group_labels) {
  return route.key + ":" + LabelsText(group_labels);
}

std::string GroupId(const Route& route, const Labels& group_labels) {
  return route.id + ":" + LabelsText(group_labels);
}

}  // namespace loadline::collector
