#include "collector/apply/applier.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace loadline::collector {

// One step of one workload.
struct Applier::Turn {
  const Subject& subject;
  Trial& trial;
  const Wall now;
  Outcome& outcome;

  [[nodiscard]] const SizablePod* Pod(const std::string& uid) const {
    const auto it = std::ranges::find(subject.pods, uid, &SizablePod::uid);
    return it == subject.pods.end() || it->leaving ? nullptr : &*it;
  }
  [[nodiscard]] bool LeftAlone(const SizablePod& pod) const {
    return std::ranges::find(trial.left_alone, pod.uid) != trial.left_alone.end();
  }
  // With what was ordered of it and does not show yet.
  [[nodiscard]] SizablePod AsOrdered(const SizablePod& pod) const {
    SizablePod ordered = pod;
    const auto raised = std::ranges::find(trial.raised, pod.uid, &Trial::Raised::uid);
    if (raised != trial.raised.end() && raised->refused.empty()) ordered.wanted = raised->size;
    return ordered;
  }
  [[nodiscard]] HeldLimits Held() const {
    HeldLimits held;
    for (const Rescue& rescue : trial.rescues) {
      if (!rescue.raised()) continue;
      Bytes& limit = held[rescue.container];
      limit = std::max(limit, rescue.to);
    }
    return held;
  }
  [[nodiscard]] Duration InPhase() const { return now - trial.since; }
  void Enter(TrialPhase phase, std::string reason) {
    trial.phase = phase;
    trial.since = now;
    trial.reason = std::move(reason);
    outcome.changed = true;
  }
  void Tell(ApplyNews::Kind kind, const std::string& pod, std::string text) {
    outcome.news.push_back({kind, subject.workload_id, pod, std::move(text)});
  }
};

namespace {

constexpr Duration kAskAgain = std::chrono::seconds(10);
// By then the advice knows of a kill, and a container that waits to be started again runs.
constexpr Duration kRaiseWithin = std::chrono::hours(1);

bool Usable(const SizablePod& pod) {
  return pod.ready && !pod.leaving && pod.resize == ResizeState::kNone;
}

bool Stuck(const SizablePod& pod) {
  return pod.resize == ResizeState::kInfeasible || pod.resize == ResizeState::kError;
}

bool Done(const SizablePod& pod, const PodSize& size) {
  return pod.wanted == size && pod.resize == ResizeState::kNone && Same(size, pod.given);
}

// More memory for some container, and less for none: then a kill speaks for it.
bool RaisesMemory(const PodSize& before, const PodSize& after) {
  bool raises = false;
  for (const ContainerSize& now : after) {
    const auto was = std::ranges::find(before, now.name, &ContainerSize::name);
    if (was == before.end()) continue;
    if (now.request.memory < was->request.memory || now.limit.memory < was->limit.memory) return false;
    raises = raises || now.limit.memory > was->limit.memory || now.request.memory > was->request.memory;
  }
  return raises;
}

// The container whose cgroup has less than it was raised to, though nobody may say so: a kubelet does not carry out a
// resize of a container that waits to be started again, and says that it did. Empty: none is known.
std::string ShortOf(const std::vector<PodWindow>& windows, const Trial::Raised& raised) {
  for (const PodWindow& window : windows) {
    const auto size = std::ranges::find(raised.size, window.container, &ContainerSize::name);
    if (window.pod_uid != raised.uid || window.memory_limit <= 0 || size == raised.size.end()) continue;
    if (window.memory_limit < size->limit.memory && !SameLimit(window.memory_limit, size->limit.memory))
      return fmt::format("the cgroup of {} still has {}", window.container, FormatBytes(window.memory_limit));
  }
  return {};
}

std::string WhyNot(const SizablePod& pod, const Trial::Raised& raised, const std::string& short_of) {
  if (!raised.refused.empty()) return raised.refused;
  if (pod.backing_off)
    return "a container of it waits to be started again, and kubelets resize none that does";
  if (!pod.resize_message.empty()) return pod.resize_message;
  if (!Done(pod, raised.size)) return "the kubelet has not done it";
  return "the kubelet says that it has, but " + short_of;
}

}  // namespace

const char* Name(TrialPhase phase) {
  static constexpr std::array<const char*, 7> kNames = {"resting", "measuring", "resizing", "soaking",
                                                        "rolling", "settling",  "reverting"};
  return kNames.at(static_cast<std::size_t>(phase));
}

const char* Name(ApplyNews::Kind kind) {
  static constexpr std::array<const char*, 6> kNames = {"ResizeBegun",   "ResizeDone",   "ResizeReverted",
                                                        "ResizeGivenUp", "ResizeRaised", "ResizeRescued"};
  return kNames.at(static_cast<std::size_t>(kind));
}

