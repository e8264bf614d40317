/* What is read of one cgroup, for both forms of cgroup_snapshot.
 *
 * The including file says how memory of the kernel is read: VIEW(type, object) gives a pointer to read
 * through, LOAD(bits, view, offset) reads one number at an offset that CO-RE has found, and FETCH(object,
 * offset) asks for a cache line that will be read soon and does not wait for it, where there is a way.
 */
#pragma once

#include "bpf/changes.h"
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

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLICE_MOVED);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct moved_record);
} moved_records SEC(".maps");

/* Where the numbers of one cgroup are that move, and what they were. */
struct place {
	__u64 cpu;    /* v2: the cgroup; v1: cpuacct's counters of all CPUs; 0: none */
	__u64 memory; /* v1: the memory controller; 0: none */
	__u64 usage_ns;
	__u64 usage_pages;
	__u64 peak_pages;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PLACES_MAX);
	__type(key, __u32);
	__type(value, struct place);
} places SEC(".maps");

static __always_inline void begin_slice(void)
{
	control.started_ns = bpf_ktime_get_ns();
	control.changes = changes_of(control.hierarchy);
}

static __always_inline bool budget_is_used_up(void)
{
	control.held_ns = bpf_ktime_get_ns() - control.started_ns;
	if (control.held_ns > control.budget_ns)
		control.stopped = 1;
	return control.stopped;
}

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

/* CPUs whose numbers are read without a call between them: after each return the CPU may have to wait for
 * what it has asked for, and then nothing is on its way while it does (as where returns are protected).
 */
#define CPUS_AT_ONCE 8

struct percpu_sum {
	__u64 pointer;
	__u64 sum;
};

/* Where a CPU has its own of what a percpu pointer means. The barrier is for the verifier, which has to see
 * the bound in the register that is the index.
 */
static __always_inline void *on_cpu(__u64 pointer, __u32 cpu)
{
	barrier_var(cpu);
	return (void *)(pointer + cpu_offsets[cpu & (CPUS_MAX - 1)]);
}

static __always_inline void add_cpus(__u32 first, struct percpu_sum *percpu)
{
	__u32 cpus = control.cpus;

	for (__u32 i = 0; i < CPUS_AT_ONCE; i++) {
		if (first + i >= cpus)
			return;
		/* A number alone, as page_counter has one at its beginning. */
		percpu->sum += LOAD(64, VIEW(page_counter, on_cpu(percpu->pointer, first + i)), 0);
	}
}

static long add_more_cpus(__u32 round, struct percpu_sum *percpu)
{
	add_cpus((round + 1) * CPUS_AT_ONCE, percpu);
	return 0;
}

static __always_inline bool sum_over_cpus(__u64 pointer, __u64 *sum)
{
	struct percpu_sum percpu = {.pointer = pointer};

	if (control.cpus > CPUS_MAX || !find_cpu_offsets(control.cpus))
		return false;
	add_cpus(0, &percpu);
	if (control.cpus > CPUS_AT_ONCE)
		bpf_loop((control.cpus - 1) / CPUS_AT_ONCE, add_more_cpus, &percpu, 0);
	*sum = percpu.sum;
	return true;
}

