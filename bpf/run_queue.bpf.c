/* Waiting for a CPU while not throttled: is it your limit, or your neighbour?
 *
 *   __schedule() -> tracepoint sched_switch(preempt, prev, next) -> sched_info_arrive(next)
 *
 * At the tracepoint next->sched_info.last_queued still says since when the task has been waiting, by the
 * clock of its run queue; the kernel's own run_delay is the sum of the same differences. But a task of a
 * throttled cgroup stays queued, so run_delay counts being stopped by a quota as waiting. A wait that began
 * before its queue was last let go is therefore counted from then on only: never too much, and too little by
 * what it waited before the stop.
 *
 * That a queue was let go shows in its sum of throttled time, which the kernel moves on at that moment.
 */
#include "bpf/kernel_types.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/aggregate.h"
#include "bpf/cgroup_name.h"
#include "bpf/own_time.h"

char LICENSE[] SEC("license") = "GPL";

/* By cgroup id in the hierarchy of the cpu controller. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct run_queue_aggregate);
} aggregates SEC(".maps");

/* Queues that were ever throttled, by address. */
struct throttling {
	__u64 sum_ns;	 /* of the kernel, when it was last looked at */
	__u64 let_go_at; /* by the run queue's clock: when the sum was first seen to have moved */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct throttling);
} throttled_queues SEC(".maps");

static __always_inline __u64 throttled_sum(struct cfs_rq *queue)
{
	struct cfs_rq___5_15 *old = (void *)queue;

	if (bpf_core_field_exists(queue->throttled_clock_pelt_time))
		return BPF_CORE_READ(queue, throttled_clock_pelt_time);
	if (bpf_core_field_exists(old->throttled_clock_task_time))
		return BPF_CORE_READ(old, throttled_clock_task_time);
	return 0;
}

/* Since when the tasks of this queue could have run. */
static __always_inline __u64 let_go_at(struct cfs_rq *queue, __u64 now)
{
	__u64 key = (__u64)queue, sum_ns = throttled_sum(queue);
	struct throttling *known, first = {.sum_ns = sum_ns, .let_go_at = now};

	if (!sum_ns)
		return 0;
	known = bpf_map_lookup_elem(&throttled_queues, &key);
	if (!known) {
		bpf_map_update_elem(&throttled_queues, &key, &first, BPF_ANY);
		return now;
	}
	if (known->sum_ns != sum_ns) {
		known->sum_ns = sum_ns;
		known->let_go_at = now;
	}
	return known->let_go_at;
}

static __always_inline int add_wait(struct task_struct *next)
{
	struct run_queue_aggregate none = {}, *sum;
	struct cfs_rq *queue;
	__u64 since, now, go, id;

	if (!next->pid)
		return 0;
	queue = next->se.cfs_rq;
	now = queue->rq->clock;
	go = let_go_at(queue, now);
	since = next->sched_info.last_queued;
	if (!since || since >= now)
		return 0;
	since = go > since ? go : since;
	if (is_elsewhere(queue->tg->css.cgroup))
		return 0;
	id = queue->tg->css.cgroup->kn->id;
	sum = now > since ? sum_of(&aggregates, &id, &none) : NULL;
	if (!sum)
		return 0;
	__sync_fetch_and_add(&sum->wait_ns, now - since);
	__sync_fetch_and_add(&sum->waits, 1);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(run_queue, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	return TIMED_NOW_AND_THEN(add_wait(next));
}
