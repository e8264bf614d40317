/* Who was killed for want of memory, whose limit it was, and what was used. Every victim exactly once, and
 * which of them fell by one decision.
 *
 *   out_of_memory() -> oom_kill_process(oc)              the decision: oc->memcg is the owner of the limit
 *                        -> __oom_kill_process(victim)   a process; then each member of memory.oom.group
 *                             -> mark_oom_victim()       the tracepoint mark_victim, once a thread
 *
 * mark_oom_victim() is also called for a task that is exiting anyway and only needs memory to do so. That is
 * no kill: where fentry is allowed, only calls inside __oom_kill_process() count; elsewhere a task that does
 * not die of SIGKILL is passed over, and a process is told once, however many of its threads are marked.
 *
 * The tracepoint's argument is the task since 6.10 and in many stable kernels before, and the thread id
 * otherwise: the agent looks at the prototype and loads one of the two programs.
 */
#include "bpf/kernel_types.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/memcg.h"
#include "bpf/own_time.h"
#include "bpf/ring.h"

char LICENSE[] SEC("license") = "GPL";

#define SIGKILL 9

/* What oom_kill_process() is about, by the thread that runs it. */
struct decision {
	struct mem_cgroup *owner;   /* NULL: the machine */
	struct task_struct *victim; /* inside __oom_kill_process() */
	__u64 at_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct decision);
} decisions SEC(".maps");

/* Processes that were told. The start time tells a process from a later one with the same id. */
struct process {
	__u64 start_ns;
	__u64 pid;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct process);
	__type(value, __u8);
} told SEC(".maps");

/* The last kill of a group, where decisions are not seen. The kernel holds one lock over a decision and all
 * its victims, so what the same thread does to the same group at once is one decision.
 */
struct group_kill {
	__u64 thread;
	__u64 group; /* its address */
	__u64 at_ns;
	__u64 last_ns;
};

#define ONE_DECISION_NS 1000000000ULL

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct group_kill);
} last_group_kill SEC(".maps");

/* true when the decision is known from fentry, so that a call without one is no kill */
const volatile __u32 sees_decisions = 0;

/* One of the counters of rss_stat. A percpu_counter may be behind by a batch a CPU, and even below zero. */
#define READ_RSS(mm, place)                                                                                  \
	({                                                                                                   \
		struct mm_struct___6_1 *old = (void *)(mm);                                                  \
		__s64 pages = bpf_core_field_exists(old->rss_stat.count)                                     \
				  ? BPF_CORE_READ(old, rss_stat.count[place].counter)                        \
				  : BPF_CORE_READ(mm, rss_stat[place].count);                                \
		pages > 0 ? pages : 0;                                                                       \
	})

static __always_inline __u64 mapped_pages(struct mm_struct *mm)
{
	return mm ? READ_RSS(mm, MM_FILEPAGES) + READ_RSS(mm, MM_ANONPAGES) + READ_RSS(mm, MM_SHMEMPAGES) : 0;
}

/* When the decision was made that this victim falls by, found without seeing it. */
static __always_inline __u64 decided_at(struct mem_cgroup *of_group)
{
	__u64 group = (__u64)of_group;
	__u64 thread = bpf_get_current_pid_tgid();
	__u64 now = bpf_ktime_get_ns();
	__u32 only = 0;
	struct group_kill *last = bpf_map_lookup_elem(&last_group_kill, &only);

	if (!group || !last)
		return now;
	if (last->group != group || last->thread != thread || now - last->last_ns > ONE_DECISION_NS) {
		last->group = group;
		last->thread = thread;
		last->at_ns = now;
	}
	last->last_ns = now;
	return last->at_ns;
}

static __always_inline int tell(struct task_struct *task, struct decision *decision)
{
	struct process process = {
	    .start_ns = BPF_CORE_READ(task, group_leader, start_time),
	    .pid = BPF_CORE_READ(task, tgid),
	};
	struct mem_cgroup *memcg = task_memcg(task);
	struct oom_victim_event *event;
	struct mem_cgroup *owner, *group;
	__u8 yes = 1;

	if (bpf_map_update_elem(&told, &process, &yes, BPF_NOEXIST) == -17 /* EEXIST */)
		return 0;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		count_loss(LOSS_RING_FULL);
		return 0;
	}
	fill_head(&event->head, EVENT_OOM_VICTIM, sizeof(*event));
	name_task_by_memory(&event->victim, task);
	event->pid = process.pid;
	event->victim_rss_pages = mapped_pages(BPF_CORE_READ(task, mm));
	event->oom_score_adj = BPF_CORE_READ(task, signal, oom_score_adj);
	BPF_CORE_READ_STR_INTO(&event->command, task, comm);
	owner = decision ? decision->owner : oom_limit_owner(memcg);
	group = oom_group(memcg, owner);
	event->group = group != NULL;
	event->decision = decision ? decision->at_ns : decided_at(group);
	event->scope = owner ? OOM_SCOPE_CGROUP : OOM_SCOPE_MACHINE;
	__builtin_memset(&event->owner, 0, sizeof(event->owner));
	event->owner_usage_pages = event->owner_limit_pages = 0;
	if (owner) {
		name_memcg(&event->owner, owner);
		event->owner_usage_pages = BPF_CORE_READ(owner, memory.usage.counter);
		event->owner_limit_pages = BPF_CORE_READ(owner, memory.max);
	}
	bpf_ringbuf_submit(event, BPF_RB_FORCE_WAKEUP);
	return 0;
}

SEC("tp_btf/mark_victim")
int BPF_PROG(mark_victim_task, struct task_struct *task)
{
	__u64 self = bpf_get_current_pid_tgid();

	if (sees_decisions) {
		struct decision *decision = bpf_map_lookup_elem(&decisions, &self);
		return decision && decision->victim ? TIMED(tell(task, decision)) : 0;
	}
	if (BPF_CORE_READ(task, signal, group_exit_code) != SIGKILL)
		return 0;
	return TIMED(tell(task, NULL));
}

SEC("tp_btf/mark_victim")
int BPF_PROG(mark_victim_pid)
{
	__u64 self = bpf_get_current_pid_tgid();
	struct decision *decision = bpf_map_lookup_elem(&decisions, &self);

	return decision && decision->victim ? TIMED(tell(decision->victim, decision)) : 0;
}

SEC("fentry/oom_kill_process")
int BPF_PROG(decision_begins, struct oom_control *oc)
{
	__u64 self = bpf_get_current_pid_tgid();
	struct decision decision = {.owner = oc->memcg, .at_ns = bpf_ktime_get_ns()};

	if (bpf_map_update_elem(&decisions, &self, &decision, BPF_ANY))
		count_loss(LOSS_MAP_FULL);
	return 0;
}

SEC("fexit/oom_kill_process")
int BPF_PROG(decision_ends)
{
	__u64 self = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&decisions, &self);
	return 0;
}

SEC("fentry/__oom_kill_process")
int BPF_PROG(kill_begins, struct task_struct *victim)
{
	__u64 self = bpf_get_current_pid_tgid();
	struct decision *decision = bpf_map_lookup_elem(&decisions, &self);

	if (decision)
		decision->victim = victim;
	return 0;
}

SEC("fexit/__oom_kill_process")
int BPF_PROG(kill_ends)
{
	__u64 self = bpf_get_current_pid_tgid();
	struct decision *decision = bpf_map_lookup_elem(&decisions, &self);

	if (decision)
		decision->victim = NULL;
	return 0;
}
