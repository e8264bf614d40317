// Which cluster is followed, and what of it. The table `kubernetes` of the configuration holds this.
#pragma once

#include <string>

namespace loadline::collector {

struct KubernetesOptions {
  std::string kubeconfig;  // empty: in-cluster
  // Of agents, "system:serviceaccount:NAMESPACE:NAME"; empty: any account's token will do.
  std::string agent_account;
  std::string audience = "loadline";
  // ConfigMap "NAMESPACE/NAME" in which agents find our public key; empty: none.
  std::string key_config_map;
  // Also watch what surrounds workloads: horizontal autoscalers, limit ranges, quotas and nodes.
  bool surroundings = false;
  // Also watch namespaces, by their metadata: they may want rules of alerts otherwise.
  bool namespaces = false;
  // Also resize pods in place: watch workloads and disruption budgets.
  bool in_place = false;
  // Watch Deployments, StatefulSets and DaemonSets: needed where autoscalers are made for them.
  bool workloads = false;
  // Keep what is needed to take usage from metrics.k8s.io.
  bool metered = false;
};

}  // namespace loadline::collector
