// Repair steps, carried out at the API server by a thread of its own.
//
// Everything that it does can be done twice without harm, and what was done stands on the node (kLastOrder): of an order of
// an earlier process it says done, or not begun. Of what only a cloud can do it does nothing (RepairOptions::can).
//
// Nothing is changed while another collector leads, or may: what was begun is then looked at as an order of an earlier
// process is. A request that was under way is answered, or given up, within a minute; whoever takes over looks on for
// longer than that by default.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "collector/kube_api/access.h"
#include "collector/kube_repair/node_steps.h"
#include "collector/repair/executor.h"
#include "collector/repair/leadership.h"

namespace loadline::collector {

class NodeOrders final : public RepairExecutor {
 public:
  // Clock and lead must outlive it.
  NodeOrders(KubeAccess access, const Clock& clock, const Leadership& lead, NodeStepsOptions options);
  ~NodeOrders() override;
  NodeOrders(const NodeOrders&) = delete;
  NodeOrders& operator=(const NodeOrders&) = delete;

  void Begin(const RepairIntent& order) override;
  OrderNews Look(const RepairCase& repair) override;

 private:
  // One that is under way: carried out, or, of an earlier process, asked after.
  struct Job {
    RepairIntent order;
    bool asked_after = false;
    Mono begun{};
    NodeSteps::Progress progress{};
  };

  void Add(Job job);
  void Work(const std::stop_token& stop);
  OrderNews Try(NodeSteps& steps, Job& job);
  void Record(const Job& job, OrderNews news);

  const KubeAccess access_;
  const Clock& clock_;
  const Leadership& lead_;
  const NodeStepsOptions options_;
  std::mutex mutex_;
  std::condition_variable_any more_;
  std::vector<Job> coming_;
  std::map<std::string, OrderNews, std::less<>> news_;  // by order, until it was heard
  std::jthread working_;
};

}  // namespace loadline::collector
