// The lease on repairing a cluster's nodes, kept by a thread of its own from construction to destruction.
#pragma once

#include <memory>
#include <thread>

#include "collector/kube_api/access.h"
#include "collector/kube_repair/lease_election.h"

namespace loadline::collector {

class RepairLease final : public Leadership {
 public:
  // `clock` must outlive it. Whoever acts by it ends before it does: at its end the lease is given back.
  RepairLease(KubeAccess access, const Clock& clock, LeaseOptions options);
  ~RepairLease() override;
  RepairLease(const RepairLease&) = delete;
  RepairLease& operator=(const RepairLease&) = delete;

  [[nodiscard]] std::optional<StandBy> StandingBy() const override { return election_.StandingBy(); }
  void Record(std::vector<RecordedRepair> repairs) override { election_.Record(std::move(repairs)); }
  [[nodiscard]] bool OnRecord(std::string_view key) const override { return election_.OnRecord(key); }
  [[nodiscard]] std::vector<RecordedRepair> Recorded() const override { return election_.Recorded(); }

 private:
  void Keep(const std::stop_token& stop);
  void WaitForNews(Duration most, const std::stop_token& stop) const;

  const KubeAccess access_;
  const Clock& clock_;
  LeaseElection election_;
  std::jthread keeping_;
};

// "loadline-collector-0_5f2c09e1d3a77b40": of this process on a host, and of no other. A pod of a StatefulSet has the name
// of the one before it, which may run on behind a cut cable.
std::string LeaseIdentity(const std::string& host);

}  // namespace loadline::collector
