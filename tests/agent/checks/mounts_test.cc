#include "agent/checks/mounts.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "agent/host/small_file.h"
#include "schemas/base/fd.h"
#include "tests/support/temporary_folder.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(ParseMountTable, TakesFileSystemsOnceAndLeavesOutWhatHasNoSize) {
  const auto mounts = ParseMountTable(
      "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"
      "23 22 0:5 / /proc rw - proc proc rw\n"
      "24 22 8:1 /var/lib/x /a rw - ext4 /dev/sda1 rw\n"
      "25 22 0:44 / /mnt/my\\040files rw shared:3 - nfs4 server:/export rw\n"
      "26 22 7:1 / /snap/core ro - squashfs /dev/loop1 ro\n"
      "27 22 0:50 / /var/lib/kubelet/pods/1/volumes/x rw - tmpfs tmpfs rw\n"
      "28 22 0:51 / /run/containerd/io.containerd.runtime/x/rootfs rw - overlay overlay rw\n"
      "31 22 0:53 / /run/host/io.containerd.grpc.v1.cri/sandboxes/x/shm rw - tmpfs shm rw\n"
      "29 22 0:52 / /mnt/fuse rw - fuse.sshfs host: rw\n"
      "garbage\n30 22\n");
  ASSERT_THAT(mounts, SizeIs(3));
  EXPECT_EQ(mounts[0].path, "/");
  EXPECT_EQ(mounts[1], (MountedFileSystem{.path = "/mnt/my files",
                                          .source = "server:/export",
                                          .type = "nfs4",
                                          .device = "0:44",
                                          .remote = true}));
  EXPECT_EQ(mounts[2].type, "fuse.sshfs");
}

// Mounted read-only on purpose, both say so; when the kernel gives up a disk, the file system alone does.
TEST(ParseMountTable, TellsAFaultFromAWish) {
  const auto of = [](const std::string& mount, const std::string& all) {
    return ParseMountTable("22 1 8:1 / /data " + mount + ",relatime - ext4 /dev/sda1 " + all +
                           ",errors=remount-ro\n")
        .at(0)
        .turned_read_only;
  };
  EXPECT_FALSE(of("rw", "rw"));
  EXPECT_FALSE(of("ro", "ro"));
  EXPECT_FALSE(of("ro", "rw")) << "a volume of a container";
  EXPECT_TRUE(of("rw", "ro"));
}

constexpr std::uint64_t kGib = 1ULL << 30;

MountAnswer Size(std::uint64_t device, double used, double inodes_used = 0) {
  return {.kind = MountAnswer::Kind::kAnswered,
          .device = device,
          .total = 100 * kGib,
          .free = static_cast<std::uint64_t>((1 - used) * 100 * kGib),
          .inodes = 1000,
          .free_inodes = static_cast<std::uint64_t>((1 - inodes_used) * 1000)};
}
LookedAtMount On(const std::string& path, const MountAnswer& answer) {
  return {.mount = {.path = path, .source = "/dev/sd", .type = "ext4"}, .answer = answer};
}
Health Of(const std::vector<Judgement>& judgements, const char* condition) {
  for (const Judgement& one : judgements) {
    if (one.condition == condition) return one.health;
  }
  ADD_FAILURE() << condition;
  return Health::kUnknown;
}

TEST(JudgeMounts, FullIsBadAndNearlyFullIsNoEvidence) {
  const auto full = [](double used) {
    return Of(JudgeMounts({On("/d", Size(1, used))}, {}), kFilesystemFull);
  };
  EXPECT_EQ(full(0.5), Health::kGood);
  EXPECT_EQ(full(0.92), Health::kUnknown);
  EXPECT_EQ(full(0.96), Health::kBad);
  const auto inodes = [](double used) {
    return Of(JudgeMounts({On("/d", Size(1, 0, used))}, {}), kInodesExhausted);
  };
  EXPECT_EQ(inodes(0.5), Health::kGood);
  EXPECT_EQ(inodes(0.96), Health::kBad);
}

