// How each repair step is made at the API server. Belongs to one thread.
#pragma once

#include <memory>
#include <set>
#include <stop_token>
#include <string>

#include "collector/kube_api/kube_client.h"
#include "collector/kube_repair/aks_steps.h"
#include "collector/kube_repair/drain.h"
#include "collector/kube_repair/node_objects.h"
#include "collector/kube_repair/step_webhook.h"

namespace loadline::collector {

// Who acts on what is decided.
enum class RepairBy : std::uint8_t {
  kKubernetes,  // the collector: cordon, drain, uncordon, and the agent's pod
  kCondition,   // others: the collector only says on the node what it needs
  kWebhook,     // a service of others, which is told and says how it went
  kAks,         // as kKubernetes, and machines by Azure
};

struct NodeStepsOptions {
  RepairBy by = RepairBy::kKubernetes;
  std::string agent_account;  // "system:serviceaccount:NAMESPACE:NAME", by which the agent's pod is known
  DrainPermits permits;
  Duration drain_within = std::chrono::minutes(5);
  StepWebhookOptions webhook{};  // counts by kWebhook
  AksOptions aks{};              // counts by kAks
};

// What can be done that way, but for what is always.
std::set<RepairStep> StepsOf(const NodeStepsOptions& options);

class NodeSteps {
 public:
  // What is known of a step that takes more than one look.
  struct Progress {
    std::unique_ptr<Drain> drain;
    StepWebhook::Progress webhook{};
    AksSteps::Progress aks{};
  };

  // All outlive it. A request that waits ends within a second of `stop`.
  NodeSteps(KubeClient& api, const Clock& clock, const NodeStepsOptions& options, std::stop_token stop = {})
      : api_(api),
        nodes_(api),
        clock_(clock),
        options_(options),
        webhook_(options.webhook, clock, stop),
        aks_(api, options.aks, clock, std::move(stop)) {}

  // Makes a step, or goes on with it. Fails with the API server: kUnavailable may pass, as a node does that has just
  // changed.
  Result<OrderNews> Make(const RepairIntent& order, Progress& progress);
  // Whether an order of an earlier process was carried out, or how far it came of one that we left.
  Result<OrderNews> AskAfter(const RepairIntent& order, Progress& progress);
  // As an Event of the node; at most a line in the log when it cannot be.
  void Post(const RepairIntent& order, const OrderNews& news);

 private:
  Result<OrderNews> Cordon(const RepairIntent& order);
  Result<OrderNews> Uncordon(const RepairIntent& order);
  Result<OrderNews> RestartAgent(const RepairIntent& order);
  Result<OrderNews> DrainOf(const RepairIntent& order, Progress& progress);
  Result<OrderNews> GiveUp(const RepairIntent& order);
  Result<OrderNews> Say(const RepairIntent& order);
  Result<OrderNews> Unsay(const RepairIntent& order);
  Result<OrderNews> Hand(const RepairIntent& order, Progress& progress);
  [[nodiscard]] bool IsPosted(RepairStep step) const;

  [[nodiscard]] bool IsAzures(RepairStep step) const;

  KubeClient& api_;
  NodeObjects nodes_;
  const Clock& clock_;
  const NodeStepsOptions& options_;
  StepWebhook webhook_;
  AksSteps aks_;
};

}  // namespace loadline::collector
