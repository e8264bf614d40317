#include "tests/support/handmade_snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace loadline::collector {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kWindowSeconds = 10;

// Between 0 and 1, the same for the same arguments: waves of several lengths, as real load has them.
double Wave(std::uint64_t seed, double second) {
  const double phase = static_cast<double>(seed * 2654435761U % 1000) / 1000 * 6.283;
  const double slow = std::sin(second / 700 + phase), quick = std::sin(second / 61 + phase * 3);
  const double jitter = std::fmod(std::abs(std::sin(second * 12.9898 + phase) * 43758.5453), 1.0);
  return std::clamp(0.5 + 0.28 * slow + 0.1 * quick + 0.16 * (jitter - 0.5), 0.0, 1.0);
}

// What is told of one container.
struct Story {
  const char* namespace_name;
  const char* kind;
  const char* name;
  const char* container;
  std::uint32_t replicas;
  MilliCores cpu_request, cpu_limit;
  Bytes memory_request, memory_limit;
  double cpu_low, cpu_high;  // cores a replica
  Bytes memory_low, memory_high;
  bool throttled = false;
  bool sawtooth = false;  // grows until it is OOM-killed, every eight minutes
};

constexpr Story kStories[] = {
    {"shop", "Deployment", "checkout", "server", 3, 100, 100, 128 * kMiB, 256 * kMiB, 0.07, 0.1, 96 * kMiB,
     130 * kMiB, true},
    {"shop", "Deployment", "recommendations", "model", 2, 500, 2000, 256 * kMiB, 512 * kMiB, 0.2, 0.7,
     120 * kMiB, 511 * kMiB, false, true},
    {"shop", "StatefulSet", "orders-db", "postgres", 1, 4000, 8000, 8 * kGiB, 8 * kGiB, 0.15, 0.4, 900 * kMiB,
     1100 * kMiB},
    {"shop", "Deployment", "frontend", "nginx", 6, 250, 1000, 128 * kMiB, 256 * kMiB, 0.05, 0.22, 40 * kMiB,
     60 * kMiB},
    {"monitoring", "StatefulSet", "prometheus", "prometheus", 1, 1000, 0, 2 * kGiB, 3 * kGiB, 0.3, 0.5,
     2400 * kMiB, 2900 * kMiB},
    {"batch", "CronJob", "nightly-report", "report", 1, 2000, 2000, 4 * kGiB, 4 * kGiB, 0.0, 1.9, 200 * kMiB,
     900 * kMiB},
    {"", "SystemdUnit", "ssh.service", "", 1, 0, 0, 0, 0, 0.0, 0.002, 6 * kMiB, 7 * kMiB},
    // A cgroup may have any name at all.
    {"", "Cgroup", "odd \"<b>name</b>\\\n&", "", 1, 0, 0, 0, 0, 0.0, 0.001, 1 * kMiB, 2 * kMiB},
    {"", "DockerContainer", "registry", "", 1, 0, 500, 0, 512 * kMiB, 0.01, 0.08, 90 * kMiB, 120 * kMiB},
};

Story Ordinary(std::size_t i) {
  static constexpr const char* kNamespaces[] = {"shop", "payments", "search", "platform", "batch"};
  const MilliCores request = 100 + 50 * static_cast<MilliCores>(i % 17);
  return {kNamespaces[i % 5],
          i % 7 == 0 ? "StatefulSet" : "Deployment",
          nullptr,
          "app",
          static_cast<std::uint32_t>(1 + i % 4),
          request,
          request * 2,
          static_cast<Bytes>(128 + 64 * (i % 9)) * kMiB,
          static_cast<Bytes>(256 + 128 * (i % 9)) * kMiB,
          0.02 + 0.01 * static_cast<double>(i % 11),
          0.05 + 0.03 * static_cast<double>(i % 11),
          static_cast<Bytes>(40 + 30 * (i % 6)) * kMiB,
          static_cast<Bytes>(60 + 35 * (i % 6)) * kMiB};
}