Applier::Outcome Applier::Step(const Subject& subject, Wall now) {
  Outcome outcome;
  Turn turn{subject, trials_[subject.workload_id], now, outcome};
  ForgetRescues(turn);
  AwaitRaised(turn);
  RaiseKilled(turn);
  switch (turn.trial.phase) {
    case TrialPhase::kResting:
      Rest(turn);
      break;
    case TrialPhase::kMeasuring:
      Measure(turn);
      break;
    case TrialPhase::kResizing:
      AwaitCanary(turn);
      break;
    case TrialPhase::kSoaking:
      Soak(turn);
      break;
    case TrialPhase::kRolling:
      Roll(turn);
      break;
    case TrialPhase::kSettling:
      Settle(turn);
      break;
    case TrialPhase::kReverting:
      Revert(turn);
      break;
  }
  return outcome;
}

void Applier::Killed(const std::string& workload_id, const std::string& pod_uid) {
  const auto trial = trials_.find(workload_id);
  if (trial == trials_.end()) return;
  if (std::ranges::find(trial->second.killed, pod_uid, &Trial::Killed::uid) == trial->second.killed.end())
    trial->second.killed.push_back({pod_uid});
  for (Trial::Resized& resized : trial->second.resized) {
    if (resized.uid == pod_uid) ++resized.kills;
  }
}

void Applier::Refused(const std::string& workload_id, const std::string& pod_uid, const std::string& why) {
  const auto found = trials_.find(workload_id);
  if (found == trials_.end()) return;
  Trial& trial = found->second;
  // Told with the next step.
  if (const auto raised = std::ranges::find(trial.raised, pod_uid, &Trial::Raised::uid);
      raised != trial.raised.end()) {
    raised->refused = trial.reason = "the API server refused: " + why;
  }
  const auto resized = std::ranges::find(trial.resized, pod_uid, &Trial::Resized::uid);
  if (resized == trial.resized.end()) return;
  trial.reason = "the API server refused: " + why;
  // Taking back is tried again and again. Of the others, the pod is as it was, and Roll goes past it.
  if (trial.phase == TrialPhase::kResizing) trial.resized.erase(resized);
}

// ---- after a kill

void Applier::RaiseKilled(Turn& turn) const {
  Trial& trial = turn.trial;
  std::erase_if(trial.killed, [&](Trial::Killed& killed) {
    if (killed.seen == Wall{}) killed.seen = turn.now;
    const SizablePod* pod = turn.Pod(killed.uid);
    // What is being taken back is not raised before all have what they had.
    if (turn.subject.resized_by_others || trial.phase == TrialPhase::kReverting) return false;
    if (pod == nullptr || turn.now - killed.seen > kRaiseWithin) return true;
    if (pod->backing_off) return false;
    const Fit fit = FitAfterKill(turn.AsOrdered(*pod), turn.subject, options_.fit);
    if (fit.changes) Raise(turn, *pod, fit);
    return fit.changes;
  });
}

void Applier::Raise(Turn& turn, const SizablePod& pod, const Fit& fit) const {
  Order(turn, {.pod = pod.name, .uid = pod.uid, .size = fit.size, .at = turn.now});
  turn.Tell(ApplyNews::Kind::kRaised, pod.name,
            fmt::format("Raised {} after an OOM kill: {}", pod.name, fit.why));
  EndTrial(turn, "raised after an OOM kill: " + fit.why);
}

void Applier::Order(Turn& turn, Trial::Raised raised) const {
  std::erase_if(turn.trial.raised, [&](const Trial::Raised& other) { return other.uid == raised.uid; });
  turn.outcome.orders.push_back({turn.subject.workload_id, raised.pod, raised.uid, raised.size});
  turn.trial.raised.push_back(std::move(raised));
}

// What a trial under way went by is no longer so.
void Applier::EndTrial(Turn& turn, std::string why) const {
  turn.trial.accepted.clear();
  turn.trial.resized.clear();
  turn.Enter(TrialPhase::kResting, std::move(why));
}

void Applier::AwaitRaised(Turn& turn) const {
  std::erase_if(turn.trial.raised, [&](const Trial::Raised& raised) {
    const SizablePod* pod = turn.Pod(raised.uid);
    if (pod == nullptr) return true;
    const std::string short_of = ShortOf(turn.subject.windows, raised);
    if (raised.refused.empty()) {
      if (Done(*pod, raised.size) && short_of.empty()) return true;
      if (turn.now - raised.at <= options_.settle && !Stuck(*pod)) return false;
    }
    turn.Tell(ApplyNews::Kind::kGivenUp, raised.pod,
              fmt::format("{} was to be raised {} an OOM kill, and is not: {}", raised.pod,
                          raised.before_kill ? "before" : "after", WhyNot(*pod, raised, short_of)));
    return true;
  });
}

