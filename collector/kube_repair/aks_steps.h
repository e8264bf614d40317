// Repair steps that Azure carries out: a machine is deleted from its agent pool, or, where that is allowed, its instance of a
// scale set is restarted or reimaged. Belongs to one thread.
//
// What is under way stands on the node, in an annotation: the order before Azure is asked, and where it is asked after
// since then. So a process that was killed in between asks what became of it, and no machine is restarted twice.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "collector/azure/arm_change.h"
#include "collector/azure/arm_id.h"
#include "collector/kube_repair/aks_machine.h"
#include "collector/kube_repair/node_objects.h"
#include "collector/repair/executor.h"

namespace loadline::collector {

struct AksOptions {
  std::string cluster;  // its resource id
  std::string endpoint = "https://management.azure.com";
  // Restart and reimage of instances: Microsoft supports no cluster whose machines were changed past AKS.
  bool instances = false;
  AzureCredential credential{};
  // How long a step may take, and how long Azure may put it off. Of one that is not over by then nobody can tell.
  Duration within = std::chrono::minutes(30);
};

class AksSteps {
 public:
  // What is known of a step that is under way.
  struct Progress {
    std::optional<Mono> begun{};
    Mono next{};  // when Azure is asked
    bool perhaps_begun = false;
    std::string operation{};  // where it is asked after; empty: it is not begun
    std::string words{};
  };

  // All outlive it.
  AksSteps(KubeClient& api, const AksOptions& options, const Clock& clock, std::stop_token stop);

  // Begins a step, or goes on with it. Fails with the API server.
  Result<OrderNews> Make(const RepairIntent& order, Progress& progress);
  // Begins nothing: what became of a step that was begun, or perhaps was not.
  Result<OrderNews> AskAfter(const RepairIntent& order, Progress& progress);

 private:
  Result<OrderNews> First(const RepairIntent& order, Progress& progress);
  OrderNews Taken(const RepairIntent& order, ArmNews news, Progress& progress);
  OrderNews Look(const RepairIntent& order, Progress& progress);
  OrderNews Done(const RepairIntent& order);
  void Keep(const std::string& node, nlohmann::json patch);
  OrderNews Gone(const RepairIntent& order);
  Result<void> CheckPool(const AksMachine& machine);
  [[nodiscard]] bool Waits(const Progress& progress) const { return clock_.Now() < progress.next; }
  [[nodiscard]] bool IsLate(const Progress& progress) const {
    return clock_.Now() - progress.begun.value_or(clock_.Now()) >= options_.within;
  }

  KubeClient& api_;
  NodeObjects nodes_;
  const AksOptions& options_;
  const Clock& clock_;
  const std::stop_token stop_;
  const std::optional<ArmId> cluster_;
  ArmChanges changes_;
};

}  // namespace loadline::collector
