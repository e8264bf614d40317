/* cgroup_snapshot for older kernels (6.1 to 6.6): the iterator visits each cgroup below the one it is
 * attached to, and memory is read through bpf_probe_read_kernel. What is read is the same, in
 * bpf/cgroup_counters.h.
 */
#include "bpf/kernel_types.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

#define VIEW(type, object) (object)
#define LOAD(bits, view, offset)                                                                             \
	({                                                                                                   \
		__u##bits number = 0;                                                                        \
		bpf_probe_read_kernel(&number, sizeof(number), (const void *)(view) + (offset));             \
		number;                                                                                      \
	})
/* It would wait. */
#define FETCH(object, offset) ((void)(object))
#include "bpf/cgroup_counters.h"

SEC("iter/cgroup")
int snapshot(struct bpf_iter__cgroup *context)
{
	struct cgroup *cgroup = context->cgroup;

	return cgroup ? visit(cgroup) : 0;
}

/* Visits the top alone. */
SEC("iter/cgroup")
int snapshot_moving(struct bpf_iter__cgroup *context)
{
	return context->cgroup ? look_at_places() : 0;
}
