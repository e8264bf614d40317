/* Stalls at the limit: how long tasks are held up reclaiming memory of their own cgroup before they may have
 * more. The first sign of memory pressure, long before an OOM kill.
 *
 *   try_charge_memcg() -> try_to_free_mem_cgroup_pages(memcg at its limit)
 *                           -> tracepoints mm_vmscan_memcg_reclaim_begin, _end
 *
 * The function tells the cgroup whose limit it is. The tracepoints do not: there it is the lowest cgroup at
 * its limit above the task, or the task's own when memory.high or memory.reclaim is the cause.
 */
#include "bpf/kernel_types.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/aggregate.h"
#include "bpf/memcg.h"
#include "bpf/own_time.h"

char LICENSE[] SEC("license") = "GPL";

#define EDGE_INTERVAL_NS (10ULL * 1000 * 1000 * 1000)

/* When the reclaim that a thread is in began. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, __u64);
} begun SEC(".maps");

/* By cgroup id in the hierarchy of the memory controller. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct reclaim_aggregate);
} aggregates SEC(".maps");

/* When a cgroup's last edge was told. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, __u64);
} edges SEC(".maps");

static __always_inline int begin(void)
{
	__u64 self = bpf_get_current_pid_tgid(), now = bpf_ktime_get_ns();

	if (bpf_map_update_elem(&begun, &self, &now, BPF_ANY))
		count_loss(LOSS_MAP_FULL);
	return 0;
}

static __always_inline void tell_edge(const struct cgroup_name *name, struct mem_cgroup *memcg, __u64 now,
				      __u64 stall_ns)
{
	__u64 *last = bpf_map_lookup_elem(&edges, &name->id);
	struct reclaim_stall_event *event;

	if (last && now - *last < EDGE_INTERVAL_NS)
		return;
	bpf_map_update_elem(&edges, &name->id, &now, BPF_ANY);
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		count_loss(LOSS_RING_FULL);
		return;
	}
	fill_head(&event->head, EVENT_RECLAIM_STALL, sizeof(*event));
	event->cgroup = *name;
	event->stall_ns = stall_ns;
	event->usage_pages = BPF_CORE_READ(memcg, memory.usage.counter);
	event->limit_pages = BPF_CORE_READ(memcg, memory.max);
	bpf_ringbuf_submit(event, BPF_RB_FORCE_WAKEUP);
}

static __always_inline void add(__u64 id, __u64 stall_ns)
{
	struct reclaim_aggregate none = {}, *sum = sum_of(&aggregates, &id, &none);

	if (!sum)
		return;
	__sync_fetch_and_add(&sum->stalls, 1);
	__sync_fetch_and_add(&sum->stall_ns, stall_ns);
}

static __always_inline int end(struct mem_cgroup *memcg)
{
	__u64 self = bpf_get_current_pid_tgid(), now = bpf_ktime_get_ns(), stall_ns;
	__u64 *start = bpf_map_lookup_elem(&begun, &self);
	struct cgroup_name name;

	if (!start || !memcg)
		return 0;
	stall_ns = now - *start;
	bpf_map_delete_elem(&begun, &self);
	name_memcg(&name, memcg);
	if (name.below_top == CGROUP_ELSEWHERE)
		return 0;
	add(name.id, stall_ns);
	tell_edge(&name, memcg, now, stall_ns);
	return 0;
}

SEC("fentry/try_to_free_mem_cgroup_pages")
int BPF_PROG(reclaim_enters)
{
	return TIMED(begin());
}

SEC("fexit/try_to_free_mem_cgroup_pages")
int BPF_PROG(reclaim_leaves, struct mem_cgroup *memcg)
{
	return TIMED(end(memcg));
}

SEC("tp_btf/mm_vmscan_memcg_reclaim_begin")
int BPF_PROG(reclaim_begins)
{
	return TIMED(begin());
}

static __always_inline int end_of_task(struct task_struct *task)
{
	struct mem_cgroup *memcg = task_memcg(task);
	struct mem_cgroup *owner = lowest_at_limit(memcg);

	return end(owner ? owner : memcg);
}

SEC("tp_btf/mm_vmscan_memcg_reclaim_end")
int BPF_PROG(reclaim_ends)
{
	return TIMED(end_of_task(bpf_get_current_task_btf()));
}
