/* What the probes hand to the agent: the one description of these bytes, read by both sides.
 *
 * Every record is made of fixed-width fields in their natural alignment, so that C for BPF and C++ lay it out
 * alike; agent/kernel asserts the sizes. A record in the ring starts with event_head. All times are
 * CLOCK_MONOTONIC.
 */
#pragma once

#include <linux/types.h>

enum event_kind {
	EVENT_CGROUP_BORN = 1,
	EVENT_CGROUP_DIED = 2,
	EVENT_OOM_VICTIM = 3,
	EVENT_RECLAIM_STALL = 4,
	EVENT_LOG_LINE = 5,
};

struct event_head {
	__u32 kind;
	__u32 size; /* of the whole record: older agents may meet a longer one */
	__u64 ktime_ns;
};

/* The kernel's name of a cgroup: ids are unique only within their hierarchy. hierarchy ~0 is "none". */
struct cgroup_name {
	__u64 id;
	__u32 hierarchy;
	__u32 below_top; /* levels, where the agent sees a part of the hierarchy; otherwise 0 */
};

/* below_top of a cgroup that is not in the part: of the machine around the node, or of a node beside it. */
#define CGROUP_ELSEWHERE (~0U)

/* A node may be a container itself (kind, minikube, k3d): in its cgroup namespace the agent sees a part of
 * each hierarchy, while the kernel tells of all of it.
 */
#define HIERARCHIES_MAX 64

struct seen_part {
	__u64 top[HIERARCHIES_MAX]; /* by hierarchy: id of the topmost cgroup seen; 0: everything is */
	__u64 is_part;		    /* 0: all tops are 0 */
};

#define CGROUP_PATH_MAX 1024 /* the kernel's own buffer for these tracepoints */

#define UNKNOWN (~0ULL)

/* Born and died. Only the first `path_length` bytes of path are sent, without a terminating zero. The path is
 * the kernel's, from the hierarchy's own root on; one that fills the buffer is cut off.
 */
struct cgroup_lifecycle_event {
	struct event_head head;
	struct cgroup_name cgroup;
	/* Of one that died, over its whole life. */
	__u64 usage_ns;
	__u64 peak_pages;
	__u32 reserved;
	__u32 path_length;
	char path[CGROUP_PATH_MAX];
};

#define TASK_COMMAND_MAX 16

enum oom_scope {
	OOM_SCOPE_UNKNOWN = 0, /* this form of the probe cannot tell */
	OOM_SCOPE_CGROUP = 1,
	OOM_SCOPE_MACHINE = 2,
};

struct oom_victim_event {
	struct event_head head;
	struct cgroup_name victim;
	struct cgroup_name owner; /* id 0 unless scope is OOM_SCOPE_CGROUP */
	__u64 owner_usage_pages;
	__u64 owner_limit_pages;
	__u64 victim_rss_pages; /* file, anonymous and shared pages mapped by the process */
	__u32 pid;		/* thread group */
	__s32 oom_score_adj;
	__u32 scope;	/* enum oom_scope */
	__u32 group;	/* 1: all processes of a cgroup die with this one */
	__u64 decision; /* when the kernel decided: the same for all victims of a group kill */
	char command[TASK_COMMAND_MAX];
};

struct reclaim_stall_event {
	struct event_head head;
	struct cgroup_name cgroup;
	__u64 stall_ns;
	__u64 usage_pages;
	__u64 limit_pages;
};

#define LOG_TEXT_MAX 512

/* What the kernel has written into its log. Only the first `length` bytes of text are sent. */
struct log_line_event {
	struct event_head head;
	__u32 length;
	__u32 reserved;
	char text[LOG_TEXT_MAX];
};

/* ---- cgroup_snapshot: one record a cgroup in a mapped array ---- */

enum cgroup_part {
	PART_BANDWIDTH = 1, /* the cpu controller: quota and throttling */
	PART_CPU_USAGE = 2,
	PART_MEMORY = 4,      /* limits and events */
	PART_MEMORY_STAT = 8, /* anon .. refaults */
	PART_TASKS = 16,
	PART_MEMORY_USE = 32, /* usage and peak */
};

