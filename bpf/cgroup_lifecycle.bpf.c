/* Birth and death of cgroups, with their path: identity without a race. And what those that died have used:
 * of a cgroup that lived between two samples nobody else sees it.
 *
 * cgroup_mkdir() and cgroup_rmdir() fire these tracepoints while the path still exists, so a cgroup that
 * lives for milliseconds has a name before anything else is told about it. The arguments are the same
 * since 5.4.
 */
#include "bpf/kernel_types.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/cgroup_name.h"
#include "bpf/changes.h"
#include "bpf/last_reading.h"
#include "bpf/own_time.h"
#include "bpf/ring.h"

char LICENSE[] SEC("license") = "GPL";

/* One bit for each of the first 64 hierarchies: the others are nobody's business. */
const volatile __u64 wanted_hierarchies = ~0ULL;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cgroup_lifecycle_event);
} scratch SEC(".maps");

static __always_inline int tell(__u32 kind, struct cgroup *cgroup, const char *path, const bool knows_usage)
{
	struct cgroup_lifecycle_event *event;
	__u32 zero = 0, size;
	long length;

	event = bpf_map_lookup_elem(&scratch, &zero);
	if (!event)
		return 0;
	name_cgroup(&event->cgroup, cgroup);
	if (event->cgroup.below_top == CGROUP_ELSEWHERE)
		return 0;
	if (event->cgroup.hierarchy >= HIERARCHIES_MAX ||
	    !(wanted_hierarchies >> event->cgroup.hierarchy & 1))
		return 0;
	count_change(event->cgroup.hierarchy);
	length = bpf_probe_read_kernel_str(event->path, CGROUP_PATH_MAX, path);
	if (length < 1 || length > CGROUP_PATH_MAX)
		return 0;
	event->path_length = length - 1;
	size = __builtin_offsetof(struct cgroup_lifecycle_event, path) + event->path_length;
	if (size > sizeof(*event))
		return 0;
	event->usage_ns = event->peak_pages = UNKNOWN;
	event->reserved = 0;
	if (knows_usage)
		event->usage_ns = usage_of(cgroup);
	if (kind == EVENT_CGROUP_DIED)
		event->peak_pages = peak_of(cgroup);
	fill_head(&event->head, kind, size);
	if (bpf_ringbuf_output(&events, event, size, wakeup_when_filling()))
		count_loss(LOSS_RING_FULL);
	return 0;
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(cgroup_mkdir, struct cgroup *cgroup, const char *path)
{
	return TIMED(tell(EVENT_CGROUP_BORN, cgroup, path, false));
}

/* One of these three is loaded: what the kernel allows to be known of its CPUs. */
SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(cgroup_rmdir, struct cgroup *cgroup, const char *path)
{
	return TIMED(tell(EVENT_CGROUP_DIED, cgroup, path, find_cpu_offsets(cpus)));
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(cgroup_rmdir_before_5_19, struct cgroup *cgroup, const char *path)
{
	return TIMED(tell(EVENT_CGROUP_DIED, cgroup, path, find_cpu_offsets_by_run_queues()));
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(cgroup_rmdir_alone, struct cgroup *cgroup, const char *path)
{
	return TIMED(tell(EVENT_CGROUP_DIED, cgroup, path, false));
}
