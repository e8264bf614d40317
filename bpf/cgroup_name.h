/* From a cgroup of the kernel to its name. */
#pragma once

#include "bpf/events.h"

/* Made by the agent, and lent to every object as the ring is. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct seen_part);
} seen_part SEC(".maps");

#define CGROUP_DEPTH_MAX 64

static __always_inline __u32 levels_below(struct cgroup *cgroup, __u64 top)
{
	struct cgroup_subsys_state *parent;

	for (__u32 levels = 0; levels < CGROUP_DEPTH_MAX; levels++) {
		if (BPF_CORE_READ(cgroup, kn, id) == top)
			return levels;
		parent = BPF_CORE_READ(cgroup, self.parent);
		if (!parent)
			return CGROUP_ELSEWHERE;
		cgroup = BPF_CORE_READ(parent, cgroup);
	}
	return CGROUP_ELSEWHERE;
}

static __always_inline __u32 below_top(struct cgroup *cgroup)
{
	__u32 zero = 0;
	struct seen_part *part = bpf_map_lookup_elem(&seen_part, &zero);
	__u64 top;

	if (!part || !part->is_part)
		return 0;
	top = part->top[BPF_CORE_READ(cgroup, root, hierarchy_id) & (HIERARCHIES_MAX - 1)];
	return top ? levels_below(cgroup, top) : 0;
}

static __always_inline bool is_elsewhere(struct cgroup *cgroup)
{
	return below_top(cgroup) == CGROUP_ELSEWHERE;
}

static __always_inline void name_cgroup(struct cgroup_name *name, struct cgroup *cgroup)
{
	name->id = BPF_CORE_READ(cgroup, kn, id);
	name->hierarchy = BPF_CORE_READ(cgroup, root, hierarchy_id);
	name->below_top = below_top(cgroup);
}
