#include "agent/identity/cgroup_path.h"

#include <gtest/gtest.h>

namespace loadline::agent {
namespace {

using wire::CgroupIdentity;
using wire::CgroupKind;
using wire::QosClass;

const std::string kId(64, 'a');
const std::string kInner(64, 'b');
const std::string kSystemdUid = "1f0c2a3b_4d5e_6f70_8192_a3b4c5d6e7f8";
const std::string kUid = "1f0c2a3b-4d5e-6f70-8192-a3b4c5d6e7f8";
const std::string kHashUid = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";  // a static pod

struct Case {
  std::string path;
  CgroupIdentity who;   // without the path
  std::string made_by;  // which program, and where that is said; empty: the group of cases says it
};

// The path is the test's name.
void PrintTo(const Case& c, std::ostream* out) {
  *out << c.path << (c.made_by.empty() ? "" : " of " + c.made_by);
}

class CgroupPath : public ::testing::TestWithParam<Case> {};

TEST_P(CgroupPath, SaysWho) {
  CgroupIdentity expected = GetParam().who;
  expected.path = GetParam().path;
  const CgroupIdentity who = IdentifyCgroup(expected.path);
  EXPECT_EQ(who, expected) << who.path << " kind " << wire::Name(who.kind) << " qos " << wire::Name(who.qos)
                           << " pod " << who.pod_uid << " container " << who.container_id << " unit "
                           << who.unit << " sub " << who.sub_path;
}

CgroupIdentity Container(QosClass qos, const std::string& uid, const std::string& sub_path = "") {
  return {.kind = CgroupKind::kPodContainer,
          .qos = qos,
          .path = {},
          .pod_uid = uid,
          .container_id = kId,
          .unit = {},
          .sub_path = sub_path};
}
CgroupIdentity Pod(QosClass qos, const std::string& sub_path = "") {
  CgroupIdentity who{.kind = CgroupKind::kPod, .qos = qos};
  who.pod_uid = kUid;
  who.sub_path = sub_path;
  return who;
}
CgroupIdentity Slice(QosClass qos = QosClass::kNone) {
  return {.kind = CgroupKind::kSlice, .qos = qos};
}
CgroupIdentity Docker(const std::string& sub_path = "") {
  CgroupIdentity who{.kind = CgroupKind::kDocker};
  who.container_id = kId;
  who.sub_path = sub_path;
  return who;
}
CgroupIdentity Plain() {
  return {.kind = CgroupKind::kPlain};
}
CgroupIdentity Unit(const std::string& unit, const std::string& sub_path = "") {
  CgroupIdentity who{.kind = CgroupKind::kSystemdUnit};
  who.unit = unit;
  who.sub_path = sub_path;
  return who;
}

const std::string kBurstable = "/kubepods.slice/kubepods-burstable.slice";
const std::string kBurstablePod = kBurstable + "/kubepods-burstable-pod" + kSystemdUid + ".slice";

INSTANTIATE_TEST_SUITE_P(
    SystemdDriver, CgroupPath,
    ::testing::Values(Case{"/kubepods.slice", Slice()}, Case{kBurstable, Slice(QosClass::kBurstable)},
                      Case{kBurstablePod, Pod(QosClass::kBurstable)},
                      Case{kBurstablePod + "/cri-containerd-" + kId + ".scope",
                           Container(QosClass::kBurstable, kUid)},
                      Case{kBurstablePod + "/crio-" + kId + ".scope/container",
                           Container(QosClass::kBurstable, kUid, "/container")},
                      Case{kBurstablePod + "/crio-conmon-" + kId + ".scope",
                           Pod(QosClass::kBurstable, "/crio-conmon-" + kId + ".scope")},
                      Case{"/kubepods.slice/kubepods-pod" + kSystemdUid + ".slice/docker-" + kId + ".scope",
                           Container(QosClass::kGuaranteed, kUid)},
                      Case{"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + kHashUid +
                               ".slice/cri-containerd-" + kId + ".scope",
                           Container(QosClass::kBestEffort, kHashUid)},
                      Case{"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
                           "kubelet-kubepods-burstable-pod" +
                               kSystemdUid + ".slice/cri-containerd-" + kId + ".scope",
                           Container(QosClass::kBurstable, kUid)}));

INSTANTIATE_TEST_SUITE_P(CgroupfsDriver, CgroupPath,
                         ::testing::Values(Case{"/kubepods", Slice()},
                                           Case{"/kubepods/besteffort", Slice(QosClass::kBestEffort)},
                                           Case{"/kubepods/pod" + kUid, Pod(QosClass::kGuaranteed)},
                                           Case{"/kubepods/besteffort/pod" + kUid + "/" + kId,
                                                Container(QosClass::kBestEffort, kUid)},
                                           Case{"/kubelet/kubepods/burstable/pod" + kUid + "/" + kId,
                                                Container(QosClass::kBurstable, kUid)}));

INSTANTIATE_TEST_SUITE_P(DriversThatDiffer, CgroupPath,
                         ::testing::Values(Case{"/system.slice/containerd.service/kubepods-burstable-pod" +
                                                    kSystemdUid + ".slice:cri-containerd:" + kId,
                                                Container(QosClass::kBurstable, kUid)},
                                           Case{"/system.slice/containerd.service",
                                                Unit("containerd.service")}));

INSTANTIATE_TEST_SUITE_P(
    Nested, CgroupPath,
    ::testing::Values(Case{kBurstablePod + "/cri-containerd-" + kId + ".scope/init.scope",
                           Container(QosClass::kBurstable, kUid, "/init.scope")},
                      Case{"/kubepods/burstable/pod" + kUid + "/" + kId + "/docker/" + kInner,
                           Container(QosClass::kBurstable, kUid, "/docker/" + kInner)},
                      Case{"/docker/" + kId + "/system.slice/nginx.service",
                           Docker("/system.slice/nginx.service")},
                      Case{"/docker/" + kId + "/kubelet/kubepods/burstable/pod" + kUid,
                           Docker("/kubelet/kubepods/burstable/pod" + kUid)}));

INSTANTIATE_TEST_SUITE_P(
    OutsideKubernetes, CgroupPath,
    ::testing::Values(Case{"/", {.kind = CgroupKind::kRoot}}, Case{"/docker/" + kId, Docker()},
                      Case{"/system.slice/docker-" + kId + ".scope", Docker()},
                      Case{"/machine.slice/libpod-" + kId + ".scope/container", Docker("/container")},
                      Case{"/system.slice", Slice()},
                      Case{"/system.slice/nginx.service", Unit("nginx.service")},
                      Case{"/system.slice/postgresql.service/worker", Unit("postgresql.service", "/worker")},
                      Case{"/init.scope", Unit("init.scope")}, Case{"/docker", Plain()},
                      Case{"/podium/pod1f", Plain()}, Case{"/batch/" + std::string(63, 'a'), Plain()}));

const std::string kPodFolder = "/kubepods/burstable/pod" + kUid;
const std::string kUser = "/user.slice/user-1000.slice/user@1000.service";

INSTANTIATE_TEST_SUITE_P(
    CriO, CgroupPath,
    ::testing::Values(Case{kPodFolder + "/crio-" + kId, Container(QosClass::kBurstable, kUid),
                           "CRI-O, cgroup_manager=cgroupfs (cri-o internal/config/cgmgr, cadvisor#3538)"},
                      Case{kPodFolder + "/crio-" + kId + "/container",
                           Container(QosClass::kBurstable, kUid, "/container"), "the same with crun"},
                      Case{kPodFolder + "/crio-conmon-" + kId,
                           Pod(QosClass::kBurstable, "/crio-conmon-" + kId), "CRI-O, conmon_cgroup=pod"},
                      Case{"/system.slice/crio-conmon-" + kId + ".scope",
                           Unit("crio-conmon-" + kId + ".scope"), "CRI-O, conmon_cgroup=system.slice"},
                      Case{"/kubepods/pod" + kHashUid + "/" + kId, Container(QosClass::kGuaranteed, kHashUid),
                           "a static pod: kubelet's config.hash"}));

INSTANTIATE_TEST_SUITE_P(
    Podman, CgroupPath,
    ::testing::Values(
        Case{"/machine.slice/libpod-" + kId + ".scope", Docker(), "root, systemd"},
        Case{"/machine.slice/libpod-conmon-" + kId + ".scope", Unit("libpod-conmon-" + kId + ".scope"),
             "root, systemd: the monitor"},
        Case{"/machine.slice/machine-libpod_pod_" + kInner + ".slice/libpod-" + kId + ".scope/container",
             Docker("/container"), "root, systemd, in a pod"},
        Case{"/machine.slice/machine-libpod_pod_" + kInner + ".slice", Slice(), "the pod itself"},
        Case{"/libpod_parent/libpod-" + kId, Docker(), "cgroupfs, v1 and v2"},
        Case{"/libpod_parent/libpod-" + kId + "/ctr", Docker("/ctr"), "cgroupfs, before 2.0"},
        Case{"/libpod_parent/" + kInner + "/libpod-" + kId, Docker(), "cgroupfs, in a pod"},
        Case{"/libpod_parent/" + kInner, Plain(), "cgroupfs: the pod itself"},
        Case{"/libpod_parent/conmon", Plain(), "cgroupfs: the monitors"},
        Case{kUser + "/user.slice/libpod-" + kId + ".scope/container", Docker("/container"),
             "rootless, v2 (cadvisor#3628)"},
        Case{kUser + "/user.slice/user-libpod_pod_" + kInner + ".slice/libpod-" + kId + ".scope", Docker(),
             "rootless, v2, in a pod"},
        Case{"/system.slice/web.service/libpod-payload-" + kId, Unit("web.service", "/libpod-payload-" + kId),
             "Quadlet, --cgroups=split: a service"}));

INSTANTIATE_TEST_SUITE_P(
    UserManagers, CgroupPath,
    ::testing::Values(
        Case{kUser + "/user.slice/docker-" + kId + ".scope", Docker(), "rootless Docker, v2"},
        Case{kUser + "/app.slice/docker.service", Unit("user@1000.service/docker.service"), "its daemon"},
        Case{kUser + "/init.scope", Unit("user@1000.service/init.scope"), "the manager's own process"},
        Case{kUser + "/app.slice/app-gnome-x-42.scope/tab",
             Unit("user@1000.service/app-gnome-x-42.scope", "/tab"), "GNOME"},
        Case{kUser + "/app.slice", Slice(), "systemd"},
        Case{kUser, Plain(), "systemd: all that the user runs"},
        Case{"/user.slice/user-1000.slice/session-3.scope", Unit("session-3.scope"), "logind"},
        Case{kUser + "/app.slice/k3s-rootless.service/kubepods/burstable/pod" + kUid + "/" + kId,
             Container(QosClass::kBurstable, kUid), "rootless k3s"}));

INSTANTIATE_TEST_SUITE_P(
    Kata, CgroupPath,
    ::testing::Values(Case{kPodFolder + "/kata_" + kId, Container(QosClass::kBurstable, kUid),
                           "cgroupfs: the virtual machine's CPUs (kata docs/design/host-cgroups.md)"},
                      Case{kBurstablePod + "/cri-containerd-" + kId + ".scope",
                           Container(QosClass::kBurstable, kUid), "systemd: the path as it was asked for"},
                      Case{"/kata_overhead/" + kId, Plain(), "sandbox_cgroup_only=false: the other threads"},
                      Case{"/kata_overhead/kubepods/burstable/pod" + kUid + "/" + kId, Plain(),
                           "the same of runtime-rs, by the whole path"}));

INSTANTIATE_TEST_SUITE_P(
    GVisor, CgroupPath,
    ::testing::Values(Case{kBurstablePod + "/cri-containerd-" + kId + ".scope",
                           Container(QosClass::kBurstable, kUid),
                           "--systemd-cgroup: the path as it was asked for (runsc/cgroup)"},
                      Case{kPodFolder + "/" + kId, Container(QosClass::kBurstable, kUid), "cgroupfs"},
                      Case{kPodFolder, Pod(QosClass::kBurstable),
                           "where the sandbox runs by the annotation dev.gvisor.spec.cgroup-parent"}));

INSTANTIATE_TEST_SUITE_P(
    OtherEngines, CgroupPath,
    ::testing::Values(Case{"/system.slice/nerdctl-" + kId + ".scope", Docker(), "nerdctl, systemd"},
                      Case{"/default/" + kId, Docker(), "nerdctl, cgroupfs: the namespace's folder"},
                      Case{"/k8s.io/" + kId, Docker(), "containerd without a parent of the kubelet's"},
                      Case{"/default/redis1", Plain(), "ctr run: a name of one's own is no container's id"},
                      Case{kUser + "/user.slice/nerdctl-" + kId + ".scope", Docker(), "rootless nerdctl"},
                      Case{"/ecs/0a1b2c3d4e5f60718293a4b5c6d7e8f9/" + kId, Docker(), "Amazon ECS, cgroupfs"},
                      Case{"/ecstasks.slice/ecstasks-0a1b2c3d4e5f.slice/docker-" + kId + ".scope", Docker(),
                           "Amazon ECS, systemd"},
                      Case{"/nomad.slice/share.slice/0a1b.web.scope", Unit("0a1b.web.scope"), "Nomad 1.7"},
                      Case{"/actions_job/" + kId, Docker(), "Docker, --cgroup-parent"},
                      Case{"/batch.slice/docker-" + kId + ".scope/init", Docker("/init"),
                           "the same, systemd"}));

INSTANTIATE_TEST_SUITE_P(
    NodesThatAreContainers, CgroupPath,
    ::testing::Values(Case{"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/"
                           "kubelet-kubepods-besteffort-pod" +
                               kSystemdUid + ".slice/cri-containerd-" + kId + ".scope",
                           Container(QosClass::kBestEffort, kUid), "kind, from inside the node"},
                      Case{"/kubepods/burstable/pod" + kUid + "/" + kId,
                           Container(QosClass::kBurstable, kUid), "k3d, from inside the node"},
                      Case{"/kubepods.slice/kubepods-pod" + kSystemdUid + ".slice/docker-" + kId + ".scope",
                           Container(QosClass::kGuaranteed, kUid),
                           "minikube with cri-dockerd, from inside the node"},
                      Case{"/k3s/kubepods/besteffort/pod" + kUid + "/" + kId,
                           Container(QosClass::kBestEffort, kUid), "k3s with --kubelet-arg=cgroup-root=/k3s"},
                      Case{"/user.slice/user-0.slice/session-3.scope/kubepods/pod" + kUid + "/" + kId,
                           Container(QosClass::kGuaranteed, kUid), "k3s by hand in a session"}));

INSTANTIATE_TEST_SUITE_P(
    Lxc, CgroupPath,
    ::testing::Values(
        Case{"/lxc.payload.web", Unit("lxc/web"), "LXC 4.0 and later, LXD, Incus"},
        Case{"/lxc.payload.shop_web/system.slice/nginx.service",
             Unit("lxc/shop_web", "/system.slice/nginx.service"), "Incus: project shop"},
        Case{"/lxc.payload/web/init.scope", Unit("lxc/web", "/init.scope"), "LXC 3.1, 3.2 (procps)"},
        Case{"/lxc/101/ns", Unit("lxc/101", "/ns"), "Proxmox; LXC to 3.0"},
        Case{"/lxc", Plain(), "the folder of all"}, Case{"/lxc.payload", Plain(), "the folder of all"},
        Case{"/lxc.monitor.web", Plain(), "the monitor"}, Case{"/lxc.monitor/web", Plain(), "the monitor"},
        Case{kUser + "/app.slice/lxc.payload.web", Unit("user@1000.service/lxc/web"), "LXC of a user"},
        Case{"/lxc.payload.node/kubepods/burstable/pod" + kUid + "/" + kId,
             Unit("lxc/node", "/kubepods/burstable/pod" + kUid + "/" + kId), "k3s in LXC"}));

INSTANTIATE_TEST_SUITE_P(
    Machines, CgroupPath,
    ::testing::Values(
        Case{"/machine.slice/systemd-nspawn@web.service/payload/system.slice/x.service",
             Unit("systemd-nspawn@web.service", "/payload/system.slice/x.service"), "systemd-nspawn"},
        Case{R"(/machine.slice/systemd-nspawn@my\x2dbox.service)",
             Unit(R"(systemd-nspawn@my\x2dbox.service)"), "systemd-nspawn: as systemctl has it"},
        Case{R"(/machine.slice/machine-my\x2dbox.scope)", Unit(R"(machine-my\x2dbox.scope)"),
             "systemd-nspawn by hand"},
        Case{R"(/machine.slice/machine-qemu\x2d3\x2dweb\x2d1.scope/libvirt/emulator)",
             Unit("qemu/web-1", "/libvirt/emulator"), "libvirt (libvirt.org/cgroups.html)"},
        Case{R"(/machine.slice/machine-qemu\x2dweb.scope)", Unit("qemu/web"), "libvirt, older"},
        Case{R"(/machine.slice/machine-lxc\x2d7\x2dweb.scope)", Unit("lxc/web"), "libvirt's LXC"},
        Case{R"(/machine.slice/machine-qemu\x2d1\x2d7.scope)", Unit("qemu/7"), "a machine called 7"},
        Case{R"(/machine.slice/machine-qemu\x2d1\x2da\x0ab\x2fc\x2.scope)", Unit(R"(qemu/a\x0ab\x2fc\x2)"),
             "nobody: nothing that cannot be shown comes of an escape"},
        Case{"/machine/qemu-3-web.libvirt-qemu/vcpu0", Unit("qemu/web", "/vcpu0"), "libvirt without systemd"},
        Case{"/machine/web.libvirt-qemu", Unit("qemu/web"), "the same, older"}));

INSTANTIATE_TEST_SUITE_P(
    NodesInContainers, CgroupPath,
    ::testing::Values(
        Case{"/docker/" + kId + "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" + kSystemdUid +
                 ".slice/cri-containerd-" + kInner + ".scope",
             Docker("/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" + kSystemdUid +
                    ".slice/cri-containerd-" + kInner + ".scope"),
             "kind, seen from the host"},
        Case{"/system.slice/docker-" + kId + ".scope/kubepods/burstable/pod" + kUid + "/" + kInner,
             Docker("/kubepods/burstable/pod" + kUid + "/" + kInner), "k3d, seen from the host"},
        Case{kBurstablePod + "/cri-containerd-" + kId + ".scope/kubepods/burstable/pod" + kUid + "/" + kInner,
             Container(QosClass::kBurstable, kUid, "/kubepods/burstable/pod" + kUid + "/" + kInner),
             "Kubernetes in a pod (k8s#129253)"}));

TEST(PathAbove, IsOfTheCgroupAround) {
  EXPECT_EQ(PathAbove("/kubepods/pod1/web"), "/kubepods/pod1");
  EXPECT_EQ(PathAbove("/kubepods"), "/");
  EXPECT_EQ(PathAbove("/"), "");
  EXPECT_EQ(PathAbove(""), "");
}

}  // namespace
}  // namespace loadline::agent
