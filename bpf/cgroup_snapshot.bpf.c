/* Every counter of every cgroup in one pass, into an array the agent has mapped: no file, no copy, no text.
 *
 * The iterator is attached to the cgroup whose fd the agent gave, and to that one alone; the walk below it is
 * a loop in here (6.7), which costs a third of having the iterator visit each cgroup. The kernel's memory is
 * read by plain loads (bpf_rdonly_cast, 6.2). Kernels without these run cgroup_snapshot_by_probe_read.
 */
#include "bpf/kernel_types.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

void *bpf_rdonly_cast(void *object, __u32 btf_id) __ksym;
int bpf_iter_css_new(struct bpf_iter_css *iterator, struct cgroup_subsys_state *start,
		     unsigned int order) __ksym;
struct cgroup_subsys_state *bpf_iter_css_next(struct bpf_iter_css *iterator) __ksym;
void bpf_iter_css_destroy(struct bpf_iter_css *iterator) __ksym;

#define VIEW(type, object) bpf_rdonly_cast(object, bpf_core_type_id_kernel(struct type))
#define LOAD(bits, view, offset) (*(const __u##bits *)((const void *)(view) + (offset)))
/* Wherever it is, a load by bpf_rdonly_cast does no harm. */
#define FETCH(object, offset) asm volatile("" ::"r"(LOAD(64, VIEW(cgroup, object), offset)))
#include "bpf/cgroup_counters.h"

/* What a walk costs is the cache lines that it waits for: of a cgroup its css, its pointer to the controller,
 * and then the controller's own. The next cgroup's are asked for while this one's are on their way. Behind
 * the last of its siblings there is none, and what is fetched then is wasted; so is the memory controller's
 * line where that is on another hierarchy.
 */
static __always_inline void fetch_next(struct cgroup_subsys_state *css)
{
	__u64 sibling = ARRAY_OFFSET(cgroup_subsys_state, sibling);
	void *next = (void *)css->sibling.next - sibling;

	FETCH(next, ARRAY_OFFSET(cgroup_subsys_state, serial_nr));
	FETCH(next, sibling);
	if (control.unified)
		FETCH(next, ARRAY_OFFSET(cgroup, bstat));
	else
		FETCH((void *)LOAD(64, VIEW(cgroup, next),
				   ARRAY_OFFSET(cgroup, subsys) +
				       8 * bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id)),
		      page_counter_field(bpf_core_field_offset(struct page_counter, usage)));
}

static __always_inline int walk(struct cgroup *top)
{
	struct cgroup_subsys_state *css;
	struct bpf_iter_css below;

	if (!top)
		return 0;
	bpf_iter_css_new(&below, &top->self, BPF_CGROUP_ITER_DESCENDANTS_PRE);
	while ((css = bpf_iter_css_next(&below))) {
		fetch_next(css);
		/* The iterator itself passes over cgroups that are removed but still referenced; so do we. */
		if (css->flags & CSS_ONLINE && visit(css->cgroup))
			break;
	}
	bpf_iter_css_destroy(&below);
	return 0;
}

SEC("iter/cgroup")
int snapshot(struct bpf_iter__cgroup *context)
{
	return walk(context->cgroup);
}

/* Visits the top alone. */
SEC("iter/cgroup")
int snapshot_moving(struct bpf_iter__cgroup *context)
{
	return context->cgroup ? look_at_places() : 0;
}