/* v1: cpuacct keeps one counter a CPU, each the sum of the subtree, so they are exact at any moment. */
static __always_inline void read_cpuacct(struct cgroup_record *record, void *css)
{
	if (sum_over_cpus(LOAD_FIELD(64, VIEW(cpuacct, css), cpuacct, cpuusage), &record->usage_ns))
		record->parts |= PART_CPU_USAGE;
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

static __always_inline void read_memory_moving(struct moved_record *now, void *css)
{
	const void *memcg = VIEW(mem_cgroup, css);

	now->parts |= PART_MEMORY_USE;
	now->usage_pages = LOAD_PAGES(memcg, usage);
	now->peak_pages = LOAD_PAGES(memcg, watermark);
}

/* Here every cgroup is looked at, and the peak lies in a cache line of its own: where as much is in use as
 * before, the walk at the end of the window is early enough for it.
 */
static __always_inline void read_memory_moving_of_v1(struct moved_record *now, void *css)
{
	const void *memcg = VIEW(mem_cgroup, css);
	__u64 usage = LOAD_PAGES(memcg, usage);

	now->parts |= PART_MEMORY_USE;
	if (usage == now->usage_pages)
		return;
	now->usage_pages = usage;
	now->peak_pages = LOAD_PAGES(memcg, watermark);
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

static __always_inline void keep_place(const struct cgroup_record *record, struct cgroup *cgroup)
{
	__u32 index = control.place;
	struct place *place = bpf_map_lookup_elem(&places, &index);
	void *css;

	if (!place)
		return;
	place->cpu = place->memory = 0;
	if (control.unified) {
		place->cpu = (__u64)cgroup;
	} else {
		css = SUBSYSTEM(cgroup, cpuacct_cgrp_id);
		if (css)
			place->cpu = LOAD_FIELD(64, VIEW(cpuacct, css), cpuacct, cpuusage);
		place->memory = (__u64)SUBSYSTEM(cgroup, memory_cgrp_id);
	}
	place->usage_ns = record->parts & PART_CPU_USAGE ? record->usage_ns : 0;
	place->usage_pages = record->parts & PART_MEMORY_USE ? record->usage_pages : 0;
	place->peak_pages = record->parts & PART_MEMORY_USE ? record->peak_pages : 0;
}

static __always_inline void read_cgroup(struct cgroup_record *record, struct cgroup *cgroup)
{
	void *css;

	record->serial = cgroup->self.serial_nr;
	record->id = cgroup->kn->id;
	record->parts = 0;
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
		read_memory(record, memcg);
		read_memory_stat(record, memcg);
	}
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
static __always_inline int visit(struct cgroup *cgroup)
{
	struct cgroup_record *record;
	__u32 index = control.records;

	if (!control.started_ns)
		begin_slice();
	if (!control.found_resume) {
		control.found_resume = cgroup->self.serial_nr == control.resume_after;
		return 0;
	}
	record = index < control.max_records ? bpf_map_lookup_elem(&records, &index) : NULL;
	if (!record) {
		control.stopped = 1;
		return 1;
	}
	read_cgroup(record, cgroup);
	keep_place(record, cgroup);
	control.last = record->serial;
	control.records = index + 1;
	control.place++;
	return index % 8 == 7 && budget_is_used_up();
}

/* v2 asks for the controllers each time: they come and go while the cgroup stays. Memory grows by what the
 * tasks of a cgroup do, which takes CPU time. Where none was used the memory controller's cache lines are not
 * fetched; what others do to the memory of an idle cgroup, such as reclaiming it, is seen by the next walk.
 */
static __always_inline void read_moving_of_unified(struct moved_record *now, const struct place *place)
{
	const void *cgroup = VIEW(cgroup, (void *)place->cpu);
	void *css;

	now->parts = PART_CPU_USAGE;
	now->usage_ns = LOAD_FIELD(64, cgroup, cgroup, bstat.cputime.sum_exec_runtime);
	if (now->usage_ns == place->usage_ns)
		return;
	css = (void *)LOAD(64, cgroup,
			   ARRAY_OFFSET(cgroup, subsys) +
			       8 * bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id));
	if (css)
		read_memory_moving(now, css);
}

static __always_inline void read_moving_of_v1(struct moved_record *now, const struct place *place)
{
	if (place->cpu && sum_over_cpus(place->cpu, &now->usage_ns))
		now->parts |= PART_CPU_USAGE;
	if (place->memory)
		read_memory_moving_of_v1(now, (void *)place->memory);
}

/* Places that are looked at without a call between them. All of their cache lines are on their way before the
 * first of them is needed.
 */
#define PLACES_AT_ONCE 8

static __always_inline void fetch_cpus(__u64 pointer)
{
	__u32 cpus = control.cpus;

	for (__u32 cpu = 0; cpu < CPUS_AT_ONCE && cpu < cpus; cpu++)
		FETCH(on_cpu(pointer, cpu), 0);
}

static __always_inline void fetch_place(__u32 index)
{
	struct place *place = bpf_map_lookup_elem(&places, &index);

	if (!place)
		return;
	if (control.unified) {
		FETCH((void *)place->cpu,
		      bpf_core_field_offset(struct cgroup, bstat.cputime.sum_exec_runtime));
		return;
	}
	if (place->cpu)
		fetch_cpus(place->cpu);
	if (place->memory)
		FETCH((void *)place->memory,
		      page_counter_field(bpf_core_field_offset(struct page_counter, usage)));
}

/* false when it is not to go on */
static __always_inline bool look_at_place(__u32 index)
{
	__u32 last = control.records;
	struct place *place = bpf_map_lookup_elem(&places, &index);
	struct moved_record *moved, now;

	if (!place)
		return false;
	/* What is not read stays as it was. */
	now.place = index;
	now.parts = 0;
	now.usage_ns = place->usage_ns;
	now.usage_pages = place->usage_pages;
	now.peak_pages = place->peak_pages;
	if (control.unified)
		read_moving_of_unified(&now, place);
	else
		read_moving_of_v1(&now, place);
	if (now.usage_ns != place->usage_ns || now.usage_pages != place->usage_pages ||
	    now.peak_pages != place->peak_pages) {
		moved = bpf_map_lookup_elem(&moved_records, &last);
		if (!moved) {
			control.stopped = 1;
			return false;
		}
		*moved = now;
		place->usage_ns = now.usage_ns;
		place->usage_pages = now.usage_pages;
		place->peak_pages = now.peak_pages;
		control.records = last + 1;
	}
	control.place = index + 1;
	return true;
}

static long look_at_some(__u32 round, void *unused)
{
	__u32 first = control.place;

	for (__u32 i = 0; i < PLACES_AT_ONCE; i++)
		fetch_place(first + i);
	for (__u32 i = 0; i < PLACES_AT_ONCE; i++) {
		if (control.place >= control.end_place || !look_at_place(control.place))
			return 1;
	}
	return round % 8 == 7 && budget_is_used_up();
}

/* What has to be seen every second: CPU time, memory in use and its peak. What a walk costs is the cache
 * lines that it waits for, one after another: a cgroup says where the next one is. Here all that is read lies
 * in places that the last walk has kept, so that the CPU asks for many of them at a time.
 */
static __always_inline int look_at_places(void)
{
	__u64 expected = control.changes;
	__u32 left = control.end_place - control.place;

	begin_slice();
	/* What was kept may be anywhere now, or nowhere. */
	if (control.changes == expected)
		bpf_loop((left + PLACES_AT_ONCE - 1) / PLACES_AT_ONCE, look_at_some, NULL, 0);
	control.held_ns = bpf_ktime_get_ns() - control.started_ns;
	return 0;
}