// ---- before a kill

Applier::Outcome Applier::Grows(const Subject& subject, const GrowthSign& sign,
                                std::span<const LimitCap> caps, Wall now) {
  Outcome outcome;
  if (!options_.rescue.enabled || subject.resized_by_others) return outcome;
  Turn turn{subject, trials_[subject.workload_id], now, outcome};
  const SizablePod* pod = turn.Pod(sign.pod_uid);
  if (pod == nullptr) return outcome;
  const auto advice = std::ranges::find(subject.advice, sign.container, &ContainerAdvice::name);
  if (advice != subject.advice.end() && advice->limits_stay) return outcome;
  RescueChoice choice =
      ChooseRescue(turn.AsOrdered(*pod), subject.bounds, sign, caps, turn.trial.rescues, now);
  if (choice.kind == RescueChoice::Kind::kNotOurs) return outcome;
  const std::string fate =
      fmt::format("{} of {} would have been OOM-killed by {:%H:%M:%S} UTC", sign.container, pod->name,
                  std::chrono::floor<std::chrono::seconds>(sign.full_by));
  if (choice.kind == RescueChoice::Kind::kRaise) {
    RaiseBefore(turn, *pod, choice, fate);
  } else {
    turn.Tell(ApplyNews::Kind::kGivenUp, pod->name,
              fmt::format("{}, and its memory limit of {} is not raised: {} allows no more", fate,
                          FormatBytes(choice.decision.from), choice.by));
  }
  Remember(turn.trial.rescues, std::move(choice.decision), now);
  outcome.changed = true;
  return outcome;
}

// What is being taken back from the others goes on: of this pod it is forgotten.
void Applier::RaiseBefore(Turn& turn, const SizablePod& pod, const RescueChoice& choice,
                          const std::string& fate) const {
  const std::string text = fmt::format("{}; its memory limit is raised from {} to {}{}", fate,
                                       FormatBytes(choice.decision.from), FormatBytes(choice.decision.to),
                                       choice.by.empty() ? "" : ", all that " + choice.by + " allows");
  turn.Tell(ApplyNews::Kind::kRescued, pod.name, text);
  Order(turn, {.pod = pod.name, .uid = pod.uid, .size = choice.size, .at = turn.now, .before_kill = true});
  if (turn.trial.phase == TrialPhase::kReverting) {
    std::erase_if(turn.trial.resized, [&](const Trial::Resized& resized) { return resized.uid == pod.uid; });
  } else {
    EndTrial(turn, text);
  }
}

// Those of pods that are gone, and those that the recommendation has had a day to know.
void Applier::ForgetRescues(Turn& turn) const {
  const std::size_t gone = std::erase_if(turn.trial.rescues, [&](const Rescue& rescue) {
    return turn.Pod(rescue.uid) == nullptr || turn.now - rescue.at >= options_.retry_after;
  });
  if (gone > 0) turn.outcome.changed = true;
}

// ---- before a trial

void Applier::Rest(Turn& turn) const {
  if (!turn.subject.blocked.empty()) {
    turn.trial.reason = turn.subject.blocked;
    return;
  }
  if (turn.InPhase() >= options_.retry_after) turn.trial.left_alone.clear();
  if (!turn.trial.accepted.empty()) Catch(turn);
  if (turn.trial.phase == TrialPhase::kResting && turn.now >= turn.trial.not_before) Begin(turn);
}

// Pods that were made since, from the template, get what was found good.
void Applier::Catch(Turn& turn) const {
  const auto late = std::ranges::find_if(turn.subject.pods, [&](const SizablePod& pod) {
    return Usable(pod) && !turn.LeftAlone(pod) && pod.wanted != turn.trial.accepted &&
           MayFollow(pod, turn.trial.accepted, turn.subject);
  });
  if (late == turn.subject.pods.end()) return;
  turn.trial.target = turn.trial.accepted;
  turn.trial.resized.clear();
  turn.Enter(TrialPhase::kRolling, "pods that are new get what was found good");
}

