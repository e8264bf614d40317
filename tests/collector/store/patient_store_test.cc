#include "collector/store/patient_store.h"

#include <gtest/gtest.h>

#include <atomic>

#include "collector/store/sqlite_store.h"
#include "tests/support/forwarding_store.h"
#include "tests/support/hang.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

const StreamId kStream{"node-1", "boot-1", 7};

class PatientStoreTest : public ::testing::Test {
 protected:
  PatientStoreTest() {
    hang_.Set(true);
    auto hanging = std::make_unique<ForwardingStore>(std::move(*SqliteStore::Open(folder_.path(), {})),
                                                     [this] { return hang_.Wait(); });
    store_ = std::make_unique<PatientStore>(std::move(hanging), 20ms);
  }
  Result<Position> AppendOne(std::uint64_t sequence) {
    // What it is told lives as long as the call and no longer.
    const std::string frame = "frame " + std::to_string(sequence);
    const RecordToStore record{&kStream, sequence, Wall{}, std::as_bytes(std::span(frame))};
    const auto positions = store_->Append({&record, 1});
    if (!positions) return Failure(positions.error());
    return positions->front();
  }
  Result<Position> AppendWhenItIsBack(std::uint64_t sequence) {
    for (;;) {
      Result<Position> position = AppendOne(sequence);
      if (position || position.error().kind != ErrorKind::kUnavailable) return position;
      std::this_thread::sleep_for(1ms);
    }
  }

  const TemporaryFolder folder_;
  Hang hang_;
  std::unique_ptr<PatientStore> store_;
};

TEST_F(PatientStoreTest, GivesWhatTheStoreGives) {
  hang_.Set(false);
  EXPECT_EQ(AppendOne(1), 1U);
  EXPECT_EQ(AppendOne(1), 0U) << "a duplicate";
  EXPECT_EQ(AppendOne(2), 2U);
  EXPECT_EQ(store_->LastPosition(), 2U);
  EXPECT_GT(store_->Used(), 0);
  ASSERT_TRUE(store_->Put(std::vector<Blob>{{"space", "key", "value"}}, Wall{}));
  EXPECT_EQ(store_->Scan("space")->at(0).value, "value");
}

TEST_F(PatientStoreTest, NobodyWaitsForOneThatHangs) {
  const Result<Position> first = AppendOne(1);
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().kind, ErrorKind::kUnavailable);
  const Result<void> other = store_->Put(std::vector<Blob>{{"space", "key", "value"}}, Wall{});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().message, "the store has not answered for 0 s");
  hang_.Set(false);
  EXPECT_EQ(AppendWhenItIsBack(2), 2U) << "the first was stored meanwhile";
}

TEST_F(PatientStoreTest, NotesDoNotWaitForOneThatHangs) {
  ASSERT_FALSE(AppendOne(1));
  NoteLog& notes = store_->notes();
  ASSERT_TRUE(notes.Append("delivered"));
  EXPECT_EQ(notes.Load()->front(), "delivered");
  EXPECT_FALSE(AppendOne(2)) << "it hangs still";
  hang_.Set(false);
}

TEST_F(PatientStoreTest, ACallThatWasGivenUpAndDoneGivesWhenMadeAgainWhatItWouldHaveGiven) {
  ASSERT_FALSE(AppendOne(1));
  hang_.Set(false);
  EXPECT_EQ(AppendWhenItIsBack(1), 1U) << "no duplicate: it is to be believed";
  EXPECT_EQ(AppendOne(1), 0U);
  std::vector<std::string> frames;
  ASSERT_TRUE(store_->Replay(0, [&](const StoredRecord& record) {
    frames.emplace_back(reinterpret_cast<const char*>(record.frame.data()), record.frame.size());
  }));
  EXPECT_EQ(frames, std::vector<std::string>{"frame 1"});
}

TEST_F(PatientStoreTest, ADiskThatHangsHoldsUpAcknowledgementsAndThenEveryCall) {
  const TemporaryFolder folder;
  Hang disk;
  const auto sync = [&](int fd) { return disk.Wait() ? ::fdatasync(fd) : -1; };
  store_ =
      std::make_unique<PatientStore>(std::move(*SqliteStore::Open(folder.path(), {.sync = sync})), 10s, 50ms);
  std::atomic<bool> on_disk = false;
  disk.Set(true);
  EXPECT_EQ(AppendOne(1), 1U) << "what follows from it can be told";
  store_->OnDisk([&] { on_disk = true; });
  std::this_thread::sleep_for(60ms);
  EXPECT_FALSE(on_disk);
  const Result<Position> second = AppendOne(2);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(second.error().message, "the disk has not taken what is stored for 0 s");
  disk.Set(false);
  EXPECT_TRUE(store_->WaitForDisk());
  EXPECT_EQ(AppendWhenItIsBack(2), 2U);
  store_.reset();
  EXPECT_TRUE(on_disk);
}

TEST_F(PatientStoreTest, EndsWhenTheCallUnderWayHas) {
  ASSERT_FALSE(AppendOne(1));
  std::thread later([&] {
    std::this_thread::sleep_for(50ms);
    hang_.Set(false);
  });
  store_.reset();
  later.join();
  auto store = std::move(*SqliteStore::Open(folder_.path(), {}));
  EXPECT_EQ(store->LastPosition(), 1U);
}

}  // namespace
}  // namespace loadline::collector
