// A message to one receiver on demand, past alerts, routes and groups but by the receiver's own lanes.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "collector/alert/dispatcher.h"
#include "collector/sink/lanes.h"
#include "collector/web/receiver_trial.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

// It is tried once by each way and kept nowhere. All members are thread-safe.
class Trials final : public ReceiverTrial {
 public:
  // `plan`, `lanes` and `clock` outlive it.
  Trials(const RoutingPlan& plan, Lanes& lanes, const Clock& clock, Duration patience = kPatience)
      : plan_(plan), lanes_(lanes), clock_(clock), patience_(patience) {}

  Result<std::vector<TrialOutcome>> Try(const std::string& receiver, const std::string& asked_by) override;
  // Whoever waits is answered with what is known; nobody waits again.
  void Close();

  static constexpr Duration kPatience = std::chrono::seconds(25);
  static constexpr int kMost = 4;  // at once: each holds one of the web server's threads

 private:
  struct Heard;
  Result<std::vector<TrialOutcome>> Carry(const Receiver& receiver, const std::string& asked_by);
  void Offer(const Notification& notification, const std::shared_ptr<Heard>& heard);
  [[nodiscard]] TrialOutcome Unsettled(const std::string& way, bool closed) const;

  const RoutingPlan& plan_;
  Lanes& lanes_;
  const Clock& clock_;
  const Duration patience_;
  std::atomic<int> under_way_ = 0;
  std::atomic<std::uint64_t> sent_ = 0;
  std::mutex mutex_;
  std::set<std::shared_ptr<Heard>> waiting_;  // each with a thread in Carry
  bool closed_ = false;
};

}  // namespace loadline::collector
