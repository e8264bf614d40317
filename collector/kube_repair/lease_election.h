// A Lease that one of several processes holds: the rules of client-go's leader election.
//
//   LeaseElection election(clock, {.space = "loadline-system", .identity = "loadline-collector-0_1f0c"});
//   Duration wait = election.Round(api);   // again after that time, as long as it is wanted
//   election.Release(api);                 // at the end
//
// Whoever holds it renews it each five seconds. Who another one's lease is, is judged by how long it was not seen to change, on
// this process's own clock that nobody sets; a holder counts from before it asked, and for less long (renew_within) than
// all others do (lasts): it has stood down before the first of them may take over, as long as no clock runs half as fast
// again as another. Not bounded is a process that is stopped between the question whether it holds and the act that
// follows.
#pragma once

#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/kube_api/kube_client.h"
#include "collector/kube_repair/lease_record.h"
#include "collector/repair/leadership.h"

namespace loadline::collector {

struct LeaseOptions {
  std::string space;
  std::string name = "loadline-repair";
  std::string identity;  // of this process, and of no other that ever was
  Duration lasts = std::chrono::seconds(15);
  Duration renew_within = std::chrono::seconds(10);
  Duration renew_each = std::chrono::seconds(5);
  Duration ask_each = std::chrono::seconds(2);
  // What was not answered by then did not come about, as far as we know.
  Duration answer_within = std::chrono::seconds(3);
};

class LeaseElection final : public Leadership {
 public:
  // `clock` must outlive it.
  LeaseElection(const Clock& clock, LeaseOptions options) : clock_(clock), options_(std::move(options)) {}

  // Asks for the lease, or renews it. Returns after how long to call again. Rounds and Release belong to one thread.
  Duration Round(KubeClient& api);
  // Who repairs, once for each change.
  void Log();
  // Stands down, and says so to the others if it can.
  void Release(KubeClient& api);

  [[nodiscard]] std::optional<StandBy> StandingBy() const override;
  // On the lease itself (repairs_on_lease.h), with the next round.
  void Record(std::vector<RecordedRepair> repairs) override;
  [[nodiscard]] bool OnRecord(std::string_view key) const override;
  [[nodiscard]] std::vector<RecordedRepair> Recorded() const override;
  // A round has something to write besides the renewal.
  [[nodiscard]] bool HasNews() const;
  // "loadline-system/loadline-repair"
  [[nodiscard]] std::string Id() const { return options_.space + "/" + options_.name; }

 private:
  enum class Step : std::uint8_t { kOver, kAgain };

  Result<void> Try(KubeClient& api);
  Result<void> Read(KubeClient& api);
  Result<Step> Claim(KubeClient& api);
  void See(nlohmann::json lease);
  void SeeRepairs(std::string text);
  void Forget();
  [[nodiscard]] std::optional<std::string> Wanted() const;
  [[nodiscard]] bool Holds(Mono now) const {
    return held_since_ && now - *held_since_ < options_.renew_within;
  }
  [[nodiscard]] bool HeldByAnother(Mono now) const;
  [[nodiscard]] std::string Collection() const;
  [[nodiscard]] std::string Path() const { return Collection() + "/" + options_.name; }

  const Clock& clock_;
  const LeaseOptions options_;

  // As it was last seen, and when that was first seen so. Of the thread of rounds.
  nlohmann::json lease_;
  LeaseRecord record_;
  Mono changed_{};
  bool asked_ = false;  // for it to be ours
  std::string logged_ = "?";

  mutable std::mutex mutex_;              // of what follows
  std::optional<Mono> held_since_;        // it was asked for, before it was last got
  std::string other_;                     // who holds it; empty: nobody else, or it is not known
  std::string trouble_;                   // of the last round; empty: none
  std::optional<std::string> wanted_;     // what is to stand there of repairs; nothing: what does
  std::string stands_;                    // what stands there
  std::vector<RecordedRepair> recorded_;  // the same
};

}  // namespace loadline::collector