TEST(JudgeMounts, NamesAllThatAreBad) {
  const auto found = JudgeMounts({On("/a", Size(1, 0.96)), On("/b", Size(2, 0.2)), On("/c", Size(3, 1))}, {});
  EXPECT_EQ(found.at(1).subject, "/a /c ");
  EXPECT_EQ(found.at(1).message,
            "/a (/dev/sd) is 96 % full: 4 GiB of 100 GiB are free; /c (/dev/sd) is 100 % full: 0 B of "
            "100 GiB are "
            "free");
}

// NodeDiskFull tells of it.
TEST(JudgeMounts, WhatIsReportedWithEachWindowIsJudgedByInodesAlone) {
  const auto found = JudgeMounts({On("/d", Size(1, 0.99, 0.99))}, {Size(1, 0.99, 0.99)});
  EXPECT_EQ(Of(found, kFilesystemFull), Health::kGood);
  EXPECT_EQ(Of(found, kInodesExhausted), Health::kBad);
  // The root of a container shows the size of the disk that it is on, whose device is another.
  EXPECT_EQ(Of(JudgeMounts({On("/etc/hosts", Size(8, 0.99))}, {Size(50, 0.99)}), kFilesystemFull),
            Health::kGood);
  LookedAtMount broken = On("/etc/hosts", Size(8, 0.5));
  broken.mount.turned_read_only = true;
  EXPECT_EQ(Of(JudgeMounts({broken}, {Size(50, 0.5)}), kReadonlyFilesystem), Health::kBad);
  EXPECT_EQ(Of(JudgeMounts({broken}, {Size(8, 0.5)}), kReadonlyFilesystem), Health::kGood);
}

TEST(JudgeMounts, OneThatHangsIsBadAndSaysNothingOfTheRest) {
  const MountAnswer hangs{.kind = MountAnswer::Kind::kHangs};
  LookedAtMount nfs = On("/nfs", hangs);
  nfs.mount.remote = true;
  auto found = JudgeMounts({nfs, On("/d", Size(1, 0.2))}, {});
  EXPECT_EQ(Of(found, kMountNotResponding), Health::kBad);
  EXPECT_EQ(Of(found, kFilesystemFull), Health::kGood) << "a server's room is not the node's";
  found = JudgeMounts({On("/e", hangs), On("/d", Size(1, 0.99))}, {});
  EXPECT_EQ(Of(found, kFilesystemFull), Health::kBad);
  found = JudgeMounts({On("/e", hangs), On("/d", Size(1, 0.2))}, {});
  EXPECT_EQ(Of(found, kFilesystemFull), Health::kUnknown);
}

