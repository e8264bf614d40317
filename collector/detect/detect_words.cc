// What several detectors say in the same words.
#include <fmt/format.h>

#include "collector/detect/detect.h"
#include "collector/model/names.h"

namespace loadline::collector {

std::string LimitHit(const wire::OomKill& kill) {
  if (!kill.limit_owner) return "the whole machine was out of memory";
  std::string words = "the memory limit of " + LimitOwner(*kill.limit_owner) + " was hit";
  if (kill.owner_limit > 0) {
    words += fmt::format(" ({} of {} used)", FormatBytes(kill.owner_usage), FormatBytes(kill.owner_limit));
  }
  return words;
}

std::string Described(const std::string& workload_id, const std::string& container) {
  return container.empty() ? workload_id : workload_id + " container " + container;
}

Labels ContainerLabels(const std::string& workload_id, const std::string& namespace_name,
                       const std::string& container) {
  Labels labels{{"workload", workload_id}};
  if (!namespace_name.empty()) labels["namespace"] = namespace_name;
  if (!container.empty()) labels["container"] = container;
  return labels;
}

}  // namespace loadline::collector
