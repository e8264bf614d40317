#include "collector/cli/patch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "schemas/base/units.h"

namespace loadline::collector {
namespace {

std::string S(const Json& text) {
  return text.get<std::string>();
}

// Kubernetes workloads alone have a namespace. Those of one pod only cannot be changed by a template.
Result<void> Patchable(const Json& workload) {
  if (!S(workload.at("namespace")).empty() && S(workload.at("kind")) != "Pod") return {};
  return Failure(ErrorKind::kInvalid, S(workload.at("id")) + " has no pod template that could be changed");
}

std::string ApiVersionOf(const std::string& kind) {
  if (kind == "Job" || kind == "CronJob") return "batch/v1";
  return kind == "Rollout" ? "argoproj.io/v1alpha1" : "apps/v1";
}

Json RequestsOf(const Json& workload) {
  Json containers = Json::array();
  for (const Json& container : workload.at("containers")) {
    const Json& advice = container.at("recommendation");
    if (advice.is_null()) continue;
    const auto cpu = advice.at("cpu_millicores").at("target").get<MilliCores>();
    const auto memory = advice.at("memory_bytes").at("target").get<Bytes>();
    // Whole MiB read better, and rounding up is on the safe side.
    containers.push_back(
        {{"name", container.at("name")},
         {"resources",
          {{"requests",
            {{"cpu", FormatCpu(cpu)}, {"memory", fmt::format("{}Mi", (memory + kMiB - 1) / kMiB)}}}}}});
  }
  return containers;
}

}  // namespace

Result<std::string> KubectlPatch(const Json& workload) {
  if (auto patchable = Patchable(workload); !patchable) return Failure(patchable.error());
  const Json containers = RequestsOf(workload);
  if (containers.empty()) {
    return Failure(ErrorKind::kInvalid, "nothing is recommended yet for " + S(workload.at("id")));
  }
  const std::string kind = S(workload.at("kind"));
  const Json spec = {{"template", {{"spec", {{"containers", containers}}}}}};
  const Json patch = {{"spec", kind == "CronJob" ? Json{{"jobTemplate", {{"spec", spec}}}} : spec}};
  std::string resource = kind;
  std::ranges::transform(resource, resource.begin(), [](unsigned char c) { return std::tolower(c); });
  // Names in Kubernetes hold no quotes.
  return fmt::format("kubectl --namespace {} patch {} {} --type strategic --patch '{}'\n",
                     S(workload.at("namespace")), resource, S(workload.at("name")), patch.dump());
}

Result<std::string> VpaManifest(const Json& workload) {
  if (auto patchable = Patchable(workload); !patchable) return Failure(patchable.error());
  const std::string kind = S(workload.at("kind"));
  return fmt::format(
      "apiVersion: autoscaling.k8s.io/v1\n"
      "kind: VerticalPodAutoscaler\n"
      "metadata:\n"
      "  name: {0}\n"
      "  namespace: {1}\n"
      "spec:\n"
      "  targetRef:\n"
      "    apiVersion: {2}\n"
      "    kind: {3}\n"
      "    name: {0}\n"
      "  recommenders:\n"
      "    - name: loadline\n"
      "  updatePolicy:\n"
      "    updateMode: \"Off\"\n",
      S(workload.at("name")), S(workload.at("namespace")), ApiVersionOf(kind), kind);
}

}  // namespace loadline::collector
