#include "agent/kernel/probes.h"

#include <algorithm>

#include "agent/kernel/probe_loader.h"
#include "bpf/cgroup_lifecycle.skel.h"
#include "bpf/cpu_throttle.skel.h"
#include "bpf/events.h"
#include "bpf/kernel_log.skel.h"
#include "bpf/memory_reclaim.skel.h"
#include "bpf/oom_kill.skel.h"
#include "bpf/process_exit.skel.h"
#include "bpf/run_queue.skel.h"

namespace loadline::agent {
namespace {

using wire::Rung;
using wire::Signal;

std::string MissingFunctions(const KernelBtf& btf, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (!btf.HasFunction(name)) return std::string("this kernel has no function ") + name;
  }
  return {};
}

std::string MissingTracepoints(const KernelBtf& btf, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (!btf.HasTracepoint(name)) return std::string("this kernel has no tracepoint ") + name;
  }
  return {};
}

template <typename Skeleton>
RunningProbe Running(LoadedProbe<Skeleton> probe) {
  RunningProbe running{.rung = probe.rung, .object = nullptr, .aggregates = -1};
  if (!probe.skeleton) return running;
  if constexpr (requires { probe.skeleton->maps.aggregates; }) {
    running.aggregates = bpf_map__fd(probe.skeleton->maps.aggregates);
  }
  running.object = std::move(probe.skeleton);
  return running;
}

}  // namespace

RunningProbe OpenCgroupLifecycle(const ProbeContext& context, Rung ceiling, std::uint64_t hierarchies) {
  using Skeleton = cgroup_lifecycle_bpf;
  const auto form = [&](const char* death) {
    return ProbeForm<Skeleton>{.rung = Rung::kTpBtf,
                               .obstacle = MissingTracepoints(context.btf, {"cgroup_mkdir", "cgroup_rmdir"}),
                               .programs = {"cgroup_mkdir", death},
                               .configure = [=](Skeleton& probe) {
                                 probe.rodata->wanted_hierarchies = hierarchies;
                                 probe.rodata->cpus =
                                     static_cast<__u32>(std::max(libbpf_num_possible_cpus(), 0));
                               }};
  };
  const bool finds_cpus = context.btf.HasFunction("percpu_array_map_lookup_percpu_elem");
  return Running(LoadBestForm<Skeleton>(
      Signal::kCgroupLifecycle, ceiling, context.shared,
      {form(finds_cpus ? "cgroup_rmdir" : "cgroup_rmdir_before_5_19"), form("cgroup_rmdir_alone")}));
}

RunningProbe OpenOomKill(const ProbeContext& context, Rung ceiling) {
  using Skeleton = oom_kill_bpf;
  const std::string no_tracepoint = MissingTracepoints(context.btf, {"mark_victim"});
  const bool takes_task = context.btf.TracepointTakes("mark_victim", "task_struct");
  const std::string no_function = MissingFunctions(context.btf, {"oom_kill_process", "__oom_kill_process"});
  ProbeForm<Skeleton> with_decision{
      .rung = Rung::kFexit,
      .obstacle = no_tracepoint.empty() ? no_function : no_tracepoint,
      .programs = {takes_task ? "mark_victim_task" : "mark_victim_pid", "decision_begins", "decision_ends",
                   "kill_begins", "kill_ends"},
      .configure = [](Skeleton& probe) { probe.rodata->sees_decisions = 1; }};
  ProbeForm<Skeleton> victim_alone{
      .rung = Rung::kTpBtf, .obstacle = no_tracepoint, .programs = {"mark_victim_task"}};
  if (no_tracepoint.empty() && !takes_task) {
    victim_alone.obstacle = "this kernel's mark_victim tells a thread id and nothing else";
  }
  return Running(LoadBestForm<Skeleton>(Signal::kOomKill, ceiling, context.shared,
                                        {std::move(with_decision), std::move(victim_alone)}));
}

RunningProbe OpenMemoryReclaim(const ProbeContext& context, Rung ceiling) {
  return Running(LoadBestForm<memory_reclaim_bpf>(
      Signal::kMemoryReclaim, ceiling, context.shared,
      {{.rung = Rung::kFexit,
        .obstacle = MissingFunctions(context.btf, {"try_to_free_mem_cgroup_pages"}),
        .programs = {"reclaim_enters", "reclaim_leaves"}},
       {.rung = Rung::kTpBtf,
        .obstacle =
            MissingTracepoints(context.btf, {"mm_vmscan_memcg_reclaim_begin", "mm_vmscan_memcg_reclaim_end"}),
        .programs = {"reclaim_begins", "reclaim_ends"}}}));
}

RunningProbe OpenCpuThrottle(const ProbeContext& context, Rung ceiling) {
  RunningProbe probe = Running(LoadBestForm<cpu_throttle_bpf>(
      Signal::kCpuThrottle, ceiling, context.shared,
      {{.rung = Rung::kFexit,
        .obstacle = MissingFunctions(context.btf, {"throttle_cfs_rq", "unthrottle_cfs_rq"}),
        .programs = {"throttled", "unthrottled"}}}));
  if (!probe.object) {
    AddReason(probe.rung, Rung::kTpBtf,
              "no kernel has a tracepoint for throttling; periods and times are in the counters");
  }
  return probe;
}

RunningProbe OpenProcessExit(const ProbeContext& context, Rung ceiling) {
  return Running(
      LoadBestForm<process_exit_bpf>(Signal::kProcessExit, ceiling, context.shared,
                                     {{.rung = Rung::kTpBtf,
                                       .obstacle = MissingTracepoints(context.btf, {"sched_process_exit"}),
                                       .programs = {"process_exit"}}}));
}

RunningProbe OpenKernelLog(const ProbeContext& context, Rung ceiling) {
  return Running(LoadBestForm<kernel_log_bpf>(Signal::kKernelLog, ceiling, context.shared,
                                              {{.rung = Rung::kTpBtf,
                                                .obstacle = MissingTracepoints(context.btf, {"console"}),
                                                .programs = {"console"}}}));
}

RunningProbe OpenRunQueue(const ProbeContext& context, Rung ceiling) {
  std::string obstacle = MissingTracepoints(context.btf, {"sched_switch"});
  if (!context.btf.HasMember("sched_info", "last_queued")) obstacle = "this kernel keeps no sched_info";
  return Running(
      LoadBestForm<run_queue_bpf>(Signal::kRunQueue, ceiling, context.shared,
                                  {{.rung = Rung::kTpBtf, .obstacle = obstacle, .programs = {"run_queue"}}}));
}

}  // namespace loadline::agent
