#include "collector/kube_vpa/vpa_create.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <sstream>

#include "schemas/base/text.h"

namespace loadline::collector {
namespace {

// As Kubernetes has it for names of namespaces.
bool IsName(const std::string& text) {
  return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         std::ranges::all_of(text,
                             [](unsigned char c) { return std::islower(c) || std::isdigit(c) || c == '-'; });
}

}  // namespace

Result<VpaNamespaces> VpaNamespaces::Parse(const std::string& text) {
  VpaNamespaces namespaces;
  if (text == "off") return namespaces;
  if (text == "*") {
    namespaces.all_ = true;
    return namespaces;
  }
  std::istringstream list(text);
  for (std::string name; std::getline(list, name, ',');) {
    if (!IsName(name))
      return Failure(ErrorKind::kInvalid,
                     fmt::format("'{}' is not off, * or names of namespaces: shop,pay", text));
    namespaces.names_.insert(name);
  }
  if (namespaces.none())
    return Failure(ErrorKind::kInvalid, "empty; off, * or names of namespaces are expected: shop,pay");
  return namespaces;
}

std::vector<WorkloadObject> WithoutVpa(const WorkloadObjects& workloads, const VpaNamespaces& namespaces,
                                       const std::set<std::string>& targets) {
  std::vector<WorkloadObject> bare;
  workloads.ForEach([&](const WorkloadObject& workload) {
    if (namespaces.Has(workload.namespace_name) && !targets.contains(workload.Id())) bare.push_back(workload);
  });
  return bare;
}

nlohmann::json NewVpa(const WorkloadObject& workload, const std::string& recommender) {
  const std::string name = InLowerCase(workload.name + "-" + workload.kind);
  const nlohmann::json target = {{"apiVersion", "apps/v1"}, {"kind", workload.kind}, {"name", workload.name}};
  nlohmann::json owner = target;
  owner["uid"] = workload.uid;
  return {{"apiVersion", "autoscaling.k8s.io/v1"},
          {"kind", "VerticalPodAutoscaler"},
          {"metadata",
           {{"name", name},
            {"namespace", workload.namespace_name},
            {"labels", {{"app.kubernetes.io/managed-by", "loadline"}}},
            {"ownerReferences", nlohmann::json::array({owner})}}},
          {"spec",
           {{"targetRef", target},
            {"recommenders", nlohmann::json::array({{{"name", recommender}}})},
            {"updatePolicy", {{"updateMode", "Off"}}}}}};
}

}  // namespace loadline::collector