UsagePoint PointOf(const Story& story, std::uint64_t seed, std::int64_t second) {
  const double wave = Wave(seed, static_cast<double>(second));
  const double saw = static_cast<double>(second % 480) / 480;
  const double fill = story.sawtooth ? saw : Wave(seed + 77, static_cast<double>(second) / 5);
  return {
      .at_ms = second * 1000,
      .cpu_cores =
          static_cast<float>((story.cpu_low + wave * (story.cpu_high - story.cpu_low)) * story.replicas),
      .memory_bytes = static_cast<float>((static_cast<double>(story.memory_low) +
                                          fill * static_cast<double>(story.memory_high - story.memory_low)) *
                                         (story.sawtooth ? 1 : story.replicas)),
      .throttled_share = story.throttled ? static_cast<float>(0.35 + 0.6 * wave) : 0.0F};
}

ResourceAdvice AdviceOf(std::int64_t target, std::int64_t request, std::int64_t limit, std::string reason) {
  const auto some = [](std::int64_t amount) { return amount > 0 ? std::optional(amount) : std::nullopt; };
  return {.lower = target * 3 / 4,
          .target = target,
          .upper = target * 2,
          .uncapped = target,
          .current_request = some(request),
          .current_limit = some(limit),
          .reason = std::move(reason)};
}

std::shared_ptr<const RecommendationView> RecommendationFor(const Story& story) {
  auto view = std::make_shared<RecommendationView>();
  const auto cpu = static_cast<MilliCores>(story.throttled ? 620 : std::max(25.0, story.cpu_high * 1150));
  const auto memory = static_cast<Bytes>(
      story.sawtooth ? static_cast<double>(story.memory_high) * 1.2 * 1.15
                     : std::max(26.0 * kMiB, static_cast<double>(story.memory_high) * 1.15));
  view->algorithm = "vpa";
  view->cpu = AdviceOf(
      cpu, story.cpu_request, story.cpu_limit,
      story.throttled
          ? "It was throttled in most periods of the last day, so its use shows its limit and not its "
            "need; the target follows the need."
          : "The 90th percentile of 8 days of one-second samples, plus 15 %.");
  view->memory =
      AdviceOf(memory, story.memory_request, story.memory_limit,
               story.sawtooth ? "It was OOM-killed at its limit; each kill counts as a peak 20 % above it."
                              : "The 90th percentile of the daily peaks of 8 days, plus 15 %.");
  view->confidence = 8.2;
  view->history_seconds = 8.2 * 86400;
  view->samples = 708'480;
  view->oom_kills = story.sawtooth ? 14 : 0;
  if (story.throttled) {
    view->startup_boost = StartupBoostView{.cpu = 1240, .factor = 2, .duration_seconds = 120};
    view->outliers.push_back({.node = "aks-pool1-000001",
                              .cgroup = "/kubepods/burstable/pod1f0c/2b7e",
                              .pod = "checkout-6c9d7b5f4-x2x8p",
                              .resource = Resource::kCpu,
                              .times_the_median = 3.1});
    view->outliers.push_back({.node = "aks-pool1-000002",
                              .cgroup = "/kubepods/burstable/pod2a9d/11c0",
                              .pod = "checkout-6c9d7b5f4-lk4wd",
                              .resource = Resource::kMemory,
                              .times_the_median = 0,
                              .times_the_others = 37.4});
  }
  if (story.sawtooth)
    view->notes.emplace_back("Memory grows steadily between kills: this looks like a leak.");
  if (story.cpu_request > 0) {
    const double cores = static_cast<double>(story.cpu_request - cpu) / 1000 * story.replicas;
    const double gib = static_cast<double>(story.memory_request - memory) / kGiB * story.replicas;
    view->saving_per_month = cores * 23.1 + gib * 3.1;
    view->currency = "USD";
  }
  return view;
}

