// Puts together what the decision to resize is made from, and hands its orders on. Lives on the core thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "collector/app/resizing.h"
#include "collector/apply/applier.h"
#include "collector/kube/kubernetes.h"
#include "collector/model/model.h"
#include "collector/store/store.h"

namespace loadline::collector {

class ApplyPass final : public Resizing {
 public:
  // All must outlive it; the cluster watches what in-place resizing needs.
  ApplyPass(const ApplyOptions& options, Kubernetes& cluster, Store& store);

  // The trials as they were. What cannot be read is left out and said.
  Result<void> Recover();
  std::vector<HappeningView> Step(const Model& model, Wall now) override;
  void Killed(const KillSeen& kill) override;
  std::vector<HappeningView> Grows(const Model& model, const GrowthSeen& growth, Wall now) override;
  [[nodiscard]] ApplyView View() const override;

 private:
  Subject SubjectOf(const Model& model, const std::string& workload_id, std::vector<SizablePod> pods) const;
  [[nodiscard]] std::string Blocked(const std::string& workload_id, const std::vector<SizablePod>& pods,
                                    const NamespaceRules& rules) const;
  [[nodiscard]] std::vector<LimitCap> CapsOf(const Model& model, const GrowthSeen& growth,
                                             const SizablePod& pod, Wall now) const;
  [[nodiscard]] Result<void> Save(const std::string& workload_id, Wall now);
  void Tell(const std::vector<ApplyNews>& news, Wall now, std::vector<HappeningView>& happenings);
  void ForgetOthers(const std::map<std::string, std::vector<SizablePod>>& opted_in, Wall now);

  Kubernetes& cluster_;
  Store& store_;
  Applier applier_;
  std::map<std::string, std::uint64_t> outcomes_;  // by the name of the news
  // What was given out of a node's free memory of late, which its agent may not show yet.
  struct Given {
    std::string node;
    Bytes bytes{};
    Wall at{};
  };
  std::vector<Given> given_;
};

}  // namespace loadline::collector
