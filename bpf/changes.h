/* How often cgroups were made or removed, by hierarchy. The kernel does both under cgroup_mutex and fires the
 * tracepoints before it lets go, so for whoever holds the mutex an unchanged number means that exactly the
 * same cgroups are there, and where they were. Made by the agent, and lent to every object as the ring is.
 */
#pragma once

#include "bpf/events.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HIERARCHIES_MAX);
	__type(key, __u32);
	__type(value, __u64);
} changes SEC(".maps");

static __always_inline __u64 changes_of(__u32 hierarchy)
{
	__u64 *count = bpf_map_lookup_elem(&changes, &hierarchy);

	return count ? *count : 0;
}

static __always_inline void count_change(__u32 hierarchy)
{
	__u64 *count = bpf_map_lookup_elem(&changes, &hierarchy);

	if (count)
		__sync_fetch_and_add(count, 1);
}