ContainerView ContainerFor(const Story& story, std::uint64_t seed, std::int64_t second) {
  ContainerView view;
  for (std::int64_t i = UsageHistory::kPoints; i > 0; --i) {
    view.history.Add(PointOf(story, seed, second - (i - 1) * kWindowSeconds));
  }
  const UsagePoint last = PointOf(story, seed, second);
  view.name = story.container;
  view.replicas = story.replicas;
  view.cpu_cores = last.cpu_cores;
  view.memory_working_set = static_cast<Bytes>(last.memory_bytes) / (story.sawtooth ? 1 : story.replicas);
  view.memory_peak = story.memory_high;
  view.cpu_request = story.cpu_request;
  view.cpu_limit = story.cpu_limit;
  view.memory_request = story.memory_request;
  view.memory_limit = story.memory_limit;
  view.request_source = RequestSource::kSpec;
  view.qos = wire::QosClass::kBurstable;
  view.effective_cpu_limit = {story.cpu_limit, LimitLevel::kContainer};
  view.effective_memory_limit = story.memory_limit > 0 ? LimitAt{story.memory_limit, LimitLevel::kContainer}
                                                       : LimitAt{16 * kGiB, LimitLevel::kSlice};
  if (story.throttled) view.throttled_by = view.effective_cpu_limit;
  if (story.throttled) view.cpu_held_back_by = HeldBackBy::kLimit;
  view.throttled_share = last.throttled_share;
  view.throttled_seconds = last.throttled_share * 9.2 * story.replicas;
  view.longest_throttle_seconds = last.throttled_share * 0.093;
  view.run_queue_wait_seconds = last.cpu_cores * 0.04;
  view.cpu_pressure = last.throttled_share * 0.8;
  view.memory_pressure = story.sawtooth ? 0.12 : 0;
  view.oom_kills = story.sawtooth ? static_cast<std::uint64_t>(14 + second / 480 % 3) : 0;
  view.periods_total = static_cast<std::uint64_t>(second % 1'000'000) * 10 * story.replicas;
  view.throttled_periods_total = story.throttled ? view.periods_total * 2 / 3 : 0;
  view.throttled_seconds_total = static_cast<double>(view.throttled_periods_total) * 0.061;
  view.cpu_seconds_total = static_cast<double>(second % 1'000'000) * story.cpu_high * story.replicas;
  if (story.namespace_name[0] != '\0') view.recommendation = RecommendationFor(story);
  return view;
}

std::string IdOf(const WorkloadView& workload) {
  if (!workload.namespace_name.empty()) {
    return fmt::format("{}/{}/{}", workload.namespace_name, workload.kind, workload.name);
  }
  const char* where = workload.kind == "SystemdUnit" ? "unit" : workload.kind == "Cgroup" ? "path" : "docker";
  return fmt::format("{}/{}", where, workload.name);
}

std::string NodeName(std::size_t i) {
  return fmt::format("aks-pool1-{:06}", i);
}

std::shared_ptr<const WorkloadView> WorkloadFor(std::size_t i, const HandmadeCluster& cluster,
                                                std::int64_t second) {
  const Story story = i < std::size(kStories) ? kStories[i] : Ordinary(i);
  auto view = std::make_shared<WorkloadView>();
  view->namespace_name = story.namespace_name;
  view->kind = story.kind;
  view->name = story.name ? story.name : fmt::format("service-{:05}", i);
  view->id = IdOf(*view);
  for (std::size_t n = 0; n < std::min<std::size_t>(story.replicas, cluster.nodes); ++n) {
    view->nodes.push_back(NodeName((i + n) % cluster.nodes));
  }
  std::ranges::sort(view->nodes);
  view->containers.push_back(ContainerFor(story, i + 1, second));
  if (view->name == "frontend") {
    Story proxy = Ordinary(3);
    proxy.container = "proxy";
    proxy.replicas = story.replicas;
    view->containers.push_back(ContainerFor(proxy, i + 1000, second));
  }
  view->last_seen = cluster.now - seconds(4);
  return view;
}

