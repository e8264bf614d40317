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
  CgroupIdentity who;  // without the path
};

// The path is the test's name.
void PrintTo(const Case& c, std::ostream* out) {
  *out << c.path;
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
                      Case{"/user.slice/user-0.slice/user@0.service/app.slice/x.service",
                           Unit("user@0.service", "/app.slice/x.service")},
                      Case{"/init.scope", Unit("init.scope")}, Case{"/docker", {.kind = CgroupKind::kPlain}},
                      Case{"/podium/pod1f", {.kind = CgroupKind::kPlain}},
                      Case{"/batch/" + std::string(63, 'a'), {.kind = CgroupKind::kPlain}}));

}  // namespace
}  // namespace loadline::agent
