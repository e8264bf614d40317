#include "collector/model/expiry.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/model/measure.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

// What has not been heard of for so long no longer counts as running now; a window takes ten seconds, or a
// minute where it is polled.
constexpr Duration kLiveFor = 90s;
// A replica that has no number and was not heard of for so long is gone: its agent was started anew and does
// not know it. Sooner, kLiveFor, when that agent has told all it knows.
constexpr Duration kReplicaGone = 10min;
constexpr Duration kRememberAtLeast = 10min;
// Between two records.
constexpr Duration kGap = 10min;
// Two periods of what runs monthly.
constexpr Duration kRecurring = std::chrono::weeks(10);

// Runs now and then, for as long as it exists.
bool Recurs(const Workload& workload) {
  constexpr std::array<std::string_view, 3> kKinds = {"CronJob", "ScaledJob", "CronWorkflow"};
  return !workload.namespace_name.empty() && std::ranges::find(kKinds, workload.kind) != kKinds.end();
}

// Of systemd's, what is started for once is called run-.
bool HasNameOfItsOwn(const Workload& workload) {
  return !workload.namespace_name.empty() ||
         (workload.kind == "SystemdUnit" && workload.name.ends_with(".service") &&
          !workload.name.starts_with("run-"));
}

}  // namespace

void Expiry::Pass(Wall received) {
  const Duration since_last = received - clock_.last_received;
  clock_.last_received = received;
  const std::int64_t minute = received.time_since_epoch() / 1min;
  if (since_last > kGap || since_last < -kGap) {
    // The collector was away, or its clock was set: that others were not heard proves nothing until they have
    // had time to speak.
    clock_.looked_minute = minute + kGap / 1min;
  } else if (minute > clock_.looked_minute) {
    clock_.looked_minute = minute;
    Look(received);
  }
}

void Expiry::Look(Wall now) {
  FoldUnheard(now);
  ForgetContainers(now);
  ForgetNodes(now);
  registry_.nodes().ForEach([&](NodeId id, const Node&) { registry_.node(id).findings.Forget(now); });
}

bool Expiry::Unheard(const Node& node, Wall now) const {
  return std::max(node.last_record, node.first_seen) < now - options_.forget_after;
}

std::vector<ReplicaId> Expiry::Numbered() const {
  std::vector<ReplicaId> numbered;
  registry_.nodes().ForEach([&](NodeId, const Node& node) {
    for (const auto& [ref, replica] : node.refs) numbered.push_back(replica);
  });
  std::ranges::sort(numbered);
  return numbered;
}

void Expiry::FoldUnheard(Wall now) {
  // An agent says once who a number is, and we have acknowledged it: as long as the agent may come back its
  // numbers mean what they meant, however long it was cut off.
  registry_.nodes().ForEach([&](NodeId id, const Node& node) {
    if (Unheard(node, now)) registry_.EndNumbers(id);
  });
  const std::vector<ReplicaId> numbered = Numbered();
  registry_.replicas().ForEach([&](ReplicaId id, const Replica& replica) {
    // What an agent finds at its start is told of in its first window; births are known from the second on.
    const Duration patience = registry_.nodes()[replica.node].births ? kLiveFor : kReplicaGone;
    const bool unheard = std::max(replica.live.end, replica.first_seen) < now - patience;
    if (unheard && !std::ranges::binary_search(numbered, id)) {
      past_.Fold(id);
    } else if (replica.live.end < now - kLiveFor && replica.running()) {
      // The figures of a node that went silent are no longer those of now.
      Unmeasured(registry_, registry_.replica(id), replica.live.end);
    }
  });
}

void Expiry::ForgetContainers(Wall now) {
  registry_.containers().ForEach([&](ContainerId id, const Container& container) {
    past_.ForgetTakenOver(registry_.container(id), now);
    if (!container.replicas.empty()) return;
    if (container.last_seen < now - KeptFor(container)) registry_.ForgetContainer(id);
  });
}

Duration Expiry::KeptFor(const Container& container) const {
  const Duration at_most = std::max<Duration>(options_.forget_after, kRememberAtLeast);
  const Duration lived =
      std::clamp<Duration>(container.last_seen - container.first_seen, kRememberAtLeast, at_most);
  if (IsCrowded(container)) return lived;
  const Workload& workload = registry_.WorkloadOf(container);
  if (Recurs(workload)) return std::max(at_most, kRecurring);
  return HasNameOfItsOwn(workload) || container.oom_kills > 0 ? at_most : lived;
}

bool Expiry::IsCrowded(const Container& container) const {
  if (std::cmp_greater(registry_.containers().size(), options_.max_containers / 2)) return true;
  return container.maker != Container::kNobody &&
         std::cmp_greater(registry_.nodes()[container.maker].made, options_.node_containers / 2);
}

void Expiry::ForgetNodes(Wall now) {
  registry_.nodes().ForEach([&](NodeId id, const Node& node) {
    if (node.by_path.empty() && Unheard(node, now)) registry_.ForgetNode(id);
  });
}

}  // namespace loadline::collector