NodeView NodeFor(std::size_t i, const HandmadeCluster& cluster, std::int64_t second) {
  const double wave = Wave(i + 500, static_cast<double>(second));
  NodeView node{.name = NodeName(i),
                .place = {.pool = "pool1",
                          .zone = fmt::format("westeurope-{}", 1 + i % 3),
                          .instance_type = "Standard_D8s_v5"},
                .state = NodeState::kReporting,
                .state_reason = "heartbeats and windows arrive",
                .agent_version = "0.1.0",
                .kernel_version = "6.1.0-44-amd64",
                .last_seen = cluster.now - seconds(1),
                .first_seen = cluster.now - hours(200),
                .capacity = {.cpu = 8000, .memory = 32 * kGiB},
                .cpu_used_cores = 1.5 + 4.5 * wave,
                .memory_used = static_cast<Bytes>((11 + 9 * Wave(i, static_cast<double>(second) / 9)) * kGiB),
                .cpu_pressure = 0.02 + 0.1 * wave,
                .memory_pressure = i == 1 ? 0.07 : 0.0,
                .io_pressure = 0.01 * wave,
                .containers = static_cast<std::uint32_t>(cluster.workloads * 2 / cluster.nodes),
                .agent_cpu_share = 0.0007,
                .agent_rss = 17 * kMiB,
                .disks = {{.path = "/", .free = 61 * kGiB, .total = 128 * kGiB}}};
  using wire::Rung;
  using wire::Signal;
  const bool old_kernel = i == 2;
  node.signals = {{Signal::kCgroupCounters, old_kernel ? Rung::kFiles : Rung::kIterator,
                   old_kernel ? "this kernel has no cgroup iterator" : ""},
                  {Signal::kCgroupLifecycle, Rung::kTpBtf, ""},
                  {Signal::kOomKill, old_kernel ? Rung::kTracepoint : Rung::kFexit,
                   old_kernel ? "oom_kill_process cannot be attached to" : ""},
                  {Signal::kMemoryReclaim, Rung::kTpBtf, ""},
                  {Signal::kCpuThrottle, Rung::kFexit, ""},
                  {Signal::kProcessExit, Rung::kTpBtf, ""},
                  {Signal::kRunQueue, old_kernel ? Rung::kOff : Rung::kTpBtf,
                   old_kernel ? "turned off: it costs too much on this kernel" : ""},
                  {Signal::kPressure, Rung::kFiles, ""}};
  if (old_kernel) node.kernel_version = "5.10.0-33-amd64";
  if (i == 3) {
    node.state = NodeState::kSilent;
    node.state_reason = "no heartbeat for 4 min 12 s; windows stopped at the same moment";
    node.last_seen = cluster.now - seconds(252);
    node.missing_records = 2;
    node.losses.missed_samples = 31;
    node.refused.containers = 12;
    node.waiting_bytes = 3 * kMiB;
  }
  return node;
}

