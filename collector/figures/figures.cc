#include "collector/figures/figures.h"

#include <optional>

namespace loadline::collector {
namespace {

Number Whole(std::uint64_t count) {
  return static_cast<std::int64_t>(count);
}
// Requests and limits are 0 where there are none.
Number Positive(std::int64_t amount) {
  return amount > 0 ? Number(amount) : Number();
}
Number Real(std::optional<double> amount) {
  return amount ? Number(*amount) : Number();
}

using C = ContainerView;
constexpr Figure<C> kContainer[] = {
    {"replicas", "Count", "Running replicas of the container.", [](const C& c) { return Whole(c.replicas); },
     "container_replicas"},
    {"cpu_cores", "Amount", "CPU usage in the last window, sum over all replicas.",
     [](const C& c) { return Real(c.cpu_cores); }, "container_cpu_usage_cores"},
    {"cpu_request_millicores", "MaybeCount", "CPU request per pod.",
     [](const C& c) { return Positive(c.cpu_request); }, "container_cpu_request_cores", 1000},
    {"cpu_limit_millicores", "MaybeCount", "CPU limit per pod.",
     [](const C& c) { return Positive(c.cpu_limit); }, "container_cpu_limit_cores", 1000},
    {"memory_working_set_bytes", "Count", "Memory working set of the largest replica.",
     [](const C& c) { return Number(c.memory_working_set); }, "container_memory_working_set_bytes"},
    {"memory_peak_bytes", "Count", "Peak memory usage of one replica in the last hour.",
     [](const C& c) { return Number(c.memory_peak); }, "container_memory_peak_bytes"},
    {"memory_request_bytes", "MaybeCount", "Memory request per pod.",
     [](const C& c) { return Positive(c.memory_request); }, "container_memory_request_bytes"},
    {"memory_limit_bytes", "MaybeCount", "Memory limit per pod.",
     [](const C& c) { return Positive(c.memory_limit); }, "container_memory_limit_bytes"},
    {"memory_high_bytes", "MaybeCount", "memory.high per pod, where reclaim begins.",
     [](const C& c) { return Positive(c.memory_high); }, "container_memory_high_bytes"},
    {"memory_swap_bytes", "Count",
     "Memory moved out to swap, beside the working set; that of the largest replica.",
     [](const C& c) { return Number(c.memory_swap); }, "container_memory_swap_bytes"},
    {"memory_huge_pages_bytes", "MaybeCount",
     "Memory held in huge pages (hugetlb), beside the working set; that of the largest replica. Not known "
     "where "
     "the node has none to give, or its agent does not say.",
     [](const C& c) { return c.memory_huge_pages ? Number(*c.memory_huge_pages) : Number(); },
     "container_memory_huge_pages_bytes"},
    {"huge_pages_request_bytes", "MaybeCount",
     "Huge pages of all sizes that the pod's spec asks for, per pod; that is the limit, too.",
     [](const C& c) { return Positive(c.huge_pages_request); }, "container_huge_pages_request_bytes"},
    {"huge_pages_limit_bytes", "MaybeCount",
     "Limit on huge pages of all sizes per pod, as the kernel has it. None: there is no limit, or it may not "
     "have any.",
     [](const C& c) { return Positive(c.huge_pages_limit); }, "container_huge_pages_limit_bytes"},
    {"allowed_cpus", "MaybeCount",
     "CPUs that the cpuset of a replica lets it run on; not known of an agent that does not say.",
     [](const C& c) { return Positive(c.allowed_cpus); }, "container_allowed_cpus"},
    {"cpu_burst_seconds", "MaybeAmount",
     "CPU time that one period may use beyond the CPU limit, out of what was left unused before "
     "(cpu.max.burst). Using it is no throttling.",
     [](const C& c) { return c.cpu_burst > Duration(0) ? Number(Seconds(c.cpu_burst)) : Number(); },
     "container_cpu_burst_allowed_seconds"},
    {"throttled_share", "Share",
     "Share of CFS periods of the last window that were throttled, by the limit of the container or its pod.",
     [](const C& c) { return Real(c.throttled_share); }, "container_throttled_ratio"},
    {"throttled_seconds", "Amount", "Time throttled by the CPU limit in the last window.",
     [](const C& c) { return Real(c.throttled_seconds); }},
    {"longest_throttle_seconds", "MaybeAmount", "Longest single CPU throttle in the last window.",
     [](const C& c) { return Real(c.longest_throttle_seconds); }, "container_longest_throttle_seconds"},
    {"run_queue_wait_seconds", "MaybeAmount",
     "Run-queue latency in the last window: waiting for a CPU while not throttled.",
     [](const C& c) { return Real(c.run_queue_wait_seconds); }, "container_run_queue_wait_seconds"},
    {"processes", "Count", "Processes and threads, sum over all replicas.",
     [](const C& c) { return Whole(c.processes); }, "container_processes"},
    {"largest_exited_process_bytes", "MaybeCount",
     "Resident memory of the largest process that ended in the last hour.",
     [](const C& c) { return Positive(c.largest_exited_process); }, "container_largest_exited_process_bytes"},
    {"oom_kills", "MaybeCount",
     "OOM kills: decisions of the kernel. A group kill (memory.oom.group) is one. Not known where no agent "
     "can see any.",
     [](const C& c) { return c.sees_oom_kills ? Whole(c.oom_kills) : Number(); },
     "container_oom_kills_total"},
    {"oom_victims", "MaybeCount", "Processes killed by the OOM killer.",
     [](const C& c) { return c.sees_oom_kills ? Whole(c.oom_victims) : Number(); },
     "container_oom_victims_total"},
};

constexpr Figure<C> kContainerTotals[] = {
    {"periods", "Count", "CFS enforcement periods of the CPU limit, the container's or its pod's.",
     [](const C& c) { return Whole(c.periods_total); }, "container_cfs_periods_total"},
    {"throttled_periods", "Count", "CFS periods in which the container was throttled.",
     [](const C& c) { return Whole(c.throttled_periods_total); }, "container_cfs_throttled_periods_total"},
    {"throttled_seconds", "Amount", "Time throttled by the CPU limit.",
     [](const C& c) { return Real(c.throttled_seconds_total); }, "container_throttled_seconds_total"},
    {"cpu_seconds", "Amount", "CPU time used, sum over all replicas.",
     [](const C& c) { return Real(c.cpu_seconds_total); }, "container_cpu_seconds_total"},
};

using N = NodeView;
constexpr Figure<N> kNode[] = {
    {"clock_ahead_seconds", "MaybeDifference",
     "How far the node's wall clock is ahead of the collector's; negative when it is behind. It changes "
     "nothing else: times are by the collector's clock.",
     [](const N& n) { return n.clock_ahead ? Number(Seconds(*n.clock_ahead)) : Number(); },
     "node_clock_ahead_seconds"},
    {"cpu_used_cores", "Amount", "CPU used in the last window.",
     [](const N& n) { return Real(n.cpu_used_cores); }, "node_cpu_usage_cores"},
    {"memory_used_bytes", "Count", "Memory in use: capacity minus available.",
     [](const N& n) { return Number(n.memory_used); }, "node_memory_used_bytes"},
    {"containers", "Count", "Containers on the node.", [](const N& n) { return Whole(n.containers); },
     "node_containers"},
    {"missing_records", "Count", "Missing records: gaps in the node's sequence numbers.",
     [](const N& n) { return Whole(n.missing_records); }, "agent_missing_records_total"},
    {"spooled_records", "Count", "Records that the agent holds because nobody has acknowledged them yet.",
     [](const N& n) { return Whole(n.spooled_records); }, "agent_spooled_records"},
    {"waiting_bytes", "Count", "Records of the node that are queued because it exceeds its rate limit.",
     [](const N& n) { return Number(n.waiting_bytes); }, "node_waiting_bytes"},
    {"cgroups", "MaybeCount", "Cgroups of the node; not known of an agent that does not say.",
     [](const N& n) { return Positive(n.cgroups); }, "node_cgroups"},
    {"dying_cgroups", "MaybeCount",
     "Removed cgroups that the kernel still holds because memory is charged to them; when it only grows, "
     "something leaks them.",
     [](const N& n) { return n.cgroups > 0 ? Whole(n.dying_cgroups) : Number(); }, "node_dying_cgroups"},
};

constexpr Figure<N> kAgent[] = {
    {"cpu_share", "Share",
     "CPU usage of the agent and of its probes in other tasks, share of one core in the last window.",
     [](const N& n) { return Real(n.agent_cpu_share); }, "agent_cpu_ratio"},
    {"rss_bytes", "Count", "Resident memory of the agent.", [](const N& n) { return Number(n.agent_rss); },
     "agent_resident_memory_bytes"},
    {"backed_off", "Count",
     "Steps that the agent has gone back to stay within --cpu-budget. 1: pressure of idle cgroups is read "
     "less often; 2: counters each 2 s; 3: each 5 s; 4: once a window. 0: it does all.",
     [](const N& n) { return Whole(n.backed_off); }, "agent_backed_off"},
    {"longest_walk_seconds", "Amount",
     "Longest time that the agent held the kernel's lock of all cgroups in the last window.",
     [](const N& n) { return Real(n.longest_walk_seconds); }, "agent_longest_cgroup_lock_seconds"},
};

using O = CollectorView;
constexpr Figure<O> kCollector[] = {
    {"records_committed", "Count", "Records durably stored.",
     [](const O& o) { return Whole(o.records_committed); }, "records_committed_total"},
    {"records_duplicate", "Count", "Duplicate records, stored before.",
     [](const O& o) { return Whole(o.records_duplicate); }, "records_duplicate_total"},
    {"container_samples", "Count", "Container samples ingested.",
     [](const O& o) { return Whole(o.container_samples); }, "container_samples_total"},
    {"agent_connections", "Count", "Connections to the agents' port.",
     [](const O& o) { return Whole(o.agent_connections); }, "agent_connections"},
    {"hellos_too_soon", "Count", "Hellos dropped because the agent reconnects too often.",
     [](const O& o) { return Whole(o.hellos_too_soon); }, "agent_hellos_too_soon_total"},
    {"ended_sessions", "Count", "Agent sessions ended because their token expired or was revoked.",
     [](const O& o) { return Whole(o.ended_sessions); }, "agent_sessions_ended_total"},
    {"neighbours_able", "Count",
     "Agents that have reached another node's kubelet, and are asked about nodes that fall silent; of many "
     "agents "
     "none, where a firewall or a NetworkPolicy is between the nodes.",
     [](const O& o) { return Whole(o.neighbours_able); }, "neighbours_able"},
    {"neighbour_questions", "Count", "Questions to agents whether they reach a node that fell silent.",
     [](const O& o) { return Whole(o.neighbour_questions); }, "neighbour_questions_total"},
    {"neighbour_answers", "Count", "Answers to these questions.",
     [](const O& o) { return Whole(o.neighbour_answers); }, "neighbour_answers_total"},
    {"queue_refused", "Count", "Backpressure: records deferred because the queue was full.",
     [](const O& o) { return Whole(o.queue_refused); }, "queue_refused_total"},
    {"alerts_refused", "Count",
     "Alerts that found the book full, or their node's share of it, each time they were found.",
     [](const O& o) { return Whole(o.alerts_refused); }, "alerts_refused_total"},
    {"alerts_posted_as_ours", "Count",
     "Posted alerts that are open here as the collector's own, by all their labels, and are left out: its "
     "own came back to it, or another collector has the same cluster name.",
     [](const O& o) { return Whole(o.alerts_posted_as_ours); }, "alerts_posted_as_ours_total"},
    {"recommend_pass_seconds", "Amount", "Duration of the last full recommendation run.",
     [](const O& o) { return Real(o.last_pass_seconds); }, "recommend_pass_seconds"},
};

using R = ReceiverView;
constexpr Figure<R> kReceiver[] = {
    {"delivered", "Count", "Notifications delivered.", [](const R& r) { return Whole(r.delivered); },
     "sink_delivered_total"},
    {"retried", "Count", "Failed attempts that were retried.", [](const R& r) { return Whole(r.retried); },
     "sink_retried_total"},
    {"refused", "Count", "Notifications that failed permanently.",
     [](const R& r) { return Whole(r.refused); }, "sink_refused_total"},
    {"refused_items", "Count", "Parts of notifications (rows, recipients) that failed permanently.",
     [](const R& r) { return Whole(r.refused_items); }, "sink_refused_items_total"},
    {"waiting", "Count", "Notifications queued.", [](const R& r) { return Whole(r.waiting); },
     "sink_waiting"},
    {"failing", "Count", "Consecutive failed attempts; 0 when the last one succeeded.",
     [](const R& r) { return Whole(r.failing); }, "sink_failing"},
};

using W = WatchView;
constexpr Figure<W> kWatch[] = {
    {"age_seconds", "Amount", "Time since the last list or event of these objects from the API server.",
     [](const W& w) { return Real(w.age_seconds); }, "kube_watch_age_seconds"},
    {"lists", "Count", "List requests for these objects.", [](const W& w) { return Whole(w.lists); },
     "kube_watch_lists_total"},
    {"streams", "Count", "Watch requests for these objects.", [](const W& w) { return Whole(w.streams); },
     "kube_watch_streams_total"},
    {"events", "Count", "Watch events received.", [](const W& w) { return Whole(w.events); },
     "kube_watch_events_total"},
    {"expired", "Count", "Watches that expired (410 Gone).", [](const W& w) { return Whole(w.expired); },
     "kube_watch_expired_total"},
    {"failures", "Count", "Requests that failed.", [](const W& w) { return Whole(w.failures); },
     "kube_watch_failures_total"},
};

}  // namespace

Figures<ContainerView> ContainerFigures() {
  return kContainer;
}
Figures<ContainerView> ContainerTotals() {
  return kContainerTotals;
}
Figures<NodeView> NodeFigures() {
  return kNode;
}
Figures<NodeView> AgentFigures() {
  return kAgent;
}
Figures<CollectorView> CollectorFigures() {
  return kCollector;
}
Figures<ReceiverView> ReceiverFigures() {
  return kReceiver;
}
Figures<WatchView> WatchFigures() {
  return kWatch;
}

}  // namespace loadline::collector
