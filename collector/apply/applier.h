// When running pods are resized, and when that is taken back: one trial a workload.
//
// A pod is chosen and measured for the soak time as it is; it is resized and measured for as long again; only
// when it is none the worse do the others follow, one at a time, and all are watched for one more soak time.
// What gets worse is taken back, from all, and not tried again for retry_after. Pods that come later get what
// was found good, without a trial.
//
// A pod that was OOM-killed is raised at once, without a trial, as far as the advice says: it can hardly get worse.
// So what was raised is never taken back because of a kill; it is raised further.
//
// A container that is about to be full has its memory limit raised before it is killed (rescue.h), at once and by
// itself. No trial lowers it for retry_after; by then the recommendation knows the peak.
//
// No I/O, no clock. Orders are carried out by somebody else, who says nothing when they succeed: that shows
// in the pods of the next step.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "collector/apply/fit.h"
#include "collector/apply/rescue.h"
#include "collector/apply/subject.h"
#include "collector/apply/symptoms.h"

namespace loadline::collector {

struct ApplyOptions {
  FitOptions fit;
  VerdictOptions verdict;
  RescueOptions rescue;
  Duration soak = std::chrono::minutes(10);
  Duration settle = std::chrono::minutes(2);      // how long the kubelet may take
  Duration pause = std::chrono::hours(1);         // between two trials of one workload
  Duration retry_after = std::chrono::hours(24);  // after one that was taken back
};

enum class TrialPhase : std::uint8_t {
  kResting,
  kMeasuring,  // the canary as it was
  kResizing,   // the canary: ordered, not made yet
  kSoaking,    // the canary as it is now
  kRolling,    // the others, one at a time
  kSettling,   // all of them are watched
  kReverting,
};
const char* Name(TrialPhase phase);  // "resting", ...

// To resize one pod. An order that is given again must do no harm.
struct ResizeOrder {
  std::string workload_id;
  std::string pod;
  std::string pod_uid;
  PodSize size;
};

struct ApplyNews {
  enum class Kind : std::uint8_t { kBegun, kDone, kReverted, kGivenUp, kRaised, kRescued } kind{};
  std::string workload_id;
  std::string pod;   // the one it is about; empty: all
  std::string text;  // a sentence for a person
};
const char* Name(ApplyNews::Kind kind);  // "ResizeBegun", "ResizeDone", "ResizeReverted" ...

struct Trial {
  struct Resized {
    std::string pod;
    std::string uid;
    PodSize before;
    std::uint32_t restarts = 0;  // until then
    std::uint32_t kills = 0;     // since then
    std::vector<Symptoms> after;
    Wall asked_back{};  // when it was last ordered to be as before; not saved
  };
  TrialPhase phase = TrialPhase::kResting;
  Wall since{};        // of the phase
  Wall not_before{};   // of the next trial
  std::string canary;  // uid
  PodSize target;
  PodSize accepted;                     // what was found good; empty: nothing yet
  std::vector<std::string> left_alone;  // uids of pods that could not have it; for retry_after
  std::vector<Symptoms> before;
  std::vector<Resized> resized;  // in this trial
  std::string reason;            // why it is where it is

  // Pods that were OOM-killed and have not been raised since; not saved.
  struct Killed {
    std::string uid;
    Wall seen{};  // by Step; zero: not yet
  };
  std::vector<Killed> killed;
  // Those that were raised for it, or before it, until the kubelet has made it; not saved.
  struct Raised {
    std::string pod;
    std::string uid;
    PodSize size;
    Wall at{};
    bool before_kill = false;
    std::string refused{};  // by the API server, in its words
  };
  std::vector<Raised> raised;
  std::vector<Rescue> rescues;
};

class Applier {
 public:
  explicit Applier(const ApplyOptions& options) : options_(options) {}

  struct Outcome {
    std::vector<ResizeOrder> orders;
    std::vector<ApplyNews> news;
    bool changed = false;  // the trial should be saved
  };
  Outcome Step(const Subject& subject, Wall now);
  // A container of one of the subject's pods is about to be full. Its pods may be those alone that matter.
  Outcome Grows(const Subject& subject, const GrowthSign& sign, std::span<const LimitCap> caps, Wall now);
  // An OOM kill in a pod.
  void Killed(const std::string& workload_id, const std::string& pod_uid);
  // The API server would not have an order, in its words.
  void Refused(const std::string& workload_id, const std::string& pod_uid, const std::string& why);
  // The workload no longer opts in, or is gone: it stays as it is.
  void Forget(const std::string& workload_id) { trials_.erase(workload_id); }

  [[nodiscard]] const std::map<std::string, Trial>& trials() const { return trials_; }
  void Restore(std::string workload_id, Trial trial) { trials_[std::move(workload_id)] = std::move(trial); }

 private:
  struct Turn;
  void RaiseKilled(Turn& turn) const;
  void Raise(Turn& turn, const SizablePod& pod, const Fit& fit) const;
  void AwaitRaised(Turn& turn) const;
  void ForgetRescues(Turn& turn) const;
  void RaiseBefore(Turn& turn, const SizablePod& pod, const RescueChoice& choice,
                   const std::string& fate) const;
  void Order(Turn& turn, Trial::Raised raised) const;
  void EndTrial(Turn& turn, std::string why) const;
  void Rest(Turn& turn) const;
  void Begin(Turn& turn) const;
  void Catch(Turn& turn) const;
  void Measure(Turn& turn) const;
  void AwaitCanary(Turn& turn) const;
  void LeaveAlone(Turn& turn, const std::string& why) const;
  void Soak(Turn& turn) const;
  void Roll(Turn& turn) const;
  void Settle(Turn& turn) const;
  void Revert(Turn& turn) const;
  void TakeBack(Turn& turn, const std::string& why) const;
  void GiveBack(Turn& turn, Trial::Resized& resized, const SizablePod& pod) const;
  void Resize(Turn& turn, const SizablePod& pod, const PodSize& size) const;
  [[nodiscard]] std::optional<std::string> WorseNow(Turn& turn) const;

  const ApplyOptions options_;
  std::map<std::string, Trial> trials_;
};

}  // namespace loadline::collector
