#include "collector/app/apply_pass.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>

#include "collector/apply/trial_state.h"

namespace loadline::collector {
namespace {

constexpr const char* kSpace = "apply";

const char* HappeningKind(ApplyNews::Kind kind) {
  static constexpr std::array<const char*, 5> kKinds = {"resize_begun", "resize_done", "resize_reverted",
                                                        "resize_given_up", "resize_raised"};
  return kKinds.at(static_cast<std::size_t>(kind));
}

// Whether a container's cgroup is one of the pod's: systemd's slices write the uid with underscores.
bool IsOfPod(const std::string& path, const std::string& uid) {
  if (path.contains("pod" + uid)) return true;
  std::string underscored = uid;
  std::ranges::replace(underscored, '-', '_');
  return path.contains("pod" + underscored);
}

PodWindow WindowOf(const Replica& replica, const std::string& uid, const std::string& container) {
  const LiveWindow& live = replica.live;
  return {.pod_uid = uid,
          .container = container,
          .end = live.end,
          .length = live.length,
          .periods = live.throttle.periods,
          .throttled_periods = live.throttle.throttled_periods,
          .memory_stall_us = live.pressure.memory_some_us};
}

void AddContainer(const Model& model, const Container& container, Subject& subject) {
  if (const auto& advice = container.advice; advice != nullptr) {
    const Recommendation& recommended = advice->recommendation;
    subject.advice.push_back({.name = container.name,
                              .target = {.cpu = recommended.cpu.target, .memory = recommended.memory.target},
                              .history = std::chrono::duration_cast<Duration>(
                                  std::chrono::duration<double>(advice->HistorySeconds())),
                              .memory_peak = std::max(container.peak, container.peak_before),
                              .limits_stay = container.last_spec && container.last_spec->policy.limits_stay});
  }
  for (const ReplicaId id : container.replicas) {
    const Replica& replica = model.replicas()[id];
    if (!replica.running()) continue;
    const auto pod = std::ranges::find_if(
        subject.pods, [&](const SizablePod& one) { return IsOfPod(replica.path, one.uid); });
    if (pod != subject.pods.end()) subject.windows.push_back(WindowOf(replica, pod->uid, container.name));
  }
}

}  // namespace

ApplyPass::ApplyPass(const ApplyOptions& options, Kubernetes& cluster, Store& store)
    : cluster_(cluster), store_(store), applier_(options) {}

Result<void> ApplyPass::Recover() {
  const Result<std::vector<Blob>> blobs = store_.Scan(kSpace);
  if (!blobs) return Failure(blobs.error());
  for (const Blob& blob : *blobs) {
    Result<Trial> trial = LoadTrial(blob.value);
    if (trial) {
      applier_.Restore(blob.key, std::move(*trial));
    } else {
      spdlog::warn("the resize of {} under way is not known any more: {}", blob.key, trial.error().message);
    }
  }
  return {};
}

std::string ApplyPass::Blocked(const std::string& workload_id, const std::vector<SizablePod>& pods,
                               const NamespaceRules& rules) const {
  if (const auto mode = cluster_.VpaModeOf(workload_id); mode && *mode != "Off")
    return fmt::format("a VerticalPodAutoscaler in mode {} resizes it", *mode);
  for (const DisruptionBudget& budget : rules.budgets) {
    const bool covers =
        std::ranges::any_of(pods, [&](const SizablePod& pod) { return budget.selector.Matches(pod.labels); });
    if (covers && budget.allowed <= 0) return "its PodDisruptionBudget allows no disruption now";
  }
  return {};
}

Subject ApplyPass::SubjectOf(const Model& model, const std::string& workload_id,
                             std::vector<SizablePod> pods) const {
  Subject subject{.workload_id = workload_id, .pods = std::move(pods)};
  const std::string space = workload_id.substr(0, workload_id.find('/'));
  const std::shared_ptr<const Surroundings> around = cluster_.surroundings();
  const WorkloadRules rules = around->RulesFor(workload_id, space);
  subject.bounds = {.least = rules.container_bounds.least, .most = rules.container_bounds.most};
  for (const WorkloadRules::Horizontal& horizontal : rules.horizontal)
    (horizontal.resource == Resource::kCpu ? subject.bounds.cpu : subject.bounds.memory) = false;
  const std::optional<std::string> mode = cluster_.VpaModeOf(workload_id);
  subject.resized_by_others = mode && *mode != "Off";
  subject.blocked = Blocked(workload_id, subject.pods, around->RulesOf(space));
  const auto workload = model.workload_by_id().find(workload_id);
  if (workload == model.workload_by_id().end()) return subject;
  for (const ContainerId id : model.workloads()[workload->second].containers)
    AddContainer(model, model.containers()[id], subject);
  return subject;
}

void ApplyPass::ForgetOthers(const std::map<std::string, std::vector<SizablePod>>& opted_in, Wall now) {
  std::vector<Blob> gone;
  for (const auto& [workload_id, _] : applier_.trials()) {
    if (!opted_in.contains(workload_id)) gone.push_back({kSpace, workload_id, ""});
  }
  if (gone.empty() || !store_.Put(gone, now)) return;
  for (const Blob& blob : gone) applier_.Forget(blob.key);
}

std::vector<HappeningView> ApplyPass::Step(const Model& model, Wall now) {
  std::vector<HappeningView> happenings;
  InPlace& pods = *cluster_.in_place();
  if (!pods.synced()) return happenings;
  for (const RefusedOrder& refused : pods.TakeRefused())
    applier_.Refused(refused.order.workload_id, refused.order.pod_uid, refused.why);
  std::map<std::string, std::vector<SizablePod>> opted_in = pods.OptedIn();
  ForgetOthers(opted_in, now);
  for (auto& [workload_id, its_pods] : opted_in) {
    const Applier::Outcome outcome = applier_.Step(SubjectOf(model, workload_id, std::move(its_pods)), now);
    if (outcome.changed) {
      // What a pod had before is known durably before it is changed.
      const std::string bytes = SaveTrial(applier_.trials().at(workload_id));
      if (!store_.Put({{{kSpace, workload_id, bytes}}}, now)) continue;
    }
    for (const ResizeOrder& order : outcome.orders) pods.Order(order);
    for (const ApplyNews& news : outcome.news) {
      ++outcomes_[Name(news.kind)];
      happenings.push_back({now, HappeningKind(news.kind), news.workload_id, "", news.text});
      spdlog::info("{}: {}", news.workload_id, news.text);
      pods.Tell(news);
    }
  }
  return happenings;
}

void ApplyPass::Killed(const KillSeen& kill) {
  applier_.Killed(kill.name.workload_id, kill.kill.victim.pod_uid);
}

ApplyView ApplyPass::View() const {
  ApplyView view{.enabled = true, .outcomes = {outcomes_.begin(), outcomes_.end()}};
  for (const auto& [workload_id, trial] : applier_.trials()) {
    view.workloads.push_back({.workload_id = workload_id,
                              .phase = Name(trial.phase),
                              .reason = trial.reason,
                              .since = trial.since,
                              .pods_resized = static_cast<std::uint32_t>(trial.resized.size())});
  }
  return view;
}

}  // namespace loadline::collector