// The first pod that is to change: one that was raised by itself, or has what was found good, says nothing of the others.
void Applier::Begin(Turn& turn) const {
  std::string why = "no pod is ready";
  for (const SizablePod& pod : turn.subject.pods) {
    if (!Usable(pod)) continue;
    Fit fit = turn.LeftAlone(pod) ? Fit{.why = "the nodes of its pods have no room"}
                                  : FitPod(pod, turn.subject, options_.fit, turn.Held());
    if (!fit.changes) {
      why = std::move(fit.why);
      continue;
    }
    turn.trial.canary = pod.uid;
    turn.trial.target = std::move(fit.size);
    turn.trial.before.clear();
    turn.trial.resized.clear();
    turn.Enter(TrialPhase::kMeasuring, fmt::format("measuring {} before {}", pod.name, fit.why));
    return;
  }
  turn.trial.reason = std::move(why);
}

// ---- the canary

void Applier::Measure(Turn& turn) const {
  Trial& trial = turn.trial;
  const SizablePod* canary = turn.Pod(trial.canary);
  if (canary == nullptr || !Usable(*canary) || !turn.subject.blocked.empty()) {
    turn.Enter(TrialPhase::kResting, canary == nullptr ? "the canary is gone" : "the canary is not ready");
    return;
  }
  AddWindows(trial.before, turn.subject.windows, trial.canary, trial.since);
  if (turn.InPhase() < options_.soak) return;
  if (Measured(trial.before) < options_.soak / 2) {
    if (turn.InPhase() > 3 * options_.soak) {
      trial.not_before = turn.now + options_.pause;
      turn.Enter(TrialPhase::kResting, "nothing was measured of " + canary->name);
    }
    return;
  }
  // What it should ask for may have moved meanwhile.
  Fit fit = FitPod(*canary, turn.subject, options_.fit, turn.Held());
  if (!fit.changes) {
    turn.Enter(TrialPhase::kResting, fit.why);
    return;
  }
  trial.target = std::move(fit.size);
  turn.Enter(TrialPhase::kResizing, fit.why);
  turn.Tell(ApplyNews::Kind::kBegun, canary->name,
            fmt::format("Resizing {} first: {}", canary->name, fit.why));
  Resize(turn, *canary, trial.target);
}

void Applier::Resize(Turn& turn, const SizablePod& pod, const PodSize& size) const {
  if (std::ranges::find(turn.trial.resized, pod.uid, &Trial::Resized::uid) == turn.trial.resized.end()) {
    turn.trial.resized.push_back(
        {.pod = pod.name, .uid = pod.uid, .before = pod.wanted, .restarts = pod.restarts});
  }
  turn.outcome.orders.push_back({turn.subject.workload_id, pod.name, pod.uid, size});
  turn.outcome.changed = true;
}

void Applier::AwaitCanary(Turn& turn) const {
  Trial& trial = turn.trial;
  const SizablePod* canary = turn.Pod(trial.canary);
  if (canary == nullptr || trial.resized.empty()) {
    const std::string why = canary == nullptr ? "the canary is gone" : trial.reason;
    trial.not_before = turn.now + options_.retry_after;
    turn.Tell(ApplyNews::Kind::kGivenUp, "", "Not resized: " + why);
    turn.Enter(TrialPhase::kResting, why);
    return;
  }
  if (Done(*canary, trial.target)) {
    turn.Enter(TrialPhase::kSoaking, fmt::format("watching {}, which was resized", canary->name));
  } else if (Stuck(*canary)) {
    LeaveAlone(turn, "the node cannot do it: " + canary->resize_message);
  } else if (turn.InPhase() > options_.settle) {
    LeaveAlone(turn, canary->resize == ResizeState::kDeferred
                         ? "the node has no room for it now: " + canary->resize_message
                         : std::string("the kubelet did not do it in time"));
  }
}

// That says something of its node, and nothing of the size: after a pause another pod goes first.
void Applier::LeaveAlone(Turn& turn, const std::string& why) const {
  PodSize accepted = std::move(turn.trial.accepted);
  TakeBack(turn, why);
  turn.trial.accepted = std::move(accepted);
  turn.trial.left_alone.push_back(turn.trial.canary);
  turn.trial.not_before = turn.now + options_.pause;
}

std::optional<std::string> Applier::WorseNow(Turn& turn) const {
  VerdictOptions options = options_.verdict;
  options.at_least = std::min(options.at_least, options_.soak / 2);
  for (Trial::Resized& resized : turn.trial.resized) {
    const SizablePod* pod = turn.Pod(resized.uid);
    const bool raised = RaisesMemory(resized.before, turn.trial.target);
    if (resized.kills > 0 && !raised) return fmt::format("{} was OOM-killed", resized.pod);
    if (pod == nullptr) continue;
    if (pod->restarts > resized.restarts && !raised)
      return fmt::format("a container of {} was restarted", resized.pod);
    AddWindows(resized.after, turn.subject.windows, resized.uid, turn.trial.since);
    if (auto worse = Worse(turn.trial.before, resized.after, options)) return resized.pod + ": " + *worse;
  }
  return std::nullopt;
}

