#include "agent/host/io_stat.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "agent/host/counter_files.h"
#include "agent/host/machine.h"
#include "tests/support/temporary_folder.h"

namespace loadline::agent {
namespace {

TEST(IoStat, IsSummedOverDevicesAndWhatIsNotKnownIsPassedOver) {
  const IoCounters io = ParseIoStat(
      "259:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n"
      "8:16 rbytes=100 wbytes=0 rios=3 wios=0 dbytes=77 dios=9 cost.usage=5\n"
      "253:1\n"
      "7:0 rbytes= wbytes=x rios=-1\n");
  EXPECT_EQ(io, (IoCounters{.read_bytes = 4196, .written_bytes = 8192, .reads = 4, .writes = 2}));
  EXPECT_EQ(ParseIoStat(""), IoCounters{});
}

// A v2 machine in a folder.
class IoStatFilesTest : public ::testing::Test {
 protected:
  IoStatFilesTest() {
    std::filesystem::create_directories(root_ / "proc/self");
    std::filesystem::create_directories(Cgroup("web"));
    std::ofstream(root_ / "proc/self/mountinfo") << "35 24 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
    std::ofstream(Cgroup("cgroup.stat")) << "nr_descendants 41\nnr_dying_descendants 7\n";
  }
  [[nodiscard]] std::filesystem::path Cgroup(const char* name) const {
    return root_ / "sys/fs/cgroup" / name;
  }
  [[nodiscard]] CgroupMounts Mounts(const char* controllers) const {
    std::ofstream(Cgroup("cgroup.controllers")) << controllers << "\n";
    return FindCgroupMounts({.root = root_.string()}).value();
  }

  const TemporaryFolder folder_;
  const std::filesystem::path root_ = folder_.path();
};

TEST_F(IoStatFilesTest, FollowTheFileOfACgroup) {
  IoStatFiles files(Mounts("cpu io memory"));
  EXPECT_EQ(files.Read(1, "/web"), std::nullopt) << "io is not on for it";
  std::ofstream(Cgroup("web/io.stat")) << "8:0 rbytes=512 wbytes=0 rios=1 wios=0\n";
  EXPECT_EQ(files.Read(2, "/web"), (IoCounters{.read_bytes = 512, .reads = 1}));
  std::ofstream(Cgroup("web/io.stat")) << "8:0 rbytes=1024 wbytes=5 rios=2 wios=1\n";
  EXPECT_EQ(files.Read(2, "/web"),
            (IoCounters{.read_bytes = 1024, .written_bytes = 5, .reads = 2, .writes = 1}));
}

TEST_F(IoStatFilesTest, WithoutTheControllerThereIsNone) {
  IoStatFiles files(Mounts("cpu memory"));
  std::ofstream(Cgroup("web/io.stat")) << "8:0 rbytes=512 wbytes=0 rios=1 wios=0\n";
  EXPECT_EQ(files.Read(1, "/web"), std::nullopt);
  EXPECT_EQ(IoStatFiles(FindCgroupMounts({.root = "tests/data/hosts/v1"}).value()).Read(1, "/"),
            std::nullopt);
}

TEST_F(IoStatFilesTest, CgroupsAreCountedWithThoseThatAreOnlyHeld) {
  const auto count = CountCgroups(Mounts("memory"));
  ASSERT_TRUE(count);
  EXPECT_EQ(count->alive, 42U);
  EXPECT_EQ(count->dying, 7U);
  EXPECT_FALSE(CountCgroups(FindCgroupMounts({.root = "tests/data/hosts/v1"}).value()));
}

}  // namespace
}  // namespace loadline::agent
