/* What is read of one cgroup, for both forms of cgroup_snapshot.
 *
 * The including file says how memory of the kernel is read: VIEW(type, object) gives a pointer to read
 * through, and LOAD(bits, view, offset) reads one number at an offset that CO-RE has found.
 */
#pragma once

#include "bpf/events.h"
#include "bpf/percpu.h"

#define LOAD_FIELD(bits, view, type, field) LOAD(bits, view, bpf_core_field_offset(struct type, field))

struct slice_control control;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLICE_RECORDS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct cgroup_record);
} records SEC(".maps");

static __always_inline __u64 bandwidth_field(__u64 offset)
{
	return bpf_core_field_offset(struct task_group, cfs_bandwidth) + offset;
}

#define LOAD_BANDWIDTH(bits, group, field)                                                                   \
	LOAD(bits, group, bandwidth_field(bpf_core_field_offset(struct cfs_bandwidth, field)))

static __always_inline void read_bandwidth(struct cgroup_record *record, void *css)
{
	const void *group = VIEW(task_group, css);

	record->parts |= PART_BANDWIDTH;
	record->shares = LOAD_FIELD(64, group, task_group, shares);
	/* The root has no bandwidth control, and its counters stay 0. */
	record->quota_ns = LOAD_BANDWIDTH(64, group, quota);
	record->period_ns = LOAD_BANDWIDTH(64, group, period);
	record->periods = LOAD_BANDWIDTH(32, group, nr_periods);
	record->throttled_periods = LOAD_BANDWIDTH(32, group, nr_throttled);
	record->throttled_ns = LOAD_BANDWIDTH(64, group, throttled_time);
	record->burst_ns = 0;
	record->burst_used_ns = 0;
	record->bursts = 0;
	if (bpf_core_field_exists(((struct cfs_bandwidth *)0)->burst))
		record->burst_ns = LOAD_BANDWIDTH(64, group, burst);
	if (bpf_core_field_exists(((struct cfs_bandwidth *)0)->nr_burst)) {
		record->bursts = LOAD_BANDWIDTH(32, group, nr_burst);
		record->burst_used_ns = LOAD_BANDWIDTH(64, group, burst_time);
	}
}

struct percpu_sum {
	__u64 pointer;
	__u64 sum;
};

static long add_cpu(__u32 cpu, struct percpu_sum *percpu)
{
	if (cpu >= CPUS_MAX)
		return 1;
	/* A number alone, as page_counter has one at its beginning. */
	percpu->sum += LOAD(64, VIEW(page_counter, (void *)(percpu->pointer + cpu_offsets[cpu])), 0);
	return 0;
}

/* v1: cpuacct keeps one counter a CPU, each the sum of the subtree, so they are exact at any moment. */
static __always_inline void read_cpuacct(struct cgroup_record *record, void *css)
{
	struct percpu_sum percpu = {.pointer = LOAD_FIELD(64, VIEW(cpuacct, css), cpuacct, cpuusage)};

	if (!find_cpu_offsets(control.cpus) || bpf_loop(control.cpus, add_cpu, &percpu, 0) != control.cpus)
		return;
	record->parts |= PART_CPU_USAGE;
	record->usage_ns = percpu.sum;
}

static __always_inline __u64 page_counter_field(__u64 offset)
{
	return bpf_core_field_offset(struct mem_cgroup, memory) + offset;
}

#define LOAD_PAGES(memcg, field)                                                                             \
	LOAD(64, memcg, page_counter_field(bpf_core_field_offset(struct page_counter, field)))
#define LOAD_EVENT(memcg, event)                                                                             \
	LOAD(64, memcg,                                                                                      \
	     ARRAY_OFFSET(mem_cgroup, memory_events) +                                                       \
		 8 * bpf_core_enum_value(enum memcg_memory_event, event))

static __always_inline void read_memory_use(struct cgroup_record *record, const void *memcg)
{
	record->parts |= PART_MEMORY_USE;
	record->usage_pages = LOAD_PAGES(memcg, usage);
	record->peak_pages = LOAD_PAGES(memcg, watermark);
}

