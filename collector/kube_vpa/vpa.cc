#include "collector/kube_vpa/vpa.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "collector/advice/advice.h"
#include "collector/kube_objects/quantity.h"
#include "collector/kube_objects/time_stamp.h"
#include "schemas/base/json_fields.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

// Less history than a day has not seen the day's peak; upstream's lower bound is still at a third there.
constexpr double kConfidentAfterDays = 1;

// Controllers at the top, which the names of pods lead to. A ReplicaSet that belongs to a Deployment is not.
constexpr std::array<const char*, 7> kKinds = {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet",
                                               "Job",        "CronJob",     "Rollout"};

VpaPolicy PolicyOf(const json& policy) {
  VpaPolicy out{.off = Text(policy, "mode") == "Off"};
  if (const json& controlled = Part(policy, "controlledResources"); controlled.is_array()) {
    out.cpu = std::ranges::find(controlled, json("cpu")) != controlled.end();
    out.memory = std::ranges::find(controlled, json("memory")) != controlled.end();
  }
  // A quantity may also be written as a number.
  const auto text = [](const json& amounts, const char* key) {
    const json& value = Part(amounts, key);
    return value.is_number() ? value.dump() : Text(amounts, key);
  };
  const json& least = Part(policy, "minAllowed");
  const json& most = Part(policy, "maxAllowed");
  out.min_cpu = ParseMilli(text(least, "cpu"));
  out.max_cpu = ParseMilli(text(most, "cpu"));
  out.min_memory = ParseWhole(text(least, "memory"));
  out.max_memory = ParseWhole(text(most, "memory"));
  return out;
}

const VpaPolicy& PolicyFor(const Vpa& vpa, const std::string& container) {
  static const VpaPolicy kNone;
  auto it = vpa.policies.find(container);
  if (it == vpa.policies.end()) it = vpa.policies.find("*");
  return it == vpa.policies.end() ? kNone : it->second;
}

std::int64_t Within(std::int64_t value, std::optional<std::int64_t> least, std::optional<std::int64_t> most) {
  if (least) value = std::max(value, *least);
  if (most) value = std::min(value, *most);
  return value;
}

struct Bounded {
  const char* name;
  const Sizing& sizing;
  std::optional<std::int64_t> least, most;
  std::string (*format)(std::int64_t);
};

void AddResource(const Bounded& resource, json& container) {
  const auto capped = [&](std::int64_t value) {
    return resource.format(Within(value, resource.least, resource.most));
  };
  container["target"][resource.name] = capped(resource.sizing.target);
  container["lowerBound"][resource.name] = capped(resource.sizing.lower);
  container["upperBound"][resource.name] = capped(resource.sizing.upper);
  container["uncappedTarget"][resource.name] = resource.format(resource.sizing.uncapped);
}

json ContainerRecommendations(const Vpa& vpa, const std::vector<const ContainerView*>& containers) {
  json all = json::array();
  for (const ContainerView* each : containers) {
    const ContainerView& view = *each;
    const VpaPolicy& policy = PolicyFor(vpa, view.name);
    if (view.advice == nullptr || policy.off || !(policy.cpu || policy.memory)) continue;
    json container = {{"containerName", view.name}};
    if (policy.cpu) {
      AddResource({"cpu", view.advice->recommendation.cpu, policy.min_cpu, policy.max_cpu,
                   [](std::int64_t milli) { return FormatCpu(milli); }},
                  container);
    }
    if (policy.memory) {
      AddResource({"memory", view.advice->recommendation.memory, policy.min_memory, policy.max_memory,
                   [](std::int64_t bytes) { return std::to_string(bytes); }},
                  container);
    }
    all.push_back(std::move(container));
  }
  return all;
}

