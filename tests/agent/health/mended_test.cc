#include "agent/health/mended.h"

#include <gtest/gtest.h>

namespace loadline::agent {
namespace {

TEST(DeviceOf, IsWhatEachFileSystemNames) {
  EXPECT_EQ(DeviceOf("EXT4-fs (sda1): Remounting filesystem read-only"), "sda1");
  EXPECT_EQ(DeviceOf("EXT4-fs error (device nvme0n1p1): ext4_find_entry:1463"), "nvme0n1p1");
  EXPECT_EQ(DeviceOf("XFS (dm-3): Filesystem has been shut down due to log error (0x2)."), "dm-3");
  EXPECT_EQ(DeviceOf("BTRFS info (device sdb: state EA): forced readonly"), "sdb");
  EXPECT_EQ(DeviceOf("BTRFS: error (device sdb) in btrfs_commit_transaction:2261"), "sdb");
}

TEST(DeviceOf, NeverLeavesItsFolder) {
  EXPECT_EQ(DeviceOf("EXT4-fs (../../etc): Remounting filesystem read-only"), "");
  EXPECT_EQ(DeviceOf("EXT4-fs (..): Remounting filesystem read-only"), "");
  EXPECT_EQ(DeviceOf("a line that names none"), "");
}

TEST(WhyMended, AReadOnlyFileSystemIsWhenItIsWritableOrGone) {
  EXPECT_EQ(WhyMended("ReadonlyFilesystem", {.name = "sda1", .read_only = true}), std::nullopt);
  EXPECT_EQ(WhyMended("ReadonlyFilesystem", {.name = "sda1", .read_only = false}),
            "sda1 is not mounted read-only any more");
  EXPECT_EQ(WhyMended("ReadonlyFilesystem", {.name = "sda1", .read_only = std::nullopt}),
            "sda1 is not mounted any more");
}

TEST(WhyMended, OneThatHasShutDownIsWhenItIsNotMounted) {
  EXPECT_EQ(WhyMended("XfsShutdown", {.name = "sda1", .read_only = false}), std::nullopt);
  EXPECT_EQ(WhyMended("Ext4Shutdown", {.name = "sda1", .read_only = std::nullopt}),
            "sda1 is not mounted any more");
}

TEST(WhyMended, NothingElseIsKnownToBe) {
  EXPECT_EQ(WhyMended("GpuLost", {.name = "", .read_only = std::nullopt}), std::nullopt);
  EXPECT_EQ(WhyMended("KernelDeadlock", {.name = "sda1", .read_only = false}), std::nullopt);
}

}  // namespace
}  // namespace loadline::agent
