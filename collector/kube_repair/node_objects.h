// Nodes at the API server: read, and changed by the patches of node_change.h. Each fails with the API server;
// kUnavailable may pass, as does that a node has changed since it was read. Belongs to one thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "collector/kube_api/kube_client.h"
#include "schemas/base/result.h"

namespace loadline::collector {

class NodeObjects {
 public:
  // `api` outlives it.
  explicit NodeObjects(KubeClient& api) : api_(api) {}

  Result<nlohmann::json> Get(const std::string& node);
  Result<void> Patch(const std::string& node, nlohmann::json patch);
  Result<void> PatchStatus(const std::string& node, nlohmann::json patch);

 private:
  Result<void> Send(const ApiRequest& request);

  KubeClient& api_;
};

}  // namespace loadline::collector
