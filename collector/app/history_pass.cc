#include "collector/app/history_pass.h"

#include <spdlog/spdlog.h>

#include <iterator>

#include "collector/usage/checkpoints.h"

namespace loadline::collector {
namespace {

constexpr std::size_t kSlice = 32;  // workloads between two looks at the clock

// One without any sample is nothing to go by.
void AddHistories(const Model& model, const std::string& workload_id, Wall now,
                  std::vector<ContainerHistory>& histories) {
  const auto workload = model.workload_by_id().find(workload_id);
  if (workload == model.workload_by_id().end()) return;
  for (const ContainerId id : model.workloads()[workload->second].containers) {
    const Container& container = model.containers()[id];
    std::vector<const ContainerUsage*> running;
    std::vector<const ContainerUsage*> gone;
    for (const ReplicaId replica : container.replicas) running.push_back(&model.replicas()[replica].usage);
    if (container.past != nullptr) gone.push_back(container.past.get());
    for (const Container::ClassPast& past : container.class_pasts) gone.push_back(&past.usage);
    if (container.taken_over != nullptr) gone.push_back(container.taken_over.get());
    VpaCheckpoint data = CheckpointOf(running, gone, now);
    if (data.samples > 0) histories.push_back({workload_id, container.name, std::move(data)});
  }
}

}  // namespace

std::size_t HistoryPass::TakeOver(Model& model, Wall now) {
  std::size_t taken = 0;
  for (const ContainerHistory& found : checkpoints_.TakeFound()) {
    auto usage = ContainerUsage::FromCheckpoint(found.data);
    if (!usage) {
      spdlog::warn("the checkpoint of {} container '{}' is not taken over: {}", found.workload_id,
                   found.container, usage.error().message);
      continue;
    }
    if (model.TakeOver(found.workload_id, found.container, *std::move(usage), now)) ++taken;
  }
  if (taken > 0) spdlog::info("{} containers begin with the history of their autoscaler's checkpoint", taken);
  return taken;
}

std::size_t HistoryPass::Step(Model& model, Wall now, const std::function<bool()>& enough) {
  const std::size_t taken = TakeOver(model, now);
  if (todo_.empty()) todo_ = checkpoints_.TakeWanted();
  std::vector<ContainerHistory> histories;
  for (std::size_t done = 1; !todo_.empty(); ++done) {
    AddHistories(model, todo_.back(), now, histories);
    todo_.pop_back();
    if (done % kSlice == 0 && enough()) break;
  }
  if (!histories.empty()) checkpoints_.Give(std::move(histories));
  return taken;
}

}  // namespace loadline::collector
