#include "collector/alert/own_labels.h"

namespace loadline::collector {

void AddOwnLabels(const Labels& own, Labels& labels) {
  for (const auto& [name, value] : own) labels.try_emplace(name, value);
}

std::string ClusterOf(const Labels& labels) {
  const auto cluster = labels.find(kClusterLabel);
  return cluster == labels.end() ? "" : cluster->second;
}

}  // namespace loadline::collector