enum memory_event {
	MEMORY_EVENT_LOW,
	MEMORY_EVENT_HIGH,
	MEMORY_EVENT_MAX,
	MEMORY_EVENT_OOM,
	MEMORY_EVENT_OOM_KILL,
	MEMORY_EVENT_OOM_GROUP_KILL,
	MEMORY_EVENTS,
};

struct cgroup_record {
	__u64 serial; /* of the cgroup, in this boot never used again */
	__u32 parts;  /* enum cgroup_part */
	__u32 tasks;

	__u64 usage_ns;
	__u64 usage_pages;
	__u64 peak_pages;

	__u64 id; /* of its folder */

	__u64 quota_ns; /* ~0: none */
	__u64 period_ns;
	__u64 shares; /* the scheduler's load weight: 1024 << 10 is the default */
	__u64 throttled_ns;
	__u32 periods;
	__u32 throttled_periods;

	__u64 max_pages;
	__u64 high_pages;
	__u64 min_pages;
	__u64 low_pages;
	__u64 failures; /* failcnt of v1 */
	__u64 events[MEMORY_EVENTS];

	__u64 anon_pages;
	__u64 file_pages;
	__u64 kernel_pages;
	__u64 shmem_pages;
	__u64 inactive_file_pages;
	__u64 refaults;
	__u64 swap_pages; /* of v1: of memory and swap together */

	__u64 burst_ns; /* allowed beyond the quota in a period */
	__u64 burst_used_ns;
	__u32 bursts;
	__u32 reserved;
};

/* Records that one slice of a walk can hold; the agent empties the array between slices. Each further slice
 * passes over all that those before it have read; a thousand cgroups of pods and the machine's own are one.
 */
#define SLICE_RECORDS 1152

/* What moves from second to second, of a cgroup in which it has. */
struct moved_record {
	__u32 place; /* among all that the last walk has visited, in all hierarchies */
	__u32 parts; /* PART_CPU_USAGE, PART_MEMORY_USE */
	__u64 usage_ns;
	__u64 usage_pages;
	__u64 peak_pages;
};

#define SLICE_MOVED 1024

/* Cgroups, in all hierarchies together, of which it is kept where their numbers are. On a node that has more
 * all is read at each pass.
 */
#define PLACES_MAX 16384

/* How one slice goes: the first part and `unified` are the agent's order, the rest is the probe's answer. */
struct slice_control {
	__u64 resume_after; /* serial of a cgroup; 0: from the start */
	__u64 budget_ns;
	__u32 max_records;
	__u32 cpus;
	__u32 place;	 /* of the first cgroup of the slice; also the probe's answer: of the next slice's */
	__u32 end_place; /* of a pass over what moves: where it ends */
	__u32 hierarchy; /* its number */
	__u32 reserved;

	__u64 started_ns;
	__u64 last;    /* serial of the last cgroup read */
	__u64 held_ns; /* from the first cgroup of the slice to its last */
	__u64 changes; /* births and deaths in the hierarchy up to now */
	__u32 records;
	__u32 found_resume; /* 1 once resume_after was met */
	__u32 stopped;	    /* 1: the budget is used up and the walk is not at its end */
	__u32 unified;	    /* 1: the hierarchy is that of v2 */
};

/* ---- aggregates: kept by probes per cgroup, fetched and emptied by the agent at every sample ---- */

struct throttle_aggregate {
	__u64 episodes;
	__u64 longest_ns;
	__u64 total_ns; /* of the episodes; the truth is throttled_time of the kernel */
};

struct reclaim_aggregate {
	__u64 stalls;
	__u64 stall_ns;
};

struct exit_aggregate {
	__u64 exits;
	__u64 cpu_ns;
	__u64 largest_rss_pages;
};

struct run_queue_aggregate {
	__u64 wait_ns;
	__u64 waits;
};

/* ---- losses: one counter a CPU ---- */

enum loss {
	LOSS_RING_FULL,
	LOSS_MAP_FULL,
	LOSS_LOG_LINES,
	LOSSES,
};