static __always_inline void read_memory(struct cgroup_record *record, const void *memcg)
{
	record->parts |= PART_MEMORY;
	record->max_pages = LOAD_PAGES(memcg, max);
	record->high_pages = LOAD_PAGES(memcg, high);
	record->min_pages = LOAD_PAGES(memcg, min);
	record->low_pages = LOAD_PAGES(memcg, low);
	record->failures = LOAD_PAGES(memcg, failcnt);
	record->swap_pages = 0;
	if (bpf_core_field_exists(((struct mem_cgroup *)0)->swap))
		record->swap_pages = LOAD(64, memcg,
					  bpf_core_field_offset(struct mem_cgroup, swap) +
					      bpf_core_field_offset(struct page_counter, usage));
	record->events[MEMORY_EVENT_LOW] = LOAD_EVENT(memcg, MEMCG_LOW);
	record->events[MEMORY_EVENT_HIGH] = LOAD_EVENT(memcg, MEMCG_HIGH);
	record->events[MEMORY_EVENT_MAX] = LOAD_EVENT(memcg, MEMCG_MAX);
	record->events[MEMORY_EVENT_OOM] = LOAD_EVENT(memcg, MEMCG_OOM);
	record->events[MEMORY_EVENT_OOM_KILL] = LOAD_EVENT(memcg, MEMCG_OOM_KILL);
	record->events[MEMORY_EVENT_OOM_GROUP_KILL] = 0;
	if (bpf_core_enum_value_exists(enum memcg_memory_event, MEMCG_OOM_GROUP_KILL)) /* since 5.17 */
		record->events[MEMORY_EVENT_OOM_GROUP_KILL] = LOAD_EVENT(memcg, MEMCG_OOM_GROUP_KILL);
}

/* The kernel folds the per-CPU parts of these statistics into memcg->vmstats about every 2 s, and whenever
 * anybody reads a memory.stat: they are as old as that, which is the price for not making it fold.
 *
 * Newer kernels (6.12 has it, 6.1 has not) keep only the items that are accounted, in the order of their list
 * memcg_node_stat_items, then memcg_stat_items; older ones index the array by the enums themselves. That it
 * is the short one shows in its size.
 */
enum compact_item {
	COMPACT_INACTIVE_FILE = 2,
	COMPACT_REFAULT_ANON = 7,
	COMPACT_REFAULT_FILE = 8,
	COMPACT_ANON_MAPPED = 14,
	COMPACT_FILE_PAGES = 16,
	COMPACT_SHMEM = 19,
	COMPACT_KMEM_AFTER_NODE_ITEMS = 4,
};

#define STAT_LIMIT (bpf_core_field_size(struct memcg_vmstats, state) / 8)
#define LOAD_STAT(vmstats, item) LOAD(64, vmstats, ARRAY_OFFSET(memcg_vmstats, state) + 8 * (item))
#define LOAD_EITHER(vmstats, item, compact_item)                                                             \
	(compact ? LOAD_STAT(vmstats, compact_item)                                                          \
		 : LOAD_STAT(vmstats, bpf_core_enum_value(enum node_stat_item, item)))

static __always_inline void read_memory_stat(struct cgroup_record *record, const void *memcg)
{
	const void *vmstats = VIEW(memcg_vmstats, (void *)LOAD_FIELD(64, memcg, mem_cgroup, vmstats));
	bool compact = STAT_LIMIT < bpf_core_enum_value(enum memcg_stat_item, MEMCG_KMEM);
	__u64 kernel =
	    compact ? bpf_core_field_size(struct lruvec_stats, state) / 8 + COMPACT_KMEM_AFTER_NODE_ITEMS
		    : bpf_core_enum_value(enum memcg_stat_item, MEMCG_KMEM);

	record->parts |= PART_MEMORY_STAT;
	record->anon_pages = LOAD_EITHER(vmstats, NR_ANON_MAPPED, COMPACT_ANON_MAPPED);
	record->file_pages = LOAD_EITHER(vmstats, NR_FILE_PAGES, COMPACT_FILE_PAGES);
	record->shmem_pages = LOAD_EITHER(vmstats, NR_SHMEM, COMPACT_SHMEM);
	record->inactive_file_pages = LOAD_EITHER(vmstats, NR_INACTIVE_FILE, COMPACT_INACTIVE_FILE);
	record->refaults = LOAD_EITHER(vmstats, WORKINGSET_REFAULT_ANON, COMPACT_REFAULT_ANON) +
			   LOAD_EITHER(vmstats, WORKINGSET_REFAULT_FILE, COMPACT_REFAULT_FILE);
	record->kernel_pages = LOAD_STAT(vmstats, kernel);
}

