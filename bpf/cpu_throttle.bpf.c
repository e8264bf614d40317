/* Throttling episodes: how often a cgroup is stopped on a CPU, and how long each stop lasts.
 *
 *   throttle_cfs_rq(cfs_rq)     true when the queue was really stopped: false when runtime came in between
 *   unthrottle_cfs_rq(cfs_rq)   may return with the queue still stopped: only `throttled` == 0 is the end
 *
 * Own timing serves for the shape alone. It counts stops of empty queues, which the kernel's throttled_time
 * leaves out since 6.6, so totals always come from cgroup_snapshot.
 */
#include "bpf/kernel_types.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/aggregate.h"
#include "bpf/cgroup_name.h"
#include "bpf/own_time.h"

char LICENSE[] SEC("license") = "GPL";

/* Queues that are stopped now, by address: one a cgroup and CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, __u64);
} stopped SEC(".maps");

/* By cgroup id in the hierarchy of the cpu controller. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct throttle_aggregate);
} aggregates SEC(".maps");

static __always_inline void add(__u64 id, __u64 length_ns)
{
	struct throttle_aggregate none = {}, *sum = sum_of(&aggregates, &id, &none);

	if (!sum)
		return;
	__sync_fetch_and_add(&sum->episodes, 1);
	__sync_fetch_and_add(&sum->total_ns, length_ns);
	raise_to(&sum->longest_ns, length_ns);
}

static __always_inline int stop(struct cfs_rq *queue, __u64 returned)
{
	__u64 key = (__u64)queue, now = bpf_ktime_get_ns();

	if (!(returned & 0xff)) /* a bool: the other bits mean nothing */
		return 0;
	if (bpf_map_update_elem(&stopped, &key, &now, BPF_ANY))
		count_loss(LOSS_MAP_FULL);
	return 0;
}

static __always_inline int let_go(struct cfs_rq *queue)
{
	__u64 key = (__u64)queue, now = bpf_ktime_get_ns();
	__u64 *start = bpf_map_lookup_elem(&stopped, &key);

	/* A bit since 6.18, an int before. */
	if (!start || BPF_CORE_READ_BITFIELD_PROBED(queue, throttled))
		return 0;
	if (!is_elsewhere(BPF_CORE_READ(queue, tg, css.cgroup)))
		add(BPF_CORE_READ(queue, tg, css.cgroup, kn, id), now - *start);
	bpf_map_delete_elem(&stopped, &key);
	return 0;
}

SEC("fexit/throttle_cfs_rq")
int BPF_PROG(throttled, struct cfs_rq *queue, __u64 returned)
{
	return TIMED(stop(queue, returned));
}

SEC("fexit/unthrottle_cfs_rq")
int BPF_PROG(unthrottled, struct cfs_rq *queue)
{
	return TIMED(let_go(queue));
}
