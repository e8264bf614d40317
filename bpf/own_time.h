/* How long our programs run in other tasks, where no clock of the agent sees it. Each times itself: the
 * kernel's own statistics (BPF_ENABLE_STATS) cost every BPF program of the machine time, and take
 * CAP_SYS_ADMIN. What the kernel does around a program is not in it, some ten nanoseconds a run; what
 * interrupted it is.
 *
 * Made by the agent, and lent to every object as the ring is.
 */
#pragma once

#include "bpf/kernel_types.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} own_time SEC(".maps");

static __always_inline void count_own_time(__u64 ns)
{
	__u32 only = 0;
	__u64 *sum = bpf_map_lookup_elem(&own_time, &only);

	if (sum)
		*sum += ns;
}

/* The result of `call`, whose time is counted. */
#define TIMED(call)                                                                                          \
	({                                                                                                   \
		__u64 began = bpf_ktime_get_ns();                                                            \
		int result = (call);                                                                         \
		count_own_time(bpf_ktime_get_ns() - began);                                                  \
		result;                                                                                      \
	})

/* The same of what runs so often that two looks at the clock would be a good part of it: one run of so many
 * stands for all.
 */
#define TIMED_ONE_OF 64

#define TIMED_NOW_AND_THEN(call)                                                                             \
	({                                                                                                   \
		__u64 began = bpf_get_prandom_u32() % TIMED_ONE_OF ? 0 : bpf_ktime_get_ns();                 \
		int result = (call);                                                                         \
		if (began)                                                                                   \
			count_own_time((bpf_ktime_get_ns() - began) * TIMED_ONE_OF);                         \
		result;                                                                                      \
	})
