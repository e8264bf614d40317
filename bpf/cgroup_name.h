/* From a cgroup of the kernel to its name. */
#pragma once

#include "bpf/events.h"

static __always_inline void name_cgroup(struct cgroup_name *name, struct cgroup *cgroup)
{
	name->id = BPF_CORE_READ(cgroup, kn, id);
	name->hierarchy = BPF_CORE_READ(cgroup, root, hierarchy_id);
	name->reserved = 0;
}
