/* The kernel's types, as far as the probes read them. Offsets here mean nothing: CO-RE looks up each field,
 * by name, in the BTF of the kernel that runs. So the build needs no kernel of a certain version, nor any BTF
 * at all.
 *
 * A type that has changed its form appears once for each, with a suffix (___6_1: up to that release) that
 * CO-RE ignores.
 */
#pragma once

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	__s64 counter;
} atomic_long_t;

/* ---- cgroups ---- */

enum {
	CSS_ONLINE = 1 << 1, /* of cgroup_subsys_state.flags */
};

enum cgroup_subsys_id {
	cpu_cgrp_id,
	cpuacct_cgrp_id,
	memory_cgrp_id,
	pids_cgrp_id,
};

struct kernfs_node {
	__u64 id;
};

struct cgroup;

struct list_head {
	struct list_head *next;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
	struct list_head sibling;
	unsigned int flags;
	__u64 serial_nr;
};

struct cgroup_root {
	int hierarchy_id;
};

struct task_cputime {
	unsigned long long sum_exec_runtime;
};

struct cgroup_base_stat {
	struct task_cputime cputime;
};

/* The part of one CPU, which is in that of the cgroup up to `last_bstat`. */
struct cgroup_rstat_base_cpu {
	struct cgroup_base_stat bstat;
	struct cgroup_base_stat last_bstat;
};

/* Under its former name. */
struct cgroup_rstat_cpu {
	struct cgroup_base_stat bstat;
	struct cgroup_base_stat last_bstat;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
	struct cgroup_subsys_state *subsys[16];
	struct cgroup_root *root;
	struct cgroup_base_stat bstat;
	struct cgroup_rstat_base_cpu *rstat_base_cpu;
};

struct cgroup___6_14 {
	struct cgroup_rstat_cpu *rstat_cpu;
};

struct css_set {
	struct cgroup_subsys_state *subsys[16];
	struct cgroup *dfl_cgrp;
};

struct bpf_iter_meta;

struct bpf_iter__cgroup {
	struct bpf_iter_meta *meta;
	struct cgroup *cgroup;
};

/* ---- the cpu, cpuacct and pids controllers ---- */

struct cfs_bandwidth {
	__s64 period;
	__u64 quota;
	int nr_periods;
	int nr_throttled;
	__u64 throttled_time;
	__u64 burst;	  /* since 5.14 */
	int nr_burst;	  /* since 5.15 */
	__u64 burst_time; /* since 5.15 */
};

struct task_group {
	struct cgroup_subsys_state css;
	unsigned long shares;
	struct cfs_rq **cfs_rq; /* one a CPU */
	struct cfs_bandwidth cfs_bandwidth;
};

struct rq {
	__u64 clock;
};

struct cfs_rq {
	struct rq *rq;
	struct task_group *tg;
	int throttled;
	__u64 throttled_clock_pelt_time;
};

/* The same field under its former name. */
struct cfs_rq___5_15 {
	__u64 throttled_clock_task_time;
};

struct cpuacct {
	__u64 *cpuusage;
};

struct cpuacct_usage {
	__u64 usages[2];
};

struct pids_cgroup {
	atomic_long_t counter;
};

/* ---- the memory controller ---- */

enum memcg_memory_event {
	MEMCG_LOW,
	MEMCG_HIGH,
	MEMCG_MAX,
	MEMCG_OOM,
	MEMCG_OOM_KILL,
	MEMCG_OOM_GROUP_KILL,
};

enum node_stat_item {
	NR_INACTIVE_FILE,
	WORKINGSET_REFAULT_ANON,
	WORKINGSET_REFAULT_FILE,
	NR_ANON_MAPPED,
	NR_FILE_PAGES,
	NR_SHMEM,
};

enum memcg_stat_item {
	MEMCG_KMEM,
};

struct page_counter {
	atomic_long_t usage;
	unsigned long failcnt;
	unsigned long watermark;
	unsigned long min;
	unsigned long low;
	unsigned long high;
	unsigned long max;
};

struct memcg_vmstats {
	long state[1]; /* bpf_core_field_size gives the real one */
};

struct lruvec_stats {
	long state[1];
};

struct mem_cgroup {
	struct cgroup_subsys_state css;
	struct page_counter memory;
	struct page_counter swap; /* of v1: of memory and swap together */
	struct memcg_vmstats *vmstats;
	atomic_long_t memory_events[1];
	bool oom_group;
	bool oom_lock; /* absent from kernels built without v1 memory control */
};

struct oom_control {
	struct mem_cgroup *memcg;
};

/* ---- tasks ---- */

struct percpu_counter {
	__s64 count;
};

struct mm_struct {
	struct percpu_counter rss_stat[4];
};

/* Atomics until rss_stat became percpu_counters in 6.2. */
struct mm_rss_stat___6_1 {
	atomic_long_t count[4];
};
struct mm_struct___6_1 {
	struct mm_rss_stat___6_1 rss_stat;
};

/* Places in rss_stat. */
enum {
	MM_FILEPAGES,
	MM_ANONPAGES,
	MM_SWAPENTS,
	MM_SHMEMPAGES,
};

struct signal_struct {
	atomic_t live;
	int group_exit_code;
	unsigned long maxrss;
	short oom_score_adj;
};

struct sched_entity {
	__u64 sum_exec_runtime;
	struct cfs_rq *cfs_rq;
};

struct sched_info {
	unsigned long long last_queued;
};

struct task_struct {
	struct mm_struct *mm;
	int pid;
	int tgid;
	struct task_struct *group_leader;
	__u64 start_time;
	char comm[16];
	struct css_set *cgroups;
	struct task_group *sched_task_group;
	struct signal_struct *signal;
	struct sched_entity se;
	struct sched_info sched_info;
};

/* ---- BPF itself ---- */

struct bpf_array {
	void *pptrs[1];
};

#pragma clang attribute pop

/* On the program's own stack, not the kernel's: its layout is the interface. */
struct bpf_iter_css {
	__u64 opaque[3];
};
