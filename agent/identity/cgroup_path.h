// Who a cgroup is, by its path alone: a pure function, no Kubernetes and no daemon is asked.
//
// | path                                                                  | is
// | /                                                                     | the machine
// | /kubepods.slice/kubepods-burstable.slice                              | a slice, QoS burstable
// | .../kubepods-burstable-pod1f0c_2a.slice                               | pod 1f0c-2a
// | .../kubepods-burstable-pod1f0c_2a.slice/cri-containerd-<id>.scope     | its container (containerd,
// systemd) | .../kubepods-pod1f0c_2a.slice/crio-<id>.scope/container               | its container (CRI-O),
// sub-path /container | /kubepods/besteffort/pod1f0c-2a/<id>                                  | its container
// (cgroupfs driver) | /system.slice/containerd.service/kubepods-pod1f_2a.slice:cri-containerd:<id> | its
// container (drivers that differ) | /system.slice/docker-<id>.scope, /docker/<id>                         | a
// container outside Kubernetes | /system.slice/nginx.service                                           | a
// systemd unit | anything else                                                         | plain
//
// The outermost match names the cgroup and what is below it is the sub-path: a systemd, a Docker or a cgroup
// of the program's own inside a container belongs to that container.
#pragma once

#include <string_view>

#include "schemas/wire/records.h"

namespace loadline::agent {

// `path` begins with a slash and is below the root of its hierarchy. `ref` is left 0.
wire::CgroupIdentity IdentifyCgroup(std::string_view path);

}  // namespace loadline::agent