// Of the container we know least of.
double ConfidenceDays(const std::vector<const ContainerView*>& containers) {
  double least = 1e9;
  for (const ContainerView* view : containers) {
    if (view->advice != nullptr) least = std::min(least, view->advice->HistorySeconds() / 86'400);
  }
  return least;
}

std::vector<const ContainerView*> Sized(const WorkloadView* workload, const ContainerKeys& left_out) {
  std::vector<const ContainerView*> sized;
  if (workload == nullptr) return sized;
  for (const ContainerView& view : workload->containers) {
    if (!left_out.contains({workload->id, view.name})) sized.push_back(&view);
  }
  return sized;
}

class Conditions {
 public:
  Conditions(const json& before, Wall now) : before_(before), now_(now) {}

  void Set(const std::string& type, bool status, const std::string& reason = "",
           const std::string& message = "") {
    const std::string value = status ? "True" : "False";
    json condition = {{"type", type}, {"status", value}, {"lastTransitionTime", SinceWhen(type, value)}};
    if (!reason.empty()) condition["reason"] = reason;
    if (!message.empty()) condition["message"] = message;
    set_[type] = std::move(condition);
  }
  [[nodiscard]] json Sorted() const {
    json all = json::array();
    for (const auto& [_, condition] : set_) all.push_back(condition);
    return all;
  }

 private:
  std::string SinceWhen(const std::string& type, const std::string& status) const {
    for (const json& condition : before_) {
      if (Text(condition, "type") == type && Text(condition, "status") == status) {
        return Text(condition, "lastTransitionTime");
      }
    }
    return TimeStamp(now_);
  }

  const json& before_;
  const Wall now_;
  std::map<std::string, json> set_;
};

}  // namespace

std::string Vpa::WorkloadId() const {
  return namespace_name + "/" + target_kind + "/" + target_name;
}

const WorkloadView* TargetOf(const Vpa& vpa, const Snapshot& snapshot) {
  const std::string id = vpa.WorkloadId();
  // Sorted by id.
  const auto it = std::ranges::lower_bound(
      snapshot.workloads, id, {}, [](const auto& workload) -> const std::string& { return workload->id; });
  return it != snapshot.workloads.end() && (*it)->id == id ? it->get() : nullptr;
}

std::optional<Vpa> ParseVpa(const json& object) {
  const json& metadata = Part(object, "metadata");
  const json& spec = Part(object, "spec");
  const json& target = Part(spec, "targetRef");
  const json& recommenders = Part(spec, "recommenders");
  Vpa vpa{
      .namespace_name = Text(metadata, "namespace"),
      .name = Text(metadata, "name"),
      .recommender = recommenders.is_array() && !recommenders.empty() ? Text(recommenders[0], "name") : "",
      .target_kind = Text(target, "kind"),
      .target_name = Text(target, "name"),
      .update_mode = Text(Part(spec, "updatePolicy"), "updateMode"),
      .status = Part(object, "status")};
  if (vpa.name.empty()) return std::nullopt;
  if (const json& generation = Part(metadata, "generation"); generation.is_number_integer()) {
    vpa.generation = generation;
  }
  for (const json& policy : Part(Part(spec, "resourcePolicy"), "containerPolicies")) {
    vpa.policies.insert_or_assign(Text(policy, "containerName"), PolicyOf(policy));
  }
  return vpa;
}

json StatusOf(const Vpa& vpa, const WorkloadView* workload, Wall now, const ContainerKeys& left_out) {
  json status = json::object();
  Conditions conditions(Part(vpa.status, "conditions"), now);
  const bool supported = std::ranges::find(kKinds, vpa.target_kind) != kKinds.end();
  const std::vector<const ContainerView*> sized = Sized(workload, left_out);
  const json containers = ContainerRecommendations(vpa, sized);
  if (!supported) {
    conditions.Set("ConfigUnsupported", true, "TargetKindUnsupported",
                   fmt::format("targetRef is of kind '{}', which is no topmost controller Loadline knows",
                               vpa.target_kind));
  }
  const bool forgotten = supported && std::ranges::none_of(sized, [](const ContainerView* view) {
                           return view->advice != nullptr;
                         });
  const json& last = Part(vpa.status, "recommendation");
  if (forgotten && last.is_object()) {
    // Who applies it has nothing better.
    conditions.Set("RecommendationProvided", true);
    status["recommendation"] = last;
  } else if (supported && workload == nullptr) {
    const std::string message = "No pod of " + vpa.WorkloadId() + " was seen running";
    conditions.Set("NoPodsMatched", true, "NoPodsMatched", message);
    conditions.Set("RecommendationProvided", false, "NoPodsMatched", message);
  } else if (containers.empty()) {
    conditions.Set("RecommendationProvided", false, supported ? "NothingSeenYet" : "TargetKindUnsupported",
                   supported ? "No container has been measured yet, or all are in mode Off" : "");
  } else {
    conditions.Set("RecommendationProvided", true);
    status["recommendation"]["containerRecommendations"] = containers;
    const double days = ConfidenceDays(sized);
    const bool low = days < kConfidentAfterDays;
    conditions.Set("LowConfidence", low, low ? "ShortHistory" : "EnoughHistory",
                   low ? "Usage of less than a day is known: the daily peak may be missing" : "");
  }
  status["conditions"] = conditions.Sorted();
  return status;
}

}  // namespace loadline::collector
