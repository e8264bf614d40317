#include "collector/store/group_sync.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <vector>

#include "tests/support/hang.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

constexpr Duration kLong = 10s;

// A disk that hangs or fails as it is told.
class GroupSyncTest : public ::testing::Test {
 protected:
  Result<void> Sync() {
    ++syncs_;
    if (auto done = hang_.Wait(); !done) return done;
    if (failures_ > 0) {
      --failures_;
      return Failure(ErrorKind::kUnavailable, "syncing: Input/output error");
    }
    return {};
  }
  void AwaitSyncs(int syncs) {
    while (syncs_ < syncs) std::this_thread::sleep_for(1ms);
  }

  Hang hang_;
  std::atomic<int> syncs_ = 0;
  std::atomic<int> failures_ = 0;
};

TEST_F(GroupSyncTest, CallsInTheOrderOfAskingOnceItIsOnTheDisk) {
  GroupSync disk([this] { return Sync(); }, kLong);
  hang_.Set(true);
  std::vector<int> called;
  disk.Written();
  disk.Then([&] { called.push_back(1); });
  disk.Written();
  disk.Then([&] { called.push_back(2); });
  AwaitSyncs(1);
  EXPECT_FALSE(disk.Wait(1ms));
  EXPECT_TRUE(called.empty()) << "the disk has nothing yet";
  hang_.Set(false);
  std::promise<void> last;
  disk.Then([&] { last.set_value(); });
  last.get_future().wait();
  EXPECT_THAT(called, ElementsAre(1, 2));
}

TEST_F(GroupSyncTest, WhatWasWrittenBeforeIsThereAtOnce) {
  GroupSync disk([this] { return Sync(); }, kLong);
  EXPECT_TRUE(disk.Wait(0s)) << "nothing was written";
  disk.Written();
  EXPECT_TRUE(disk.Wait(kLong));
  EXPECT_TRUE(disk.Wait(0s));
  EXPECT_EQ(syncs_, 1);
}

TEST_F(GroupSyncTest, WhoAsksWhileTheDiskIsBusySharesTheNextSync) {
  GroupSync disk([this] { return Sync(); }, kLong);
  hang_.Set(true);
  disk.Written();
  AwaitSyncs(1);
  for (int i = 0; i < 100; ++i) disk.Written();
  hang_.Set(false);
  EXPECT_TRUE(disk.Wait(kLong));
  EXPECT_EQ(syncs_, 2) << "one sync that began before they were written does not count for them";
}

TEST_F(GroupSyncTest, NobodyIsCalledBeforeASyncSucceeds) {
  failures_ = 3;
  GroupSync disk([this] { return Sync(); }, kLong, 1ms);
  std::promise<int> called;
  disk.Written();
  disk.Then([&] { called.set_value(syncs_); });
  EXPECT_EQ(called.get_future().get(), 4);
  EXPECT_FALSE(disk.Trouble());
}

TEST_F(GroupSyncTest, AFailureIsTroubleUntilASyncSucceeds) {
  failures_ = 1;
  GroupSync disk([this] { return Sync(); }, kLong, 50ms);
  EXPECT_FALSE(disk.Trouble());
  disk.Written();
  std::optional<Error> trouble;
  while (!trouble) trouble = disk.Trouble();
  EXPECT_EQ(trouble->kind, ErrorKind::kUnavailable);
  EXPECT_EQ(trouble->message, "syncing: Input/output error");
  EXPECT_TRUE(disk.Wait(kLong));
  EXPECT_FALSE(disk.Trouble());
}

TEST_F(GroupSyncTest, ADiskThatTakesLongIsTroubleUntilItIsDone) {
  GroupSync disk([this] { return Sync(); }, 1ms);
  hang_.Set(true);
  disk.Written();
  AwaitSyncs(1);
  std::this_thread::sleep_for(2ms);
  ASSERT_TRUE(disk.Trouble());
  EXPECT_EQ(disk.Trouble()->message, "the disk has not taken what is stored for 0 s");
  hang_.Set(false);
  EXPECT_TRUE(disk.Wait(kLong));
  EXPECT_FALSE(disk.Trouble());
}

TEST_F(GroupSyncTest, WhoIsForgottenIsNotCalled) {
  GroupSync disk([this] { return Sync(); }, kLong);
  hang_.Set(true);
  bool called = false;
  disk.Written();
  disk.Then([&] { called = true; });
  disk.Forget();
  hang_.Set(false);
  EXPECT_TRUE(disk.Wait(kLong));
  disk.Forget();
  EXPECT_FALSE(called);
}

TEST_F(GroupSyncTest, EndsWhileWhoWaitsIsNotCalled) {
  bool called = false;
  {
    failures_ = 1000;
    GroupSync disk([this] { return Sync(); }, kLong);
    disk.Written();
    disk.Then([&] { called = true; });
    AwaitSyncs(1);
  }
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace loadline::collector
