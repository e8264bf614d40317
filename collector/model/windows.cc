#include "collector/model/windows.h"

#include <algorithm>
#include <map>
#include <utility>

#include "collector/model/capacity.h"
#include "collector/model/lives.h"
#include "collector/model/measure.h"
#include "schemas/base/saturating.h"
#include "schemas/wire/losses.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

// A window takes ten seconds, or one at the least. Where a clock is ahead of ours all that comes late ends
// now: so many at once are taken.
constexpr Duration kLeastWindow = 500ms;
constexpr double kWindowsAtOnce = 60;
// Shorter ones are no proof of anything.
constexpr Duration kShortest = 1s;
// So near an agent's next number is most often found sooner by looking than by searching.
constexpr int kNearby = 8;

using Refs = std::map<std::uint32_t, ReplicaId>;

// The first number from `from` on that is not below `ref`.
Refs::const_iterator SeekForward(const Refs& refs, Refs::const_iterator from, std::uint32_t ref) {
  for (int step = 0; step < kNearby; ++step, ++from) {
    if (from == refs.end() || from->first >= ref) return from;
  }
  return refs.lower_bound(ref);
}

// Whether that node may begin another window now.
bool MayBegin(Node& node, Wall end) {
  const double passed = Seconds(end - node.window_end) / Seconds(kLeastWindow);
  const double left = std::min(kWindowsAtOnce, node.windows_left + passed);
  if (left < 1) return false;  // that time has passed counts for the next that asks
  node.windows_left = left - 1;
  return true;
}

void Add(wire::LossCounts& sum, const wire::LossCounts& more) {
  for (const wire::Loss& loss : wire::kLosses) sum.*loss.count += more.*loss.count;
}

// What a part of a report says of the node and its agent.
void Add(Node& node, const wire::Report& report) {
  Add(node.losses, report.losses);
  Add(node.last_losses, report.losses);
  node.last = report.node;
  if (report.agent_rss != 0) node.agent_rss = report.agent_rss;
  node.backed_off = report.backed_off;
  node.longest_walk_us = report.longest_walk_us;
  node.agent_cpu_us += report.agent_cpu_us;
}

// memory.available is capacity less the machine's working set. With cgroup v2 the kubelet also counts the
// kernel's own memory, which the root cgroup does not tell: MemAvailable does.
void WeighMemory(Node& node) {
  const wire::MemoryWindow& all = node.machine_memory;
  if (node.capacity.memory == 0 || all.current == 0) return;
  Bytes available = node.capacity.memory - std::max<Bytes>(all.current - all.inactive_file, 0);
  if (node.last.memory_available > 0) available = std::min(available, node.last.memory_available);
  node.eviction_available = std::max<Bytes>(available, 0);
  node.available.Add(node.window_end, static_cast<double>(node.eviction_available));
  node.pressure.Add(node.window_end,
                    std::min(1.0, node.last.pressure.memory_some_us * 1e-6 / Seconds(node.window_length)));
}

// Agents before 0.2 measure a window by the wall clock. Where that was set back meanwhile, the samples say how long
// it was: one a second.
Duration LengthOf(const wire::Report& report) {
  const Duration said(SaturatingDifference(report.window_end_ns, report.window_start_ns));
  if (said <= Duration::zero())
    return std::chrono::seconds(std::clamp<std::uint32_t>(report.samples, 1, 3600));
  return std::clamp<Duration>(said, 1ms, std::chrono::hours(1));
}

}  // namespace

void Windows::Take(NodeId id, const wire::Report& report, Wall received) {
  Node& node = registry_.node(id);
  const Wall end = options_.Believed(report.window_end_ns, received);
  const Duration length = LengthOf(report);
  if (end > node.window_end && !MayBegin(node, end) && options_.Bounds(node.name)) {
    // What its numbers mean is known all the same, or nothing would fit any more.
    node.Refuse(&RefusedCounts::windows);
    Identify(id, report, end);
    End(id, report);
    return;
  }
  if (end > node.window_end) Begin(node, end, length);
  Add(node, report);
  Identify(id, report, end);
  Enter(node, report, end, length);
  End(id, report);
  if (!report.more) Close(node);
}

