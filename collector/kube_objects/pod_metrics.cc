#include "collector/kube_objects/pod_metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "collector/kube_objects/quantity.h"
#include "schemas/base/json_fields.h"
#include "schemas/base/time_text.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

// So long a container is believed to be as it was last told.
constexpr Duration kBelievedFor = 5min;
constexpr Duration kLongestWindow = 5min;
// Kills that may be remembered, so that none is told twice.
constexpr std::size_t kMostKills = 100'000;

wire::CgroupIdentity IdentityOf(const std::string& pod_uid, const std::string& container_id) {
  return {.kind = wire::CgroupKind::kPodContainer,
          .path = std::string("/") + kMetricsSource + "/pod" + pod_uid + "/" + container_id,
          .pod_uid = pod_uid,
          .container_id = container_id};
}

wire::CgroupLimits LimitsOf(const MeteredContainer& container) {
  return {.cpu_limit = container.limit.cpu,
          .cpu_request = container.request.cpu,
          .memory_limit = container.limit.memory,
          .memory_request = container.request.memory};
}

std::uint32_t Microseconds(double cores, Duration length) {
  const double used = cores * Seconds(length) * 1e6;
  return static_cast<std::uint32_t>(
      std::clamp(used, 0.0, static_cast<double>(std::numeric_limits<std::uint32_t>::max())));
}

}  // namespace

Result<PodMetrics> ParsePodMetrics(const json& object) {
  const json& metadata = Part(object, "metadata");
  PodMetrics parsed{
      .pod = Text(metadata, "namespace") + "/" + Text(metadata, "name"), .at = {}, .containers = {}};
  const auto at = ParseRfc3339(Text(object, "timestamp"));
  if (!at || !*at) return Failure(ErrorKind::kInvalid, "PodMetrics without a timestamp");
  parsed.at = **at;
  for (const json& container : Part(object, "containers")) {
    const json& usage = Part(container, "usage");
    const auto cpu = ParseNano(Text(usage, "cpu"));
    const auto memory = ParseWhole(Text(usage, "memory"));
    // A container that has just begun has one without the other.
    if (!cpu || !memory) continue;
    parsed.containers.push_back({Text(container, "name"), static_cast<double>(*cpu) * 1e-9, *memory});
  }
  return parsed;
}

void MetricsReports::Take(const PodMetrics& metrics, const MeteredPod& pod, wire::Report& report) {
  for (const PodMetrics::Usage& usage : metrics.containers) {
    const auto container = std::ranges::find(pod.containers, usage.container, &MeteredContainer::name);
    if (container == pod.containers.end() || container->id.empty()) continue;
    auto [it, is_new] = known_.try_emplace({pod.uid, container->id});
    Known& known = it->second;
    if (is_new) {
      known = {
          .ref = ++last_ref_, .pod = metrics.pod, .container = usage.container, .limits = {}, .usage = {}};
      wire::CgroupIdentity identity = IdentityOf(pod.uid, container->id);
      identity.ref = known.ref;
      report.identities.push_back(std::move(identity));
    }
    known.limits = LimitsOf(*container);
    known.usage = usage;
    known.measured = metrics.at;
  }
}

wire::Report MetricsReports::Report(const std::vector<PodMetrics>& metrics, const FindPod& find, Wall now,
                                    Duration length) {
  const Wall begin = std::clamp(last_end_.value_or(now - length), now - kLongestWindow, now - 1ms);
  last_end_ = now;
  wire::Report report;
  report.window_start_ns = begin.time_since_epoch().count();
  report.window_end_ns = now.time_since_epoch().count();
  for (const PodMetrics& one : metrics) {
    if (const auto pod = find(one.pod)) Take(one, *pod, report);
  }
  std::map<std::uint32_t, const Known*> running;  // by ref, as a report has them
  for (auto it = known_.begin(); it != known_.end();) {
    const Known& known = it->second;
    const auto pod = find(known.pod);
    const bool runs = pod && pod->uid == it->first.first &&
                      std::ranges::any_of(pod->containers, [&](const MeteredContainer& container) {
                        return container.id == it->first.second;
                      });
    if (!runs || known.measured < now - kBelievedFor) {
      // Not one that is told of for the first and the last time at once.
      if (std::erase_if(report.identities, [&](const auto& identity) { return identity.ref == known.ref; }) ==
          0)
        report.gone.push_back(known.ref);
      it = known_.erase(it);
      continue;
    }
    running.emplace(known.ref, &known);
    ++it;
  }
  for (const auto& [ref, known] : running) {
    wire::ContainerWindow& window = report.containers.emplace_back();
    window.ref = ref;
    window.cpu.emplace().usage_us = Microseconds(known->usage.cores, now - begin);
    window.memory = wire::MemoryWindow{.current = known->usage.working_set, .peak = known->usage.working_set};
    window.limits = known->limits;
  }
  return report;
}

std::vector<wire::OomKill> MetricsReports::Kills(const MeteredPod& pod) {
  std::vector<wire::OomKill> fresh;
  for (const MeteredContainer& container : pod.containers) {
    for (const MeteredContainer::Kill& kill : container.kills) {
      if (kill.at <= since_ || !killed_.try_emplace({pod.uid, kill.id}, kill.at).second) continue;
      const wire::CgroupIdentity identity = IdentityOf(pod.uid, kill.id);
      fresh.push_back({.at_ns = kill.at.time_since_epoch().count(),
                       .victim = identity,
                       .limit_owner = identity,
                       .owner_limit = container.limit.memory});
    }
  }
  if (killed_.size() > kMostKills) {
    // What is forgotten is old: it is known by its time from now on.
    for (const auto& [_, at] : killed_) since_ = std::max(since_, at - 1h);
    std::erase_if(killed_, [&](const auto& kill) { return kill.second <= since_; });
  }
  return fresh;
}

}  // namespace loadline::collector
