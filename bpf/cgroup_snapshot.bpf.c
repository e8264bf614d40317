/* Every counter of every cgroup in one pass, into an array the agent has mapped: no file, no copy, no text.
 *
 * The walk over one hierarchy starts at the cgroup whose fd the agent gave. Two forms of the same program: with
 * bpf_rdonly_cast (6.2) the kernel's memory is read by plain loads, before by bpf_probe_read_kernel; the agent loads
 * the one that fits.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

void *bpf_rdonly_cast(void *object, __u32 btf_id) __ksym __weak;

#define VIEW(type, object) bpf_rdonly_cast(object, bpf_core_type_id_kernel(struct type))
#define LOAD(bits, view, offset) (*(const __u##bits *)((const void *)(view) + (offset)))
#include "bpf/cgroup_counters.h"

SEC("iter/cgroup")
int snapshot(struct bpf_iter__cgroup *context)
{
	return visit(context->cgroup);
}
