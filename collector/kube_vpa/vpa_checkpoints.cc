#include "collector/kube_vpa/vpa_checkpoints.h"

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "collector/advice/advice.h"
#include "collector/kube_api/kube_client.h"
#include "collector/kube_api/list.h"
#include "collector/kube_vpa/vpa.h"
#include "schemas/base/json_fields.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr Duration kStep = 1s;
constexpr Duration kLookEvery = 5s;
constexpr Duration kLookAgainAfter = 30s;  // after a failure
constexpr double kKnownWell = 86'400;
constexpr int kNotFound = 404;

std::string PathOf(const VpaCheckpointObject& checkpoint) {
  return fmt::format("/apis/autoscaling.k8s.io/v1/namespaces/{}/verticalpodautoscalercheckpoints/{}",
                     checkpoint.namespace_name, checkpoint.name);
}

bool WantsHistory(const ContainerView& container) {
  return container.advice == nullptr || container.advice->HistorySeconds() < kKnownWell;
}

}  // namespace

VpaCheckpoints::VpaCheckpoints(KubeAccess access, const Clock& clock, const ObjectCache<Vpa>& vpas,
                               VpaCheckpointsOptions options, Source source)
    : access_(std::move(access)),
      clock_(clock),
      vpas_(vpas),
      options_(std::move(options)),
      source_(std::move(source)),
      standing_("verticalpodautoscalercheckpoints", clock),
      running_([this](const std::stop_token& stop) { Run(stop); }) {}

VpaCheckpoints::~VpaCheckpoints() {
  running_.request_stop();
}

void VpaCheckpoints::Run(const std::stop_token& stop) {
  KubeClient api(access_, clock_, stop);
  Mono look = clock_.Now();
  Mono ask = clock_.Now() + options_.interval;
  Mono remove = clock_.Now() + options_.remove_every;
  bool allowed = false;
  while (WaitUnlessStopped(std::min(kStep, options_.interval), stop)) {
    const Mono now = clock_.Now();
    if (!allowed && now >= look) {
      allowed = MayList(api);
      if (!allowed) look = now + kLookAgainAfter;
    }
    if (!allowed || !vpas_.complete()) continue;
    if (options_.take_over && now >= look) {
      Look(api);
      look = now + (standing_.failing() ? kLookAgainAfter : kLookEvery);
    }
    if (!options_.write) continue;
    if (now >= ask) {
      Ask();
      ask = now + options_.interval;
    }
    Write(api);
    if (now < remove) continue;
    RemoveOrphans(api);
    remove = now + options_.remove_every;
  }
}

// A permission that is missing is said at once, and not when somebody needs it.
bool VpaCheckpoints::MayList(KubeClient& api) {
  const auto one = api.Do({.path = std::string(kCheckpointPath) + "?limit=1"});
  standing_.Note(&WatchView::lists, "listing VerticalPodAutoscalerCheckpoints",
                 one ? Result<void>() : Failure(one.error()));
  return one.has_value();
}

// ---- in

ContainerKeys VpaCheckpoints::Unknown(const Snapshot& snapshot) const {
  ContainerKeys unknown;
  vpas_.ForEach([&](const std::string&, const Vpa& vpa) {
    const WorkloadView* workload = TargetOf(vpa, snapshot);
    if (workload == nullptr) return;
    for (const ContainerView& container : workload->containers) {
      if (WantsHistory(container)) unknown.emplace(workload->id, container.name);
    }
  });
  return unknown;
}

void VpaCheckpoints::Look(KubeClient& api) {
  const std::shared_ptr<const Snapshot> snapshot = source_();
  if (snapshot == nullptr) return;
  ContainerKeys unknown = Unknown(*snapshot);
  // What is gone, or known by now, may want a history again one day.
  std::erase_if(looked_up_, [&](const Key& key) { return !unknown.contains(key); });
  if (std::ranges::includes(looked_up_, unknown)) return;
  // Of several autoscalers of one workload, the one that knows most.
  std::map<Key, VpaCheckpoint> found;
  const auto look_at = [&](const nlohmann::json& object) {
    auto checkpoint = ParseVpaCheckpoint(object);
    if (!checkpoint) {
      spdlog::warn("kubernetes: VerticalPodAutoscalerCheckpoint {} is not taken over: {}",
                   KeyOfObject(object), checkpoint.error().message);
      return;
    }
    const auto vpa = vpas_.Find(checkpoint->namespace_name + "/" + checkpoint->vpa);
    if (!vpa) return;
    Key key(vpa->WorkloadId(), checkpoint->container);
    if (looked_up_.contains(key) || !unknown.contains(key)) return;
    auto [it, is_new] = found.try_emplace(std::move(key), checkpoint->data);
    if (!is_new && it->second.samples < checkpoint->data.samples) it->second = std::move(checkpoint->data);
  };
  auto listed = ListAll(api, {.path = kCheckpointPath}, look_at);
  if (listed && listed->expired)
    listed = Failure(ErrorKind::kUnavailable, "the list expired while it was read");
  standing_.Note(&WatchView::lists, "listing VerticalPodAutoscalerCheckpoints",
                 listed ? Result<void>() : Failure(listed.error()));
  if (!listed) return;
  looked_up_ = std::move(unknown);
  const std::lock_guard lock(mutex_);
  for (auto& [key, data] : found) found_.push_back({key.first, key.second, std::move(data)});
}

std::vector<ContainerHistory> VpaCheckpoints::TakeFound() {
  const std::lock_guard lock(mutex_);
  return std::exchange(found_, {});
}

