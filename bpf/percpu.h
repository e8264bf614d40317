/* Where the per-CPU area of each CPU lies, to follow a percpu pointer to another CPU: address = pointer +
 * offset.
 *
 * The kernel's own table has no symbol in kernels built without KALLSYMS_ALL, so the offsets are taken from a
 * map of ours, of which both the percpu pointer and the addresses can be had.
 */
#pragma once

#include "bpf/kernel_types.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* Where an array begins. Its length here is not that of the kernel, so the compiler must not make offset and
 * access one instruction, whose size CO-RE would then find wrong.
 */
#define ARRAY_OFFSET(type, field)                                                                            \
	({                                                                                                   \
		__u64 offset = bpf_core_field_offset(struct type, field);                                    \
		barrier_var(offset);                                                                         \
		offset;                                                                                      \
	})

#define CPUS_MAX 512

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} anchor SEC(".maps");

/* Addresses become numbers in memory: the verifier has no other way. */
volatile __u64 cpu_offsets[CPUS_MAX];
__u64 anchor_image[128];
__u32 cpu_offsets_known;

/* The loops are bpf_loop's, so that the verifier looks at one round and not at each. */
static long find_cpu_offset(__u32 cpu, __u64 *pointer)
{
	__u32 zero = 0;
	void *element = bpf_map_lookup_percpu_elem(&anchor, &zero, cpu);

	if (!element || cpu >= CPUS_MAX)
		return 1;
	cpu_offsets[cpu] = (__u64)element;
	cpu_offsets[cpu] -= *pointer;
	return 0;
}

static __always_inline bool find_cpu_offsets(__u32 cpus)
{
	__u64 at = ARRAY_OFFSET(bpf_array, pptrs), pointer;

	if (cpu_offsets_known)
		return true;
	if (at + sizeof(pointer) > sizeof(anchor_image) ||
	    bpf_probe_read_kernel(anchor_image, at + sizeof(pointer), &anchor))
		return false;
	pointer = *(__u64 *)((void *)anchor_image + at);
	bpf_loop(cpus, find_cpu_offset, &pointer, 0);
	cpu_offsets_known = 1;
	return true;
}