std::vector<AlertView> AlertsAt(const HandmadeCluster& cluster) {
  const Wall now = cluster.now;
  const auto told = [&](const char* who, Duration ago) {
    return fmt::format("{}: delivered {} ago", who, ago < minutes(5) ? "4 min" : "12 min");
  };
  return {
      {.fingerprint = "5a1c39bd02f7e611",
       .rule = "NodeSilent",
       .severity = Severity::kSev1,
       .state = AlertState::kFiring,
       .labels = {{"node", NodeName(3)}},
       .summary = "Node aks-pool1-000003 is silent",
       .reason =
           "No heartbeat for 4 min 12 s; the rule fires after 15 s. Its last window was complete, and the "
           "other 3 nodes report, so the fault is at that node or on the way to it.",
       .since = now - seconds(252),
       .fired = now - seconds(237),
       .deliveries = {told("slack", minutes(4)), told("log", minutes(4))}},
      {.fingerprint = "0be76a4f9920c3d8",
       .rule = "ContainerOomKilled",
       .severity = Severity::kSev2,
       .state = AlertState::kFiring,
       .labels = {{"container", "model"},
                  {"namespace", "shop"},
                  {"workload", "shop/Deployment/recommendations"}},
       .summary = "shop/recommendations: model was OOM-killed at its limit of 512 MiB",
       .reason = "The container used 512 MiB of its limit of 512 MiB; victim python3 (pid 20481) had 498 MiB "
                 "resident. It is the 14th kill in two hours.",
       .since = now - minutes(112),
       .fired = now - minutes(112),
       .occurrences = 14,
       .deliveries = {told("slack", minutes(12)), told("log", minutes(12))}},
      {.fingerprint = "c41fe07711a2bb90",
       .rule = "ContainerThrottled",
       .severity = Severity::kSev3,
       .state = AlertState::kFiring,
       .labels = {{"container", "server"}, {"namespace", "shop"}, {"workload", "shop/Deployment/checkout"}},
       .summary = "shop/checkout: server is throttled in 71 % of its periods",
       .reason = "Throttled periods were above 25 % for 5 min; the limit is 100m and the need about 620m.",
       .since = now - minutes(48),
       .fired = now - minutes(43),
       .deliveries = {"slack: refused: HTTP 404 from the webhook: channel_is_archived",
                      told("log", minutes(12))}},
      {.fingerprint = "d00dfeed55aa1234",
       .rule = "MemoryPressure",
       .severity = Severity::kSev3,
       .state = AlertState::kPending,
       .labels = {{"node", NodeName(1)}},
       .summary = "Node aks-pool1-000001 stalls on memory",
       .reason = "Tasks stalled during 7 % of the last window; the rule fires when it holds for 2 min.",
       .since = now - seconds(40)},
      {.fingerprint = "77aa12cd0f3e9b5c",
       .rule = "ContainerThrottled",
       .severity = Severity::kSev3,
       .state = AlertState::kResolved,
       .labels = {{"container", "report"},
                  {"namespace", "batch"},
                  {"workload", "batch/CronJob/nightly-report"}},
       .summary = "batch/nightly-report: report is throttled in 31 % of its periods",
       .reason = "Throttled periods were above 25 % for 5 min.",
       .since = now - hours(6),
       .fired = now - hours(6) + minutes(5),
       .resolved = now - hours(5),
       .deliveries = {told("slack", hours(5))}}};
}

std::vector<StoryView> StoriesAt(const HandmadeCluster& cluster) {
  const Wall at = cluster.now - minutes(12);
  return {{.id = "eviction/0a1b2c3d-0000-4000-8000-000000000001",
           .kind = "eviction",
           .at = at,
           .last = at,
           .node = NodeName(1),
           .workload_id = "shop/Deployment/frontend",
           .namespace_name = "shop",
           .pod = "frontend-5f-abcde",
           .container = "nginx",
           .why = "The node was low on memory: 96 MiB available, threshold 100 MiB; container nginx used 58 "
                  "MiB with "
                  "a request of 0 MiB.",
           .cause_workload_id = "shop/Deployment/recommendations",
           .cause_container = "model",
           .cause = "shop/Deployment/recommendations container model grew from 121 MiB to 509 MiB in 2 min",
           .evidence = {{at - seconds(20), "node", "memory.available went from 512 MiB to 96 MiB in 2 min"},
                        {at, "kubelet", "Evicted: The node was low on resource: memory."}}}};
}

std::vector<HappeningView> HappeningsAt(const HandmadeCluster& cluster) {
  std::vector<HappeningView> all;
  all.push_back(
      {cluster.now - seconds(252), "node_silent", "", NodeName(3), "Node aks-pool1-000003 fell silent"});
  for (int i = 0; i < 14; ++i) {
    const Wall at = cluster.now - minutes(1) - minutes(8) * i;
    all.push_back({at, "oom_kill", "shop/Deployment/recommendations", NodeName(1),
                   fmt::format("python3 (pid {}) was OOM-killed at the limit of container model, 512 MiB",
                               20481 - i * 97)});
    if (i % 3 == 0) {
      all.push_back({at - seconds(20), "memory_stall", "shop/Deployment/recommendations", NodeName(1),
                     "model began to stall in reclaim: 507 MiB of 512 MiB"});
    }
  }
  all.push_back(
      {cluster.now - hours(9), "node_back", "", NodeName(0), "Node aks-pool1-000000 is back after 41 s"});
  std::ranges::stable_sort(all, std::ranges::greater{}, &HappeningView::at);
  return all;
}

