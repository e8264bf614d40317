// Who a cgroup is, by its path alone: a pure function, no Kubernetes and no daemon is asked.
//
// | path                                                    | is
// | /                                                       | the machine
// | /kubepods.slice/kubepods-burstable.slice                | a slice, QoS burstable
// | .../kubepods-burstable-pod1f0c_2a.slice                 | pod 1f0c-2a
// | .../kubepods-pod1f0c_2a.slice/cri-containerd-<id>.scope | its container (containerd, systemd)
// | .../kubepods-pod1f0c_2a.slice/crio-<id>.scope/container | its container (CRI-O), sub-path /container
// | /kubepods/besteffort/pod1f0c-2a/<id>                    | its container (cgroupfs driver)
// | .../kubepods-pod1f_2a.slice:cri-containerd:<id>         | its container (drivers that differ)
// | /kubepods/burstable/pod1f0c-2a/crio-<id>, .../kata_<id> | its container (CRI-O with cgroupfs, Kata)
// | /system.slice/docker-<id>.scope, /docker/<id>           | a container outside Kubernetes
// | /libpod_parent/libpod-<id>, .../libpod-<id>.scope       | the same, Podman's, rootless too
// | /system.slice/nginx.service                             | a systemd unit
// | .../user@1000.service/app.slice/x.service               | unit "user@1000.service/x.service"
// | /lxc.payload.web, /lxc/web                              | unit "lxc/web": LXC, LXD, Incus
// | /machine.slice/machine-qemu\x2d3\x2dweb.scope           | unit "qemu/web": libvirt
// | anything else                                           | plain
//
// The outermost match names the cgroup and what is below it is the sub-path: a systemd, a Docker or a cgroup
// of the program's own inside a container belongs to that container. gVisor's containers have the paths of
// runc's; what they use is charged to the sandbox of their pod (its pause container, or the pod itself).
#pragma once

#include <string_view>

#include "schemas/wire/records.h"

namespace loadline::agent {

// `path` begins with a slash and is below the root of its hierarchy. `ref` is left 0.
wire::CgroupIdentity IdentifyCgroup(std::string_view path);

// Of the cgroup around it; of "/" that is nothing.
std::string_view PathAbove(std::string_view path);

}  // namespace loadline::agent
