/* The two maps that all probes write to: the ring of events, and what was lost. The agent makes them once and
 * lends them to every object, so that events of different probes stay in the order in which they happened.
 */
#pragma once

#include "bpf/events.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

/* One counter for all CPUs, which is as good where nothing is lost: the agent looks at it every second, and
 * what is mapped takes no system call.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, LOSSES);
	__type(key, __u32);
	__type(value, __u64);
} losses SEC(".maps");

static __always_inline void count_loss(__u32 kind)
{
	__u64 *lost = bpf_map_lookup_elem(&losses, &kind);
	if (lost)
		__sync_fetch_and_add(lost, 1);
}

/* For what is needed only together with what happens later: it wakes nobody, unless the ring fills up. */
static __always_inline __u64 wakeup_when_filling(void)
{
	return bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) * 4 >
		       bpf_ringbuf_query(&events, BPF_RB_RING_SIZE)
		   ? BPF_RB_FORCE_WAKEUP
		   : BPF_RB_NO_WAKEUP;
}

static __always_inline void fill_head(struct event_head *head, __u32 kind, __u32 size)
{
	head->kind = kind;
	head->size = size;
	head->ktime_ns = bpf_ktime_get_ns();
}
