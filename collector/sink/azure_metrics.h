// Azure Monitor's custom metrics (preview): a few gauges of the cluster each minute, so that Azure's own
// metric alerts and dashboards see them within seconds.
//
// Not a way of telling of alerts: a metric carries no text. Each minute's documents wait, at most twenty
// minutes, for Azure takes none that are older; what is not taken in time is dropped and counted.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <thread>
#include <vector>

#include "collector/azure/azure_client.h"
#include "collector/sink/lane.h"
#include "collector/snapshot/snapshot.h"

namespace loadline::collector {

struct AzureMetricsOptions {
  std::string endpoint;  // of the resource's region: https://eastus.monitoring.azure.com
  // The resource whose metrics they become, best the cluster: /subscriptions/.../managedClusters/NAME
  std::string resource_id;
  std::string scope = "https://monitoring.azure.com//.default";
  Duration interval = std::chrono::minutes(1);
  Duration timeout = std::chrono::seconds(20);
};

// Makes the documents of one minute: namespace Loadline; alerts_firing by severity, rule_firing by rule and
// severity, nodes by state.
class AzureGauges {
 public:
  [[nodiscard]] std::vector<nlohmann::json> Documents(const Snapshot& snapshot, Wall at);

 private:
  // A rule that fires no more is said to be zero for an hour: an alert on it must see that to resolve.
  std::map<std::pair<std::string, std::string>, Wall> fired_;
};

class AzureMetrics {
 public:
  // `source` gives the latest snapshot or null; called on a thread of its own. `clock` outlives it.
  AzureMetrics(AzureMetricsOptions options, std::shared_ptr<AzureTokens> tokens,
               std::function<std::shared_ptr<const Snapshot>()> source, const Clock& clock);

  // `messages` and `waiting` count minutes; `refused` those that were dropped too.
  [[nodiscard]] LaneCounters counters() const;

  // What the thread does each time: takes a minute's documents when one is due, sends what waits. Returns
  // when to come again. For tests; the thread is not started by then.
  Duration Step(const std::stop_token& stop);
  void Start();

 private:
  struct Minute {
    Wall at{};
    std::string documents;
  };
  void Gather(Wall now);
  void Note(const ItemAnswer& answer);

  const AzureMetricsOptions options_;
  const std::function<std::shared_ptr<const Snapshot>()> source_;
  const Clock& clock_;
  AzureClient client_;
  AzureGauges gauges_;
  std::deque<Minute> waiting_;
  Wall next_{};
  mutable std::mutex mutex_;
  LaneCounters counters_;
  std::jthread thread_;  // last: it uses everything above
};

}  // namespace loadline::collector