// ---- out

void VpaCheckpoints::Ask() {
  std::set<std::string> wanted;
  vpas_.ForEach([&](const std::string&, const Vpa& vpa) {
    if (vpa.recommender == options_.recommender) wanted.insert(vpa.WorkloadId());
  });
  const std::lock_guard lock(mutex_);
  wanted_.assign(wanted.begin(), wanted.end());
}

std::vector<std::string> VpaCheckpoints::TakeWanted() {
  const std::lock_guard lock(mutex_);
  return std::exchange(wanted_, {});
}

void VpaCheckpoints::Give(std::vector<ContainerHistory> histories) {
  const std::lock_guard lock(mutex_);
  std::ranges::move(histories, std::back_inserter(given_));
}

ContainerKeys VpaCheckpoints::LeftOut() const {
  return options_.left_out ? options_.left_out() : ContainerKeys();
}

void VpaCheckpoints::Write(KubeClient& api) {
  std::vector<ContainerHistory> given;
  {
    const std::lock_guard lock(mutex_);
    given.swap(given_);
  }
  if (given.empty()) return;
  std::multimap<std::string, Vpa> ours;  // by workload
  vpas_.ForEach([&](const std::string&, const Vpa& vpa) {
    if (vpa.recommender == options_.recommender) ours.emplace(vpa.WorkloadId(), vpa);
  });
  const ContainerKeys left_out = LeftOut();
  for (ContainerHistory& history : given) {
    if (left_out.contains({history.workload_id, history.container})) continue;
    const auto [first, last] = ours.equal_range(history.workload_id);
    for (auto it = first; it != last; ++it) {
      const Vpa& vpa = it->second;
      const VpaCheckpointObject checkpoint{.namespace_name = vpa.namespace_name,
                                           .name = vpa.name + "-" + history.container,
                                           .vpa = vpa.name,
                                           .container = history.container,
                                           .data = history.data};
      standing_.Note(
          &WatchView::events,
          fmt::format("writing VerticalPodAutoscalerCheckpoint {}/{}", vpa.namespace_name, checkpoint.name),
          WriteOne(api, checkpoint));
    }
  }
}

Result<void> VpaCheckpoints::WriteOne(KubeClient& api, const VpaCheckpointObject& checkpoint) {
  const Wall now = clock_.WallNow();
  const std::string path = PathOf(checkpoint);
  if (!labelled_.contains(path)) {
    // One of upstream's becomes ours.
    auto label = api.Send({.method = "PATCH",
                           .path = path,
                           .body = {{"metadata", {{"labels", {{kOwnerLabel, kOwner}}}}}},
                           .content_type = kMergePatch});
    if (!label) return Failure(label.error());
    if (label->status != kNotFound && !label->ok()) return Failure(ErrorOf(*label));
  }
  // As a whole: a merge would keep buckets that are empty by now.
  auto patched = api.Send(
      {.method = "PATCH",
       .path = path,
       .body = nlohmann::json::array(
           {{{"op", "add"}, {"path", "/status"}, {"value", CheckpointStatus(checkpoint.data, now)}}}),
       .content_type = kJsonPatch});
  if (!patched) return Failure(patched.error());
  if (patched->status == kNotFound) {
    auto made = api.Do({.method = "POST",
                        .path = path.substr(0, path.rfind('/')),
                        .body = CheckpointDocument(checkpoint, now)});
    if (!made) return Failure(made.error());
  } else if (!patched->ok()) {
    return Failure(ErrorOf(*patched));
  }
  labelled_.insert(path);
  return {};
}

void VpaCheckpoints::RemoveOrphans(KubeClient& api) {
  std::vector<VpaCheckpointObject> orphans;
  const ContainerKeys left_out = LeftOut();
  const auto listed =
      ListAll(api,
              {.path = kCheckpointPath,
               .selector = fmt::format("&labelSelector={}%3D{}", UrlEncode(kOwnerLabel), kOwner)},
              [&](const nlohmann::json& object) {
                VpaCheckpointObject one{.namespace_name = Text(Part(object, "metadata"), "namespace"),
                                        .name = Text(Part(object, "metadata"), "name"),
                                        .vpa = Text(Part(object, "spec"), "vpaObjectName"),
                                        .container = Text(Part(object, "spec"), "containerName"),
                                        .data = {}};
                const auto vpa = vpas_.Find(one.namespace_name + "/" + one.vpa);
                if (!vpa || left_out.contains({vpa->WorkloadId(), one.container}))
                  orphans.push_back(std::move(one));
              });
  standing_.Note(&WatchView::lists, "listing VerticalPodAutoscalerCheckpoints",
                 listed ? Result<void>() : Failure(listed.error()));
  for (const VpaCheckpointObject& orphan : orphans) {
    const std::string path = PathOf(orphan);
    labelled_.erase(path);
    auto gone = api.Send({.method = "DELETE", .path = path});
    const bool done = gone && (gone->ok() || gone->status == kNotFound);
    standing_.Note(
        &WatchView::events,
        fmt::format("removing VerticalPodAutoscalerCheckpoint {}/{}", orphan.namespace_name, orphan.name),
        done ? Result<void>() : Failure(gone ? ErrorOf(*gone) : gone.error()));
  }
}

// ---- how it goes

std::optional<WatchView> VpaCheckpoints::View() const {
  if (!options_.write && !standing_.failing()) return std::nullopt;
  return standing_.View();
}

}  // namespace loadline::collector
