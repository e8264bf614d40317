#include "collector/kube_objects/cluster_names.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "schemas/base/json_fields.h"
#include "schemas/base/saturating.h"

namespace loadline::collector {
namespace {

// The beginning of an id is enough, as everywhere in this field.
bool Bears(const Pod::Container& container, std::string_view id) {
  return !id.empty() && (container.id.starts_with(id) || container.id_before.starts_with(id));
}

bool Settled(const Pod::Container& container) {
  return !container.id.empty() &&
         (container.state == Pod::State::kRunning || container.state == Pod::State::kDone);
}

// "cart-5f-abcde" is one of "cart-5f": what is behind the last dash was made up for this pod.
std::string StemOf(const std::string& name) {
  return name.substr(0, std::min(name.rfind('-'), name.size()));
}

// The ids of a container's runs are kept as far as we have seen them: the status holds the last two only.
void KeepIdsOf(const Pod& before, Pod& now) {
  for (Pod::Container& container : now.containers) {
    for (const Pod::Container& old : before.containers) {
      if (old.name != container.name) continue;
      if (container.id.empty()) container.id = old.id;
      if (container.id_before.empty()) container.id_before = old.id == container.id ? old.id_before : old.id;
    }
  }
}

// Whether they ask for the same.
bool AreAlike(const Pod& a, const Pod& b) {
  return std::ranges::equal(a.containers, b.containers, {}, &Pod::Container::spec, &Pod::Container::spec);
}

}  // namespace

std::string PodContainerName::WorkloadId() const {
  return namespace_name + "/" + kind + "/" + workload;
}

void ClusterNames::BeginPods() {
  std::lock_guard lock(mutex_);
  ++list_;
}

void ClusterNames::UpsertPod(const nlohmann::json& object) {
  std::optional<Pod> pod = ParsePod(object);
  if (!pod) return;
  std::lock_guard lock(mutex_);
  if (!pod->static_uid.empty()) static_[pod->static_uid] = pod->uid;
  auto [it, is_new] = pods_.try_emplace(pod->uid);
  Entry& entry = it->second;
  if (entry.heard_of) Revive(it);
  if (!is_new) KeepIdsOf(entry.pod, *pod);
  entry.list = list_;
  if (entry.pod == *pod) return;
  if (!AreAlike(entry.pod, *pod)) specified_.insert(pod->uid);
  AddToNode(entry, -1);
  entry.pod = std::move(*pod);
  AddToNode(entry, 1);
  if (!entry.gone) latest_[Named(entry, {}).name.WorkloadId()] = it->first;
  ++generation_;
}

void ClusterNames::RemovePod(const nlohmann::json& object) {
  UpsertPod(object);  // its last state may name a container we have not seen
  const std::optional<Pod> pod = ParsePod(object);
  std::lock_guard lock(mutex_);
  if (!pod) return;
  if (const auto it = pods_.find(pod->uid); it != pods_.end()) MarkGone(it);
  ForgetOld();
}

void ClusterNames::EndPods() {
  std::lock_guard lock(mutex_);
  for (auto it = pods_.begin(); it != pods_.end(); ++it) {
    if (it->second.list != list_ && !it->second.gone) MarkGone(it);
  }
  ForgetOld();
}

// Of pods that are there, to the sum of their node.
void ClusterNames::AddToNode(const Entry& entry, std::int64_t times) {
  if (entry.pod.kind != "DaemonSet" || entry.pod.node.empty() || entry.gone) return;
  const Amounts request = RequestOf(entry.pod);
  if (request == Amounts{}) return;
  Amounts& sum = daemon_sets_[entry.pod.node];
  sum.cpu = SaturatingSum(sum.cpu, times * request.cpu);
  sum.memory = SaturatingSum(sum.memory, times * request.memory);
  if (sum == Amounts{}) daemon_sets_.erase(entry.pod.node);
  told_.reset();
}

void ClusterNames::MarkGone(Pods::iterator it) {
  AddToNode(it->second, -1);
  if (std::exchange(it->second.gone, true)) return;
  gone_.emplace(clock_.Now(), it->first);
}

// It was told of before the watch had come so far.
void ClusterNames::Revive(Pods::iterator it) {
  std::erase_if(gone_, [&](const auto& gone) { return gone.second == it->first; });
  it->second = {};
}

void ClusterNames::HeardOf(const std::vector<ContainerHeardOf>& containers) {
  std::lock_guard lock(mutex_);
  std::unordered_map<std::string, const Pod*> by_stem;
  for (const auto& [_, entry] : pods_) {
    if (!entry.heard_of) by_stem.emplace(entry.pod.namespace_name + "/" + StemOf(entry.pod.name), &entry.pod);
  }
  for (const ContainerHeardOf& heard : containers) {
    auto [it, is_new] = pods_.try_emplace(heard.pod_uid);
    Entry& entry = it->second;
    if (is_new) {
      const auto sibling = by_stem.find(heard.namespace_name + "/" + StemOf(heard.pod));
      const bool known = sibling != by_stem.end();
      entry.pod = {.uid = heard.pod_uid,
                   .static_uid = {},
                   .namespace_name = heard.namespace_name,
                   .name = heard.pod,
                   .node = heard.node,
                   .kind = known ? sibling->second->kind : "Pod",
                   .workload = known ? sibling->second->workload : heard.pod,
                   .job_uid = known ? sibling->second->job_uid : "",
                   .containers = {}};
      entry.heard_of = true;
      MarkGone(it);
    }
    if (!entry.heard_of) continue;
    auto& its = entry.pod.containers;
    if (std::ranges::find(its, heard.container, &Pod::Container::name) == its.end())
      its.push_back({.name = heard.container, .id = {}, .id_before = {}});
  }
  ForgetOld();
  ++generation_;
}

void ClusterNames::ForgetOld() {
  while (!gone_.empty() &&
         (gone_.size() > options_.max_gone || gone_.begin()->first + options_.remember < clock_.Now())) {
    const auto it = pods_.find(gone_.begin()->second);
    static_.erase(it->second.pod.static_uid);
    pods_.erase(it);
    gone_.erase(gone_.begin());
  }
  // Of what has ended some are kept beyond their pods, so that they need not be looked for each time.
  constexpr std::size_t kMostStale = 1000;
  if (latest_.size() > pods_.size() + kMostStale)
    std::erase_if(latest_, [&](const auto& workload) { return !pods_.contains(workload.second); });
}

void ClusterNames::UpsertJob(const nlohmann::json& object) {
  const auto owner = ControllerOf(object);
  const std::string uid = Text(Part(object, "metadata"), "uid");
  if (!owner || owner->kind != "CronJob" || uid.empty()) return;
  std::lock_guard lock(mutex_);
  if (!cron_jobs_.insert_or_assign(uid, owner->name).second) return;
  ++generation_;
}

void ClusterNames::RemoveJob(const nlohmann::json& object) {
  // Its pods go with it, and what is left to say of them is said under the CronJob's name.
  const std::string uid = Text(Part(object, "metadata"), "uid");
  std::lock_guard lock(mutex_);
  const auto job = cron_jobs_.find(uid);
  if (job == cron_jobs_.end()) return;
  for (auto& [_, entry] : pods_) {
    if (entry.pod.job_uid != uid) continue;
    entry.pod.kind = "CronJob";
    entry.pod.workload = job->second;
    entry.pod.job_uid.clear();
  }
  cron_jobs_.erase(job);
}

const ClusterNames::Entry* ClusterNames::Lookup(std::string_view pod_uid) const {
  auto it = pods_.find(std::string(pod_uid));
  if (it == pods_.end()) {
    const auto known = static_.find(std::string(pod_uid));
    if (known == static_.end()) return nullptr;
    it = pods_.find(known->second);
  }
  return it == pods_.end() ? nullptr : &it->second;
}

FoundName ClusterNames::Named(const Entry& entry, const Pod::Container& container) const {
  const Pod& pod = entry.pod;
  FoundName found{NameAnswer::kKnown,
                  {pod.namespace_name, pod.kind, pod.workload, pod.name, container.name},
                  container.spec};
  if (const auto job = cron_jobs_.find(pod.job_uid); job != cron_jobs_.end()) {
    found.name.kind = "CronJob";
    found.name.workload = job->second;
  }
  return found;
}

FoundName ClusterNames::Find(std::string_view node, std::string_view pod_uid,
                             std::string_view container_id) const {
  std::lock_guard lock(mutex_);
  const Entry* entry = Lookup(pod_uid);
  if (entry == nullptr) return {NameAnswer::kNotYet};
  const Pod& pod = entry->pod;
  if (!node.empty() && !pod.node.empty() && pod.node != node) return {NameAnswer::kNotOurs};
  for (const Pod::Container& container : pod.containers) {
    if (Bears(container, container_id)) return Named(*entry, container);
  }
  // No container is about to run under a new id, and none bears this one: it is the sandbox that holds the
  // pod's namespaces.
  const bool all_known = std::ranges::all_of(pod.containers, Settled);
  return {all_known || entry->gone ? NameAnswer::kNoWorkload : NameAnswer::kNotYet};
}

FoundName ClusterNames::FindNow(std::string_view node, std::string_view pod_uid,
                                std::string_view container_id) const {
  FoundName found = Find(node, pod_uid, container_id);
  std::lock_guard lock(mutex_);
  const Entry* entry = Lookup(pod_uid);
  if (entry == nullptr) return found;
  // Of one that we only heard of no container is known by its id; a sandbox is not killed.
  const bool heard_of = entry->heard_of && found.answer == NameAnswer::kNoWorkload;
  if (found.answer != NameAnswer::kNotYet && !heard_of) return found;
  const Pod::Container* only = nullptr;
  for (const Pod::Container& container : entry->pod.containers) {
    if (Settled(container)) continue;
    if (only != nullptr) return heard_of ? Named(*entry, {}) : found;
    only = &container;
  }
  return only == nullptr ? found : Named(*entry, *only);
}

std::string ClusterNames::NodeOf(std::string_view pod_uid) const {
  std::lock_guard lock(mutex_);
  const Entry* entry = Lookup(pod_uid);
  return entry == nullptr || entry->heard_of ? std::string() : entry->pod.node;
}

std::string ClusterNames::WorkloadOf(std::string_view pod_uid) const {
  std::lock_guard lock(mutex_);
  const Entry* entry = Lookup(pod_uid);
  return entry == nullptr ? std::string() : Named(*entry, {}).name.WorkloadId();
}

std::optional<PodSite> ClusterNames::SiteOf(const std::string& workload_id) const {
  std::lock_guard lock(mutex_);
  const auto latest = latest_.find(workload_id);
  const Entry* entry = latest == latest_.end() ? nullptr : Lookup(latest->second);
  if (entry == nullptr) return std::nullopt;
  return PodSite{.placement = entry->pod.placement, .request = RequestOf(entry->pod)};
}

std::shared_ptr<const NodeAmounts> ClusterNames::DaemonSetRequests() const {
  std::lock_guard lock(mutex_);
  if (told_ == nullptr) told_ = std::make_shared<const NodeAmounts>(daemon_sets_);
  return told_;
}

ContainerKeys ClusterNames::InitContainers() const {
  ContainerKeys found;
  std::lock_guard lock(mutex_);
  for (const auto& [_, entry] : pods_) {
    for (const Pod::Container& container : entry.pod.containers) {
      if (container.is_init) found.emplace(Named(entry, container).name.WorkloadId(), container.name);
    }
  }
  return found;
}

std::vector<SpecTold> ClusterNames::TakeSpecs() {
  std::lock_guard lock(mutex_);
  std::vector<SpecTold> told;
  for (const std::string& uid : std::exchange(specified_, {})) {
    const auto known = pods_.find(uid);
    if (known == pods_.end()) continue;
    for (const Pod::Container& container : known->second.pod.containers) {
      const FoundName found = Named(known->second, container);
      if (found.spec) told.push_back({found.name.WorkloadId(), container.name, found.name.pod, *found.spec});
    }
  }
  return told;
}

std::uint64_t ClusterNames::generation() const {
  std::lock_guard lock(mutex_);
  return generation_;
}

ClusterNames::Size ClusterNames::size() const {
  std::lock_guard lock(mutex_);
  return {pods_.size() - gone_.size(), gone_.size(), cron_jobs_.size()};
}

}  // namespace loadline::collector
