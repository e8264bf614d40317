/* Sums by cgroup in a bounded hash, which the agent fetches and empties. */
#pragma once

#include "bpf/ring.h"

/* The sum of this cgroup, made from `zero` when it is the first of its kind; NULL, and counted, when the map
 * is full. */
static __always_inline void *sum_of(void *map, const __u64 *cgroup_id, const void *zero)
{
	void *sum = bpf_map_lookup_elem(map, cgroup_id);

	if (sum)
		return sum;
	bpf_map_update_elem(map, cgroup_id, zero, BPF_NOEXIST);
	sum = bpf_map_lookup_elem(map, cgroup_id);
	if (!sum)
		count_loss(LOSS_MAP_FULL);
	return sum;
}

/* Two CPUs may race here, and the larger of two values a few nanoseconds apart be lost: it is the shape, not
 * a sum. */
static __always_inline void raise_to(__u64 *highest, __u64 value)
{
	if (value > *highest)
		*highest = value;
}