void Applier::Soak(Turn& turn) const {
  Trial& trial = turn.trial;
  if (auto worse = WorseNow(turn)) {
    TakeBack(turn, *worse);
    return;
  }
  const SizablePod* canary = turn.Pod(trial.canary);
  if (canary == nullptr) {
    turn.Enter(TrialPhase::kResting, "the canary is gone before anything could be said");
    return;
  }
  if (turn.InPhase() < options_.soak) return;
  if (Measured(trial.resized.front().after) < options_.soak / 2) {
    if (turn.InPhase() > 3 * options_.soak) TakeBack(turn, "nothing was measured of it afterwards");
    return;
  }
  turn.Enter(TrialPhase::kRolling, "the first pod is none the worse: the others follow");
}

// ---- the others

void Applier::Roll(Turn& turn) const {
  Trial& trial = turn.trial;
  if (auto worse = WorseNow(turn)) {
    TakeBack(turn, *worse);
    return;
  }
  // One on its way at a time. A pod whose node cannot do it gets back what it had, and is left alone.
  for (Trial::Resized& resized : trial.resized) {
    const SizablePod* pod = turn.Pod(resized.uid);
    if (pod == nullptr || pod->wanted == resized.before || Done(*pod, trial.target)) continue;
    if (Stuck(*pod) || turn.InPhase() > options_.settle + options_.soak) GiveBack(turn, resized, *pod);
    return;
  }
  if (!turn.subject.blocked.empty()) return;
  for (const SizablePod& pod : turn.subject.pods) {
    const bool tried = std::ranges::find(trial.resized, pod.uid, &Trial::Resized::uid) != trial.resized.end();
    if (tried || !Usable(pod) || pod.wanted == trial.target || !MayFollow(pod, trial.target, turn.subject))
      continue;
    Resize(turn, pod, trial.target);
    return;
  }
  for (Trial::Resized& resized : trial.resized) resized.after.clear();
  turn.Enter(TrialPhase::kSettling, "all pods are resized and watched");
}

void Applier::Settle(Turn& turn) const {
  Trial& trial = turn.trial;
  if (auto worse = WorseNow(turn)) {
    TakeBack(turn, *worse);
    return;
  }
  if (turn.InPhase() < options_.soak) return;
  trial.accepted = trial.target;
  trial.left_alone.clear();
  for (const SizablePod& pod : turn.subject.pods) {
    const bool tried = std::ranges::find(trial.resized, pod.uid, &Trial::Resized::uid) != trial.resized.end();
    if (tried && pod.wanted != trial.target) trial.left_alone.push_back(pod.uid);
  }
  trial.not_before = turn.now + options_.pause;
  const std::string text = fmt::format("Resized {} pods, and none is the worse", trial.resized.size());
  turn.Tell(ApplyNews::Kind::kDone, "", text);
  turn.Enter(TrialPhase::kResting, text);
  trial.resized.clear();
}

// ---- taking back

void Applier::TakeBack(Turn& turn, const std::string& why) const {
  turn.trial.not_before = turn.now + options_.retry_after;
  turn.trial.accepted.clear();
  turn.Tell(ApplyNews::Kind::kReverted, turn.trial.resized.size() == 1 ? turn.trial.resized[0].pod : "",
            fmt::format("Taking the resize back: {}", why));
  turn.Enter(TrialPhase::kReverting, why);
  Revert(turn);
}

// Until the pod shows it, but an API server that refuses is not asked at every step.
void Applier::GiveBack(Turn& turn, Trial::Resized& resized, const SizablePod& pod) const {
  if (turn.now - resized.asked_back < kAskAgain) return;
  resized.asked_back = turn.now;
  turn.outcome.orders.push_back({turn.subject.workload_id, pod.name, pod.uid, resized.before});
}

void Applier::Revert(Turn& turn) const {
  bool all = true;
  for (Trial::Resized& resized : turn.trial.resized) {
    const SizablePod* pod = turn.Pod(resized.uid);
    if (pod == nullptr || pod->wanted == resized.before) continue;
    all = false;
    GiveBack(turn, resized, *pod);
  }
  if (!all) return;
  const std::string why = "taken back: " + turn.trial.reason;
  turn.trial.resized.clear();
  turn.Enter(TrialPhase::kResting, why);
}

}  // namespace loadline::collector
