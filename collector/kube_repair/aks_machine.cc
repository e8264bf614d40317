#include "collector/kube_repair/aks_machine.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "collector/http/http_client.h"
#include "schemas/base/json_fields.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

constexpr const char* kAksVersion = "?api-version=2025-05-01";
constexpr const char* kComputeVersion = "?api-version=2024-03-01";
constexpr std::string_view kProvider = "azure://";

// The instance of a scale set, and nothing that holds more than one machine.
bool IsInstance(const ArmId& id) {
  return EqualNames(id.type(), "virtualMachines") && EqualNames(id.Of("providers"), "Microsoft.Compute") &&
         !id.Of("virtualMachineScaleSets").empty() && !id.Of("virtualMachines").empty();
}

}  // namespace

Result<AksMachine> AksMachineOf(const json& node, const ArmId& cluster) {
  const json& metadata = Part(node, "metadata");
  const json& labels = Part(metadata, "labels");
  const std::string provider_id = Text(Part(node, "spec"), "providerID");
  const auto id = provider_id.starts_with(kProvider) ? ArmId::Parse(provider_id.substr(kProvider.size()))
                                                     : std::optional<ArmId>();
  if (!id) return Failure(ErrorKind::kInvalid, "its providerID is no machine of Azure");
  if (!EqualNames(id->Of("subscriptions"), cluster.Of("subscriptions")))
    return Failure(ErrorKind::kInvalid, "its machine is of another subscription than repair.aks_cluster");
  const std::string group = Text(labels, "kubernetes.azure.com/cluster");
  if (!group.empty() && !EqualNames(group, id->Of("resourceGroups")))
    return Failure(ErrorKind::kInvalid, "its machine is of another resource group than its label says");
  AksMachine machine{.name = Text(metadata, "name"),
                     .pool = Text(labels, "kubernetes.azure.com/agentpool"),
                     .system = Text(labels, "kubernetes.azure.com/mode") == "system"};
  if (machine.pool.empty()) machine.pool = Text(labels, "agentpool");
  if (machine.pool.empty()) return Failure(ErrorKind::kInvalid, "no label says which agent pool it is of");
  if (IsInstance(*id)) machine.instance = id->text();
  return machine;
}

Result<AksRequest> AksRequestOf(RepairStep step, const AksMachine& machine, const ArmId& cluster) {
  if (step == RepairStep::kReplace) {
    return AksRequest{.path = fmt::format("{}/agentPools/{}/deleteMachines{}", cluster.text(),
                                          UrlEncode(machine.pool), kAksVersion),
                      .body = json{{"machineNames", {machine.name}}}.dump()};
  }
  const bool instance = step == RepairStep::kReboot || step == RepairStep::kReimage;
  if (!instance) return Failure(ErrorKind::kInvalid, fmt::format("Azure cannot {}", Name(step)));
  if (machine.instance.empty())
    return Failure(ErrorKind::kInvalid, "its machine is no instance of a scale set");
  return AksRequest{.path =
                        fmt::format("{}/{}{}", machine.instance,
                                    step == RepairStep::kReboot ? "restart" : "reimage", kComputeVersion)};
}

}  // namespace loadline::collector
