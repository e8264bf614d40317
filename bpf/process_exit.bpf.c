/* What lived too briefly to be sampled: CPU time of the threads that ended, peak memory and number of
 * processes.
 *
 *   do_exit() -> sched_process_exit(task[, group_dead])
 *
 * signal->live is counted down before the tracepoint on every kernel, and signal->maxrss is final when it is
 * 0.
 */
#include "bpf/kernel_types.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/aggregate.h"
#include "bpf/memcg.h"
#include "bpf/own_time.h"

char LICENSE[] SEC("license") = "GPL";

/* By cgroup id in the hierarchy of the memory controller. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct exit_aggregate);
} aggregates SEC(".maps");

static __always_inline int add_exit(struct task_struct *task)
{
	struct exit_aggregate none = {}, *sum;
	struct cgroup_name name = {};

	name_task_by_memory(&name, task);
	if (name.below_top == CGROUP_ELSEWHERE)
		return 0;
	sum = sum_of(&aggregates, &name.id, &none);
	if (!sum)
		return 0;
	__sync_fetch_and_add(&sum->cpu_ns, task->se.sum_exec_runtime);
	if (task->signal->live.counter != 0)
		return 0;
	__sync_fetch_and_add(&sum->exits, 1);
	raise_to(&sum->largest_rss_pages, task->signal->maxrss);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task)
{
	return TIMED(add_exit(task));
}