// One step asks for a person, one node waits, and one repair is over.
RepairsView RepairsAt(const HandmadeCluster& cluster) {
  const auto node = [&](std::size_t i) { return NodeFor(std::min(i, cluster.nodes - 1), cluster, 0).name; };
  const RepairView asked{.id = node(2) + "@1767225600000000000/2/1",
                         .node = node(2),
                         .pool = "pool1",
                         .zone = "eastus-1",
                         .mode = "ask",
                         .trouble = "disk read-only",
                         .step = "drain",
                         .state = "asked",
                         .reason =
                             "disk read-only for 1 min 10 s: its kernel wrote: EXT4-fs (sda1): Remounting "
                             "filesystem read-only",
                         .held_by = "asked",
                         .held = "a person is asked since 4 min",
                         .since = cluster.now - minutes(4),
                         .opened = cluster.now - minutes(6)};
  RepairView waits{.node = node(3),
                   .pool = "pool1",
                   .mode = "ask",
                   .trouble = "kubelet dead",
                   .step = "cordon",
                   .state = "waiting",
                   .held_by = "in flight",
                   .held = "1 of pool 'pool1' is being repaired, and at most 1 may be at the same time",
                   .since = cluster.now - minutes(2)};
  RepairView over = asked;
  over.id = node(5) + "@1767221000000000000/7/1";
  over.node = node(5);
  over.step = "uncordon";
  over.state = "done";
  over.held_by = over.held = "";
  over.detail = "it was well again";
  over.closed = over.since = cluster.now - minutes(95);
  return {.enabled = true, .repairs = {waits, asked, over}, .steps = {{"cordon", "ask", "done", 2}}};
}

}  // namespace

std::shared_ptr<const Snapshot> HandmadeSnapshot(const HandmadeCluster& cluster) {
  const std::int64_t second = std::chrono::floor<seconds>(cluster.now.time_since_epoch()).count();
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->at = cluster.now;
  snapshot->collector = {
      .version = "0.1.0",
      .cluster = "aks-prod",
      .started = cluster.now - hours(201),
      .records_committed = 288'113 + static_cast<std::uint64_t>(second % 100'000),
      .records_duplicate = 12,
      .container_samples = 4'611'204,
      .rejected_frames = {{"bad_token", 3}, {"wrong_version", 0}},
      .refused_connections = {{"10.240.3.17", "unknown_agent", 214}, {"10.240.3.17", "crowded", 12}},
      .agent_connections = cluster.nodes,
      .store_bytes = 212 * kMiB,
      .last_pass_seconds = 0.214,
      .receivers = {{.name = "log", .delivered = 31},
                    {.name = "slack", .delivered = 29, .retried = 2, .refused = 1},
                    {.name = "azure_logs",
                     .waiting = 3,
                     .failing = 1,
                     .last_failure = "HTTP 439: the daily quota is used up",
                     .paused_until = cluster.now + minutes(52),
                     .waiting_since = cluster.now - minutes(8)}}};
  for (std::size_t i = 0; i < cluster.nodes; ++i) snapshot->nodes.push_back(NodeFor(i, cluster, second));
  for (std::size_t i = 0; i < std::max(cluster.workloads, std::size(kStories)); ++i) {
    snapshot->workloads.push_back(WorkloadFor(i, cluster, second));
  }
  std::ranges::sort(snapshot->workloads, {},
                    [](const auto& workload) { return std::string_view(workload->id); });
  for (AlertView& alert : AlertsAt(cluster))
    snapshot->alerts.push_back(std::make_shared<const AlertView>(std::move(alert)));
  snapshot->happenings = HappeningsAt(cluster);
  snapshot->stories = StoriesAt(cluster);
  snapshot->repairs = RepairsAt(cluster);
  return snapshot;
}

}  // namespace loadline::collector
