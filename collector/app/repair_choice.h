// How nodes are repaired, as the configuration has it.
#pragma once

#include "collector/config/config.h"
#include "collector/kube_repair/node_steps.h"
#include "collector/repair/repairer.h"
#include "collector/sink/azure_settings.h"
#include "schemas/base/result.h"

namespace loadline::collector {

struct RepairChoice {
  RepairOptions options;
  NodeStepsOptions steps;
  bool unanswered_is_gone = false;
  bool drain_before_events = false;
  std::string lease_space;  // empty: where the collector is

  // Something is carried out in some pool.
  [[nodiscard]] bool acts() const;
  // Off in all pools.
  [[nodiscard]] bool idle() const;
};

// Fails with what is wrong and where: "repair.pools: ...".
Result<RepairChoice> ChooseRepair(const RepairConfig& config, const std::string& agent_account,
                                  const AzureSettings& azure = {});

}  // namespace loadline::collector