// The rest is about real file systems, in a mount namespace of its own: what happens there is seen by nobody else. Only a
// process with one thread may have one, so that each test has a child, whose exit status is how many expectations failed.
class RealMounts : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "mounting needs root";
  }
  static void InNamespace(const std::function<void()>& test) {
    const pid_t child = ::fork();
    if (child == 0) {
      if (::unshare(CLONE_NEWNS) != 0 || ::mount("", "/", "", MS_REC | MS_PRIVATE, nullptr) != 0) ::_exit(99);
      test();
      ::_exit(testing::Test::HasFailure() ? 1 : 0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
  }
  [[nodiscard]] std::string Mounted(const std::string& name, const char* options) const {
    std::string path = folder_.path() + "/" + name;
    std::filesystem::create_directory(path);
    EXPECT_EQ(::mount("test", path.c_str(), "tmpfs", 0, options), 0);
    return path;
  }
  static std::vector<Judgement> Look() { return Mounts("/proc/self/mountinfo", {"/"}).Look(Mono{}, {}); }

  TemporaryFolder folder_;
};

const Judgement& Named(const std::vector<Judgement>& found, const char* condition) {
  return *std::ranges::find(found, condition, &Judgement::condition);
}

TEST_F(RealMounts, AFullTmpfsIsFoundAndGoodAgainWhenThereIsRoom) {
  InNamespace([this] {
    const std::string path = Mounted("full", "size=8m,nr_inodes=1000");
    EXPECT_EQ(Of(Look(), kFilesystemFull), Health::kGood);
    std::ofstream(path + "/file") << std::string(8 << 20, 'x');
    const auto found = Look();
    EXPECT_EQ(Of(found, kFilesystemFull), Health::kBad);
    EXPECT_THAT(Named(found, kFilesystemFull).message,
                HasSubstr(path + " is 100 % full: 0 B of 8 MiB are free"));
    EXPECT_EQ(Of(found, kInodesExhausted), Health::kGood);
    std::filesystem::remove(path + "/file");
    EXPECT_EQ(Of(Look(), kFilesystemFull), Health::kGood);
  });
}

TEST_F(RealMounts, ATmpfsWithoutInodesIsFound) {
  InNamespace([this] {
    const std::string path = Mounted("inodes", "size=8m,nr_inodes=100");
    for (int i = 0; i < 99; ++i) std::ofstream(path + "/" + std::to_string(i));
    const auto found = Look();
    EXPECT_EQ(Of(found, kInodesExhausted), Health::kBad);
    EXPECT_THAT(Named(found, kInodesExhausted).message, HasSubstr("0 of 100 inodes are free"));
    EXPECT_EQ(Of(found, kFilesystemFull), Health::kGood);
  });
}

TEST_F(RealMounts, OneThatTurnedReadOnlyIsFoundAndOneThatWasMountedSoIsNot) {
  InNamespace([this] {
    const std::string path = Mounted("turned", "size=8m");
    EXPECT_EQ(Of(Look(), kReadonlyFilesystem), Health::kGood);
    // The whole, as `mount -o remount,ro`.
    EXPECT_EQ(::mount("", path.c_str(), "", MS_REMOUNT | MS_RDONLY, "size=8m"), 0);
    EXPECT_EQ(Of(Look(), kReadonlyFilesystem), Health::kGood) << "somebody wants it so";
    // The mount again as it was: what is left is what a kernel does by itself.
    EXPECT_EQ(::mount("", path.c_str(), "", MS_REMOUNT | MS_BIND, nullptr), 0);
    const auto found = Look();
    EXPECT_EQ(Of(found, kReadonlyFilesystem), Health::kBad);
    EXPECT_THAT(Named(found, kReadonlyFilesystem).message, HasSubstr(path + " is read-only"));
    EXPECT_EQ(::mount("", path.c_str(), "", MS_REMOUNT, "size=8m"), 0);
    EXPECT_EQ(Of(Look(), kReadonlyFilesystem), Health::kGood);
  });
}

// A FUSE file system whose server never answers: what asks it hangs like at an NFS server that is gone.
TEST_F(RealMounts, OneThatHangsIsFoundInBoundedTimeAndNotAskedByMoreAndMore) {
  const Fd fuse(::open("/dev/fuse", O_RDWR | O_CLOEXEC));
  if (!fuse.valid()) GTEST_SKIP() << "no /dev/fuse here";
  InNamespace([this, &fuse] {
    const std::string path = folder_.path() + "/fuse";
    std::filesystem::create_directory(path);
    const std::string options = "fd=" + std::to_string(fuse.get()) + ",rootmode=40000,user_id=0,group_id=0";
    EXPECT_EQ(::mount("hanging", path.c_str(), "fuse", 0, options.c_str()), 0);
    Mounts check("/proc/self/mountinfo", {"/"});
    const SystemClock clock;
    for (int look = 0; look < 2; ++look) {
      const Mono before = clock.Now();
      const auto found = check.Look(Mono{}, {});
      EXPECT_LT(clock.Now() - before, 3 * MountLook::kPatience);
      EXPECT_EQ(Of(found, kMountNotResponding), Health::kBad);
      EXPECT_THAT(Named(found, kMountNotResponding).message, HasSubstr(path));
    }
    EXPECT_EQ(::umount2(path.c_str(), MNT_DETACH | MNT_FORCE), 0);
    EXPECT_EQ(Of(check.Look(Mono{}, {}), kMountNotResponding), Health::kGood);
  });
}

}  // namespace
}  // namespace loadline::agent
