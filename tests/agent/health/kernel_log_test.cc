#include "agent/health/kernel_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/agent/health/packet_log.h"
#include "tests/support/temporary_folder.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Mono kStart{1000s};
constexpr Wall kWall{std::chrono::seconds(1'700'000'000)};

// A machine whose mounts are these, and the log that it writes.
class KernelLogTest : public testing::Test {
 protected:
  KernelLogTest() {
    Put("proc/2/comm", "kthreadd\n");
    Put("sys/class/block/sdc/dev", "8:32\n");
    Mount("rw");
  }

  void Put(const std::string& path, const std::string& text) {
    const std::filesystem::path file = folder_.path() + "/" + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  void Mount(const std::string& options) {
    Put("proc/1/mountinfo",
        "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"
        "40 22 8:32 / /data rw,relatime - ext4 /dev/sdc " +
            options + "\n");
  }
  void Unmount() { Put("proc/1/mountinfo", "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"); }

  std::unique_ptr<KernelLog> Open(Mono now = kStart) {
    auto log = KernelLog::Open({.file = packets_.path()}, {.root = folder_.path()}, now);
    EXPECT_TRUE(log) << log.error().message;
    return *std::move(log);
  }
  bool Write(Mono at, const std::string& text) {
    const auto us = at.time_since_epoch() / 1us;
    return packets_.Write("4," + std::to_string(next_++) + "," + std::to_string(us) + ",-;" + text + "\n");
  }

  TemporaryFolder folder_;
  PacketLog packets_;
  int next_ = 1;
};

TEST_F(KernelLogTest, TellsWhatHappenedAndWhen) {
  const auto log = Open();
  ASSERT_TRUE(Write(kStart + 1s, "task kworker:77 blocked for more than 122 seconds."));
  ASSERT_TRUE(Write(kStart + 1s, "usb 1-1: new high-speed USB device"));
  const auto told = log->Read(kStart + 2s, kWall);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0], (wire::HealthEvent{.at_ns = (kWall - 1s).time_since_epoch().count(),
                                        .source = "kernel-log",
                                        .reason = "TaskHung",
                                        .message = "task kworker:77 blocked for more than 122 seconds."}));
}

TEST_F(KernelLogTest, AConditionEndsWhenTheFileSystemIsWritableAgain) {
  const auto log = Open();
  Mount("ro");
  ASSERT_TRUE(Write(kStart, "EXT4-fs (sdc): Remounting filesystem read-only"));
  ASSERT_THAT(log->Read(kStart, kWall),
              ElementsAre(Field(&wire::HealthEvent::condition, "ReadonlyFilesystem")));
  EXPECT_THAT(log->Read(kStart + 60s, kWall), IsEmpty());
  Mount("rw");
  const auto ended = log->Read(kStart + 80s, kWall);
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_TRUE(ended[0].ended);
  EXPECT_EQ(ended[0].condition, "ReadonlyFilesystem");
  EXPECT_EQ(ended[0].message, "sdc is not mounted read-only any more");
  EXPECT_THAT(log->Read(kStart + 120s, kWall), IsEmpty());
}

TEST_F(KernelLogTest, OfTwoDevicesTheLastOneEndsIt) {
  const auto log = Open();
  Put("sys/class/block/sda1/dev", "8:1\n");
  Put("proc/1/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 ro\n40 22 8:32 / /data rw - ext4 /dev/sdc ro\n");
  ASSERT_TRUE(Write(kStart, "EXT4-fs (sdc): Remounting filesystem read-only"));
  ASSERT_TRUE(Write(kStart, "EXT4-fs (sda1): Remounting filesystem read-only"));
  ASSERT_THAT(log->Read(kStart, kWall), SizeIs(2));
  Put("proc/1/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n40 22 8:32 / /data rw - ext4 /dev/sdc ro\n");
  EXPECT_THAT(log->Read(kStart + 60s, kWall), IsEmpty());
  Unmount();
  EXPECT_THAT(log->Read(kStart + 90s, kWall), ElementsAre(Field(&wire::HealthEvent::ended, true)));
}

// An agent that is started anew finds old lines again.
TEST_F(KernelLogTest, OfWhatIsOverBeforeTheStartOnlyTheEndIsTold) {
  ASSERT_TRUE(Write(kStart - 900s, "EXT4-fs (sdc): Remounting filesystem read-only"));
  ASSERT_TRUE(Write(kStart - 900s, "task kworker:77 blocked for more than 122 seconds."));
  EXPECT_THAT(Open()->Read(kStart, kWall), ElementsAre(Field(&wire::HealthEvent::ended, true)));
}

TEST_F(KernelLogTest, WhereTheMachinesMountsAreNotSeenNothingEnds) {
  Put("proc/2/comm", "pause\n");
  const auto log = Open();
  ASSERT_TRUE(Write(kStart, "EXT4-fs (sdc): Remounting filesystem read-only"));
  ASSERT_THAT(log->Read(kStart, kWall), SizeIs(1));
  EXPECT_THAT(log->Read(kStart + 100s, kWall), IsEmpty());
}

TEST_F(KernelLogTest, WithoutTheFileLinesComeFromAProbe) {
  auto log = KernelLog::Open({.file = "/nonexistent"}, {.root = folder_.path()}, kStart);
  ASSERT_TRUE(log);
  EXPECT_THAT((*log)->unreadable(), HasSubstr("/nonexistent"));
  (*log)->Line("[  512.103456] nvme nvme0: controller is down; will reset: CSTS=0xffffffff\n", kStart);
  EXPECT_THAT((*log)->Read(kStart, kWall), ElementsAre(Field(&wire::HealthEvent::reason, "NvmeReset")));
}

TEST_F(KernelLogTest, ABadFileOfRulesIsAnError) {
  Put("bad.json", R"({"plugin": "kmsg", "rules": [{"type": "temporary", "reason": "X", "pattern": "("}]})");
  const auto log =
      KernelLog::Open({.file = "/nonexistent", .rules = {folder_.path() + "/bad.json"}}, {}, kStart);
  ASSERT_FALSE(log);
  EXPECT_THAT(log.error().message, HasSubstr("bad.json"));
}

}  // namespace
}  // namespace loadline::agent
