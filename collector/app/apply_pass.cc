#include "collector/app/apply_pass.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>

#include "collector/apply/trial_state.h"
#include "schemas/base/saturating.h"
#include "schemas/wire/memory_growth.h"

namespace loadline::collector {
namespace {

constexpr const char* kSpace = "apply";
// A growth that is told later is over.
constexpr Duration kFresh = std::chrono::seconds(20);
// By then an agent's report shows what was taken of the node's memory.
constexpr Duration kShownBy = std::chrono::minutes(1);

const char* HappeningKind(ApplyNews::Kind kind) {
  static constexpr std::array<const char*, 6> kKinds = {"resize_begun",    "resize_done",   "resize_reverted",
                                                        "resize_given_up", "resize_raised", "resize_rescued"};
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
          .memory_stall_us = live.pressure.memory_some_us,
          .memory_limit = replica.limits.memory_limit};
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

Bytes MemoryLimits(const PodSize& size) {
  Bytes sum = 0;
  for (const ContainerSize& container : size) sum = SaturatingSum(sum, container.limit.memory);
  return sum;
}

Bytes OthersLimits(const SizablePod& pod, const std::string& name) {
  const auto own = std::ranges::find(pod.wanted, name, &ContainerSize::name);
  return MemoryLimits(pod.wanted) - (own == pod.wanted.end() ? 0 : own->limit.memory);
}

// What the node can give before its kubelet begins to evict; some of it is kept for everything else.
Bytes FreeOn(const Node& node) {
  const Bytes reserve = std::max<Bytes>(node.capacity.memory / 20, 100 * kMiB);
  Bytes left = node.last.memory_available;
  if (node.eviction_available > 0) left = std::min(left, node.eviction_available);
  return left - reserve;
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
    // What a pod had before is known durably before it is changed.
    if (outcome.changed && !Save(workload_id, now)) continue;
    for (const ResizeOrder& order : outcome.orders) pods.Order(order);
    Tell(outcome.news, now, happenings);
  }
  return happenings;
}

Result<void> ApplyPass::Save(const std::string& workload_id, Wall now) {
  return store_.Put({{{kSpace, workload_id, SaveTrial(applier_.trials().at(workload_id))}}}, now);
}

void ApplyPass::Tell(const std::vector<ApplyNews>& news, Wall now, std::vector<HappeningView>& happenings) {
  for (const ApplyNews& one : news) {
    ++outcomes_[Name(one.kind)];
    happenings.push_back({now, HappeningKind(one.kind), one.workload_id, "", one.text});
    spdlog::info("{}: {}", one.workload_id, one.text);
    cluster_.in_place()->Tell(one);
  }
}

std::vector<LimitCap> ApplyPass::CapsOf(const Model& model, const GrowthSeen& growth, const SizablePod& pod,
                                        Wall now) const {
  const Bytes limit = growth.stall.limit;
  std::vector<LimitCap> caps;
  const auto add = [&](Bytes most, std::string by) {
    if (most > 0) caps.push_back({most, std::move(by)});
  };
  const std::shared_ptr<const Surroundings> around = cluster_.surroundings();
  const NamespaceRules& rules = around->RulesOf(growth.name.namespace_name);
  add(rules.limits.container.most.memory, "its namespace's LimitRange");
  const Bytes others = OthersLimits(pod, growth.name.container);
  if (const Bytes most = rules.limits.pod.most.memory; most > 0)
    add(std::max<Bytes>(most - others, 1), "its namespace's LimitRange for pods");
  if (const auto left = rules.quota.memory_limits_left) add(limit + *left, "its namespace's quota of limits");
  if (const auto left = rules.quota.memory_left; left && pod.qos == "Guaranteed")
    add(limit + *left, "its namespace's quota");
  const Container* const container = model.FindContainer(growth.name.workload_id, growth.name.container);
  if (container != nullptr && container->last_spec) {
    const ContainerSpec& spec = *container->last_spec;
    add(spec.policy.most.memory, "loadline.io/max-memory");
    if (spec.pod_limit.memory > 0)
      add(std::max<Bytes>(spec.pod_limit.memory - others, 1), "the limit of the pod");
  }
  if (const auto node = around->nodes.find(growth.node); node != around->nodes.end())
    add(node->second.allocatable.memory, "what is allocatable on node " + growth.node);
  if (const Node* node = model.FindNode(growth.node); node != nullptr && node->last.memory_available > 0) {
    Bytes left = FreeOn(*node);
    for (const Given& given : given_)
      left -= given.node == growth.node && now - given.at < kShownBy ? given.bytes : 0;
    add(limit + std::max<Bytes>(left, 0), "the memory that is free on node " + growth.node);
  }
  return caps;
}

// At once: what is ordered here is not taken back, so nothing need be on the disk first.
std::vector<HappeningView> ApplyPass::Grows(const Model& model, const GrowthSeen& growth, Wall now) {
  std::vector<HappeningView> happenings;
  // One that comes late, after the collector was away: it was killed since, or was not.
  if (now - growth.at > kFresh) return happenings;
  const std::string& workload_id = growth.name.workload_id;
  const std::optional<SizablePod> pod = cluster_.in_place()->OptedIn(workload_id, growth.name.pod);
  if (!pod) return happenings;
  const GrowthSign sign{.pod_uid = pod->uid,
                        .container = growth.name.container,
                        .limit = growth.stall.limit,
                        .full_by = growth.at + wire::kFullWithin};
  const Applier::Outcome outcome =
      applier_.Grows(SubjectOf(model, workload_id, {*pod}), sign, CapsOf(model, growth, *pod, now), now);
  for (const ResizeOrder& order : outcome.orders) {
    cluster_.in_place()->Order(order);
    std::erase_if(given_, [now](const Given& given) { return now - given.at >= kShownBy; });
    given_.push_back({growth.node, MemoryLimits(order.size) - MemoryLimits(pod->wanted), now});
  }
  if (outcome.changed) {
    if (auto saved = Save(workload_id, now); !saved)
      spdlog::warn("what was raised of {} may be forgotten: {}", workload_id, saved.error().message);
  }
  Tell(outcome.news, now, happenings);
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
