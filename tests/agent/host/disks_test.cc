#include "agent/host/disks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "tests/support/wait.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

std::vector<std::string> PathsIn(const std::vector<wire::NodeWindow::Disk>& disks) {
  std::vector<std::string> paths;
  for (const auto& disk : disks) paths.push_back(disk.path);
  return paths;
}

TEST(ReadDisk, IsNothingWhereThereIsNoFile) {
  const auto root = ReadDisk("/");
  ASSERT_TRUE(root);
  EXPECT_GT(root->total, root->free);
  EXPECT_FALSE(ReadDisk("/no/such/folder"));
}

TEST(DisksTest, ThoseThatExistAnswerInTime) {
  Disks disks({"/", "/no/such/folder", "/proc"});
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(
        test::Eventually([&] { return PathsIn(disks.Read()) == std::vector<std::string>{"/", "/proc"}; }));
}

TEST(DisksTest, OneThatHangsHoldsUpNobodyAndIsAskedAgainWhenItAnswers) {
  std::promise<void> server;
  const std::shared_future<void> is_back = server.get_future().share();
  Disks disks({"/a", "/nfs", "/b"}, [is_back](const std::string& path) {
    if (path == "/nfs") is_back.wait();
    return std::optional(wire::NodeWindow::Disk{.path = path});
  });
  EXPECT_TRUE(test::Eventually([&] { return PathsIn(disks.Read()) == std::vector<std::string>{"/a"}; }));
  const Mono began = SystemClock().Now();
  for (int i = 0; i < 1000; ++i) EXPECT_THAT(PathsIn(disks.Read()), ElementsAre("/a"));
  EXPECT_LT(SystemClock().Now() - began, 1000 * Disks::kPatience / 2) << "only the first question waited";
  server.set_value();
  EXPECT_TRUE(test::Eventually([&] { return disks.Read().size() == 3; }));
}

TEST(DisksTest, WhoseFileSystemHangsCanEnd) {
  std::promise<void> server;
  const std::shared_future<void> is_back = server.get_future().share();
  {
    Disks disks({"/nfs"}, [is_back](const std::string&) {
      is_back.wait();
      return std::optional<wire::NodeWindow::Disk>();
    });
    EXPECT_TRUE(disks.Read().empty());
  }
  server.set_value();
}

TEST(IsReadOnly, AsAWholeOrOnlyWhereItIsMounted) {
  constexpr const char* kMounts =
      "512 470 0:52 / / ro,relatime master:7 - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w\n"
      "530 512 254:0 /var/lib/kubelet/pods/1/etc-hosts /etc/hosts rw,relatime - ext4 /dev/vda ro,discard\n";
  EXPECT_EQ(IsReadOnly(kMounts, "0:52"), false);
  EXPECT_EQ(IsReadOnly(kMounts, "254:0"), true);
  EXPECT_EQ(IsReadOnly(kMounts, "254:1"), std::nullopt);
}

}  // namespace
}  // namespace loadline::agent
