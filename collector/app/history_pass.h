// Carries histories of containers between the model and the checkpoints of the cluster's autoscalers, a slice
// at a time. Lives on the core thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "collector/kube_vpa/vpa_checkpoints.h"
#include "collector/model/model.h"

namespace loadline::collector {

class HistoryPass {
 public:
  // `checkpoints` must outlive it.
  explicit HistoryPass(VpaCheckpoints& checkpoints) : checkpoints_(checkpoints) {}

  // Hands over what is asked for until `enough`, asked now and then, says so; the rest comes with the next
  // step. How many containers have got a history from elsewhere.
  std::size_t Step(Model& model, Wall now, const std::function<bool()>& enough);

 private:
  std::size_t TakeOver(Model& model, Wall now);

  VpaCheckpoints& checkpoints_;
  std::vector<std::string> todo_;  // workloads to be given
};

}  // namespace loadline::collector
