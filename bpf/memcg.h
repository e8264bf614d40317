/* Memory cgroups: who a task is charged to, and whose limit it has met. */
#pragma once

#include "bpf/cgroup_name.h"

#define MEMCG_DEPTH_MAX 32

/* css is the first member of mem_cgroup, as it is of every controller's state. */
static __always_inline struct mem_cgroup *task_memcg(struct task_struct *task)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	__u32 offset = bpf_core_field_offset(struct css_set, subsys) +
		       8 * bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
	struct mem_cgroup *memcg = NULL;

	bpf_probe_read_kernel(&memcg, sizeof(memcg), (void *)set + offset);
	return memcg;
}

static __always_inline struct mem_cgroup *parent_memcg(struct mem_cgroup *memcg)
{
	return (struct mem_cgroup *)BPF_CORE_READ(memcg, css.parent);
}

static __always_inline void name_memcg(struct cgroup_name *name, struct mem_cgroup *memcg)
{
	name_cgroup(name, BPF_CORE_READ(memcg, css.cgroup));
}

/* The cgroup a task is in. On v2 its memcg may belong to an ancestor, where the controller is not enabled
 * further down; there css_set.dfl_cgrp is the exact answer.
 */
static __always_inline void name_task_by_memory(struct cgroup_name *name, struct task_struct *task)
{
	struct mem_cgroup *memcg = task_memcg(task);

	if (memcg)
		name_memcg(name, memcg);
	if (!memcg || name->hierarchy == 0)
		name_cgroup(name, BPF_CORE_READ(task, cgroups, dfl_cgrp));
}

/* The cgroup that dies as a whole when this one does: the topmost with memory.oom.group, from here up to the
 * owner of the limit. NULL: only the victim dies.
 */
static __always_inline struct mem_cgroup *oom_group(struct mem_cgroup *memcg, struct mem_cgroup *owner)
{
	struct mem_cgroup *group = NULL;

	for (int depth = 0; memcg && depth < MEMCG_DEPTH_MAX; depth++) {
		if (BPF_CORE_READ(memcg, oom_group))
			group = memcg;
		if (memcg == owner)
			break;
		memcg = parent_memcg(memcg);
	}
	return group;
}

/* A charge fails where usage and the charge together exceed the limit; by the time a probe looks, a little
 * may have been given back. 1 MiB is far above a charge and far below any limit that matters.
 */
#define NEAR_LIMIT_PAGES 256

static __always_inline bool at_limit(struct mem_cgroup *memcg)
{
	__u64 max = BPF_CORE_READ(memcg, memory.max);
	__u64 usage = BPF_CORE_READ(memcg, memory.usage.counter);

	return usage + NEAR_LIMIT_PAGES >= max;
}

/* The lowest cgroup at its limit, from here up: charging goes from the leaf to the root and stops at the
 * first counter that refuses. NULL when there is none.
 */
static __always_inline struct mem_cgroup *lowest_at_limit(struct mem_cgroup *memcg)
{
	for (int depth = 0; memcg && depth < MEMCG_DEPTH_MAX; depth++) {
		if (at_limit(memcg))
			return memcg;
		memcg = parent_memcg(memcg);
	}
	return NULL;
}

/* Whose limit an OOM kill in progress is about, seen from its victim. mem_cgroup_oom_trylock() sets oom_lock
 * on the cgroup at its limit and on everything below it, so the topmost one that has it is the owner. Kernels
 * built without v1 memory control have no such field; there it is the lowest one at its limit.
 */
static __always_inline struct mem_cgroup *oom_limit_owner(struct mem_cgroup *memcg)
{
	struct mem_cgroup *owner = NULL;

	if (!bpf_core_field_exists(struct mem_cgroup, oom_lock))
		return lowest_at_limit(memcg);
	for (int depth = 0; memcg && depth < MEMCG_DEPTH_MAX; depth++) {
		if (BPF_CORE_READ(memcg, oom_lock))
			owner = memcg;
		memcg = parent_memcg(memcg);
	}
	return owner;
}
