#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/cgroup.h"

namespace loadline::testing {
namespace {

TEST(KernelOwnCgroup, IsMadeEnteredLimitedAndLeavesNothingBehind) {
  if (::geteuid() != 0) GTEST_SKIP() << "making cgroups needs root";
  const std::string parent = "loadline-own-" + std::to_string(::getpid());
  std::string folder;
  {
    OwnCgroup cgroup = OwnCgroup::Make(parent + "/child").value();
    folder = cgroup.Folder("memory");
    ASSERT_TRUE(cgroup.LimitCpu(100));
    ASSERT_TRUE(cgroup.LimitMemory(64 * kMiB));
    const pid_t sleeper = cgroup.Spawn([] { ::pause(); });
    ASSERT_GT(sleeper, 0);
    const pid_t worker = cgroup.Spawn([] {});
    int status = -1;
    ASSERT_EQ(::waitpid(worker, &status, 0), worker);
    EXPECT_EQ(status, 0);
    EXPECT_TRUE(std::filesystem::exists(folder));
  }
  EXPECT_FALSE(std::filesystem::exists(folder));
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::path(folder).parent_path()));
}

}  // namespace
}  // namespace loadline::testing