#define SUBSYSTEM(cgroup, which)                                                                             \
	((void *)*(__u64 *)((void *)cgroup + ARRAY_OFFSET(cgroup, subsys) +                                  \
			    8 * bpf_core_enum_value(enum cgroup_subsys_id, which)))

/* `only_moving` is a constant of each program: as a variable it would multiply what the verifier has to look
 * at. */
static __always_inline void read_cgroup(struct cgroup_record *record, struct cgroup *cgroup,
					const bool only_moving)
{
	void *css;

	/* Memory grows by what the tasks of a cgroup do, which takes CPU time. Where none was used the record
	 * of the second before stands, and the memory controller's cache lines are not fetched; what others
	 * do to the memory of an idle cgroup, such as reclaiming it, is seen by the next pass over
	 * everything.
	 */
	if (only_moving && control.unified && record->serial == cgroup->self.serial_nr &&
	    record->usage_ns == cgroup->bstat.cputime.sum_exec_runtime)
		return;
	record->serial = cgroup->self.serial_nr;
	record->parts = 0;
	if (!only_moving)
		record->id = cgroup->kn->id;
	/* v2 keeps the time of every cgroup itself, folded from the CPUs when somebody reads a cpu.stat. */
	if (control.unified) {
		record->parts |= PART_CPU_USAGE;
		record->usage_ns = cgroup->bstat.cputime.sum_exec_runtime;
	} else {
		css = SUBSYSTEM(cgroup, cpuacct_cgrp_id);
		if (css)
			read_cpuacct(record, css);
	}
	css = SUBSYSTEM(cgroup, memory_cgrp_id);
	if (css) {
		const void *memcg = VIEW(mem_cgroup, css);
		read_memory_use(record, memcg);
		if (!only_moving) {
			read_memory(record, memcg);
			read_memory_stat(record, memcg);
		}
	}
	if (only_moving)
		return;
	css = SUBSYSTEM(cgroup, cpu_cgrp_id);
	if (css)
		read_bandwidth(record, css);
	css = SUBSYSTEM(cgroup, pids_cgrp_id);
	if (css) {
		record->parts |= PART_TASKS;
		record->tasks = LOAD_FIELD(64, VIEW(pids_cgroup, css), pids_cgroup, counter);
	}
}

/* A session of the iterator holds cgroup_mutex from its first cgroup to its last, and cannot be resumed. So a
 * walk is made of slices: each starts at the top again, passes over what the slice before has read, which is
 * cheap, and ends when its budget of time or records is used up. Returns 1 when the slice is to end.
 */
static __always_inline int visit(struct cgroup *cgroup, const bool only_moving)
{
	struct cgroup_record *record;
	__u64 now;
	__u32 index = control.records;

	if (!control.started_ns)
		control.started_ns = bpf_ktime_get_ns();
	if (!control.found_resume) {
		control.found_resume = cgroup->self.serial_nr == control.resume_after;
		return 0;
	}
	record = index < control.max_records ? bpf_map_lookup_elem(&records, &index) : NULL;
	if (!record) {
		control.stopped = 1;
		return 1;
	}
	read_cgroup(record, cgroup, only_moving);
	control.last = record->serial;
	control.records = index + 1;
	if (index % 8 == 7) {
		now = bpf_ktime_get_ns();
		control.held_ns = now - control.started_ns;
		if (control.held_ns > control.budget_ns) {
			control.stopped = 1;
			return 1;
		}
	}
	return 0;
}
