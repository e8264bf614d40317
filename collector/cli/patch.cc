#include "collector/cli/patch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "schemas/base/text.h"
#include "schemas/base/units.h"

namespace loadline::collector {
namespace {

std::string S(const Json& text) {
  return text.get<std::string>();
}

// Kubernetes workloads alone have a namespace. Those of one pod only cannot be changed by a template.
Result<void> HasTemplate(const Json& workload) {
  if (!S(workload.at("namespace")).empty() && S(workload.at("kind")) != "Pod") return {};
  return Failure(ErrorKind::kInvalid, S(workload.at("id")) + " has no pod template that could be changed");
}

Result<void> Patchable(const Json& workload) {
  constexpr std::array<std::string_view, 5> kKinds = {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet",
                                                      "CronJob"};
  if (auto has = HasTemplate(workload); !has) return has;
  const std::string kind = S(workload.at("kind"));
  if (std::ranges::find(kKinds, kind) != kKinds.end()) return {};
  return Failure(ErrorKind::kInvalid,
                 fmt::format("{}: the API server takes no such patch of a {}{}", S(workload.at("id")), kind,
                             kind == "Job" ? ", whose template is fixed" : ""));
}

std::string ApiVersionOf(const std::string& kind) {
  if (kind == "Job" || kind == "CronJob") return "batch/v1";
  return kind == "Rollout" ? "argoproj.io/v1alpha1" : "apps/v1";
}

std::string MiB(std::int64_t bytes) {
  // Whole MiB read better, and rounding up is on the safe side.
  return fmt::format("{}Mi", (bytes + kMiB - 1) / kMiB);
}

// What the template should say of one resource.
struct Wanted {
  std::int64_t request = 0;
  std::optional<std::int64_t> limit;  // none: it stays as it is
};

Wanted WantedOf(const Json& advice, const Json& limit, bool guaranteed, std::int64_t unit) {
  const auto up = [&](std::int64_t amount) { return (amount + unit - 1) / unit * unit; };
  Wanted wanted{.request = up(advice.at("target").get<std::int64_t>()), .limit = {}};
  if (advice.at("current_limit").is_null()) return wanted;
  if (guaranteed) {
    wanted.limit = wanted.request;
  } else if (advice.at("current_limit").get<std::int64_t>() < wanted.request) {
    wanted.limit = std::max(wanted.request, limit.is_null() ? 0 : up(limit.get<std::int64_t>()));
  }
  return wanted;
}

Json ResourcesOf(const Json& container) {
  const Json& advice = container.at("recommendation");
  const bool guaranteed = S(container.at("qos_class")) == "Guaranteed";
  const Json& limits = container.at("recommended_limits");
  const Wanted cpu = WantedOf(advice.at("cpu_millicores"), limits.at("cpu_millicores"), guaranteed, 1);
  const Wanted memory = WantedOf(advice.at("memory_bytes"), limits.at("memory_bytes"), guaranteed, kMiB);
  Json resources = {{"requests", {{"cpu", FormatCpu(cpu.request)}, {"memory", MiB(memory.request)}}}};
  if (cpu.limit) resources["limits"]["cpu"] = FormatCpu(*cpu.limit);
  if (memory.limit) resources["limits"]["memory"] = MiB(*memory.limit);
  return resources;
}

Json ContainersOf(const Json& workload) {
  Json containers = Json::array();
  for (const Json& container : workload.at("containers")) {
    if (container.at("recommendation").is_null()) continue;
    containers.push_back({{"name", container.at("name")}, {"resources", ResourcesOf(container)}});
  }
  return containers;
}

}  // namespace

Result<std::string> KubectlPatch(const Json& answer) {
  const Json& workload = answer.at("workload");
  if (auto patchable = Patchable(workload); !patchable) return Failure(patchable.error());
  const Json containers = ContainersOf(workload);
  if (containers.empty()) {
    return Failure(ErrorKind::kInvalid, "nothing is recommended yet for " + S(workload.at("id")));
  }
  const std::string kind = S(workload.at("kind"));
  const Json spec = {{"template", {{"spec", {{"containers", containers}}}}}};
  const Json patch = {{"spec", kind == "CronJob" ? Json{{"jobTemplate", {{"spec", spec}}}} : spec}};
  // Names in Kubernetes hold no quotes.
  return fmt::format("kubectl --namespace {} patch {} {} --type strategic --patch '{}'\n",
                     S(workload.at("namespace")), InLowerCase(kind), S(workload.at("name")), patch.dump());
}

Result<std::string> VpaManifest(const Json& answer) {
  const Json& workload = answer.at("workload");
  if (auto has = HasTemplate(workload); !has) return Failure(has.error());
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