void Windows::Begin(Node& node, Wall end, Duration length) {
  Close(node);
  node.window_end = end;
  node.window_length = length;
  node.window_open = true;
  node.earlier_refs.clear();
  node.births = std::exchange(node.told_all, true);
  node.cpu_us = 0;
  node.agent_cpu_us = 0;
  node.last_losses = {};
}

void Windows::Close(Node& node) {
  static const wire::ContainerWindow kIdle{};
  if (!std::exchange(node.window_open, false)) return;
  for (const auto& [ref, replica] : node.refs) {
    if (replica < Node::kWholeMachine && registry_.replica(replica).live.end < node.window_end)
      Enter(replica, kIdle, node.window_end, node.window_length);
  }
  WeighMemory(node);
}

void Windows::Identify(NodeId node, const wire::Report& report, Wall end) {
  for (const wire::CgroupIdentity& identity : report.identities) cgroups_.Identify(node, identity, end);
}

void Windows::Enter(Node& node, const wire::Report& report, Wall end, Duration length) {
  // First: what stopped a pod stopped its containers.
  for (const wire::ContainerWindow& window : report.containers) {
    if (!IsBeyond(node.told.At(end), window, length)) node.above.Take(window, end);
  }
  Refs::const_iterator ref = node.refs.begin();
  for (const wire::ContainerWindow& window : report.containers) {
    ref = SeekForward(node.refs, ref, window.ref);
    if (ref == node.refs.end() || ref->first != window.ref) {
      const auto earlier = node.earlier_refs.find(window.ref);
      if (earlier != node.earlier_refs.end()) {
        AddEarlierLife(window, earlier_[earlier->second]);
        continue;
      }
      ++counts_.unknown_refs;
      ++node.refused.figures;
    } else if (ref->second == Node::kWholeMachine) {
      node.cpu_us = window.cpu ? window.cpu->usage_us : 0;
      if (window.memory) node.machine_memory = *window.memory;
    } else if (ref->second != Node::kIgnored) {
      Enter(node, ref->second, window, end, length);
    }
  }
  // Their present lives did nothing yet.
  while (!earlier_.empty()) Enter(node, earlier_.begin()->first, {}, end, length);
}

void Windows::Enter(Node& node, ReplicaId replica, const wire::ContainerWindow& window, Wall end,
                    Duration length) {
  const auto earlier = earlier_.extract(replica);
  if (!earlier.empty()) {
    wire::ContainerWindow whole = window;
    AddEarlierLife(earlier.mapped(), whole);
    return Enter(node, replica, whole, end, length);
  }
  if (IsBeyond(node.told.At(end), window, length))
    Refuse(node, replica, end, length);
  else
    Enter(replica, window, end, length);
}

void Windows::Enter(ReplicaId replica, const wire::ContainerWindow& window, Wall end, Duration length) {
  ++counts_.samples;
  Measure(registry_, replica, window, end, length);
}

void Windows::Refuse(Node& node, ReplicaId replica, Wall end, Duration length) {
  // Not idle either: nothing is known of it.
  Unmeasured(registry_, registry_.replica(replica), end);
  // An agent that stops closes a window before its time, and what it reads late weighs much in it.
  if (length >= kShortest) node.Refuse(&RefusedCounts::beyond_capacity);
}

void Windows::End(NodeId node, const wire::Report& report) {
  for (const std::uint32_t ref : report.gone) {
    const ReplicaId meant = registry_.EndNumber(node, ref);
    if (meant < Node::kWholeMachine) past_.Fold(meant);
  }
}

}  // namespace loadline::collector
