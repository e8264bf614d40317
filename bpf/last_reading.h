/* What a cgroup has used when it is removed. Its controllers are still there: the kernel takes them away
 * later. */
#pragma once

#include "bpf/events.h"
#include "bpf/percpu.h"

/* CPUs that there may be; the agent says how many. */
const volatile __u32 cpus = 0;

static __always_inline struct rq *run_queue_of(struct task_group *group, __u32 cpu)
{
	struct cfs_rq **queues = BPF_CORE_READ(group, cfs_rq);
	struct cfs_rq *queue = NULL;

	bpf_probe_read_kernel(&queue, sizeof(queue), queues + cpu);
	return BPF_CORE_READ(queue, rq);
}

/* Before 5.19 only this CPU's element of a map can be had. The areas of others lie as far from it as their
 * run queues from this one's.
 */
static __always_inline bool find_cpu_offsets_by_run_queues(void)
{
	__u64 at = ARRAY_OFFSET(bpf_array, pptrs), own_queue, pointer;
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_group *group = BPF_CORE_READ(task, sched_task_group);
	__u32 zero = 0, self = bpf_get_smp_processor_id();
	void *element = bpf_map_lookup_elem(&anchor, &zero);

	if (cpu_offsets_known)
		return true;
	if (!element || at + sizeof(pointer) > sizeof(anchor_image) ||
	    bpf_probe_read_kernel(anchor_image, at + sizeof(pointer), &anchor))
		return false;
	pointer = *(__u64 *)((void *)anchor_image + at);
	own_queue = (__u64)run_queue_of(group, self);
	for (__u32 cpu = 0; cpu < CPUS_MAX && cpu < cpus; cpu++) {
		cpu_offsets[cpu] = (__u64)element;
		cpu_offsets[cpu] += (__u64)run_queue_of(group, cpu) - own_queue - pointer;
	}
	cpu_offsets_known = 1;
	return true;
}

static __always_inline void *controller_of(struct cgroup *cgroup, int id)
{
	void *css = NULL;

	bpf_probe_read_kernel(&css, sizeof(css), (void *)cgroup + ARRAY_OFFSET(cgroup, subsys) + 8 * id);
	return css;
}

/* v2 keeps the time of every cgroup, and folds into it what the CPUs have counted since when somebody asks.
 */
static __always_inline __u64 unified_usage_of(struct cgroup *cgroup)
{
	struct cgroup___6_14 *older = (void *)cgroup;
	__u64 usage = BPF_CORE_READ(cgroup, bstat.cputime.sum_exec_runtime);
	bool renamed = bpf_core_field_exists(cgroup->rstat_base_cpu);
	void *parts =
	    renamed ? (void *)BPF_CORE_READ(cgroup, rstat_base_cpu) : (void *)BPF_CORE_READ(older, rstat_cpu);

	for (__u32 cpu = 0; cpu < CPUS_MAX && cpu < cpus; cpu++) {
		struct cgroup_rstat_base_cpu *part = parts + cpu_offsets[cpu];
		struct cgroup_rstat_cpu *older_part = (void *)part;

		usage += renamed ? BPF_CORE_READ(part, bstat.cputime.sum_exec_runtime) -
				       BPF_CORE_READ(part, last_bstat.cputime.sum_exec_runtime)
				 : BPF_CORE_READ(older_part, bstat.cputime.sum_exec_runtime) -
				       BPF_CORE_READ(older_part, last_bstat.cputime.sum_exec_runtime);
	}
	return usage;
}

/* v1: cpuacct keeps one counter a CPU; before 5.17 there were two, which are not read. */
static __always_inline __u64 cpuacct_usage_of(struct cgroup *cgroup)
{
	struct cpuacct *cpuacct =
	    controller_of(cgroup, bpf_core_enum_value(enum cgroup_subsys_id, cpuacct_cgrp_id));
	void *counters = cpuacct ? BPF_CORE_READ(cpuacct, cpuusage) : NULL;
	__u64 usage = 0;

	if (!counters || bpf_core_type_exists(struct cpuacct_usage))
		return UNKNOWN;
	for (__u32 cpu = 0; cpu < CPUS_MAX && cpu < cpus; cpu++) {
		__u64 part = 0;

		bpf_probe_read_kernel(&part, sizeof(part), counters + cpu_offsets[cpu]);
		usage += part;
	}
	return usage;
}

static __always_inline __u64 usage_of(struct cgroup *cgroup)
{
	return BPF_CORE_READ(cgroup, root, hierarchy_id) == 0 ? unified_usage_of(cgroup)
							      : cpuacct_usage_of(cgroup);
}

static __always_inline __u64 peak_of(struct cgroup *cgroup)
{
	struct mem_cgroup *memcg =
	    controller_of(cgroup, bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id));

	return memcg ? BPF_CORE_READ(memcg, memory.watermark) : UNKNOWN;
}
