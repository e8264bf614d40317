/* cgroup_snapshot for kernels without bpf_rdonly_cast (6.1): the same pass, through bpf_probe_read_kernel. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

#define VIEW(type, object) (object)
#define LOAD(bits, view, offset)                                                              \
	({                                                                                    \
		__u##bits number = 0;                                                         \
		bpf_probe_read_kernel(&number, sizeof(number), (const void *)(view) + (offset)); \
		number;                                                                       \
	})
#include "bpf/cgroup_counters.h"

SEC("iter/cgroup")
int snapshot(struct bpf_iter__cgroup *context)
{
	return visit(context->cgroup);
}
