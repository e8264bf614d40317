#include "agent/uplink/spool.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "agent/uplink/crc32c.h"
#include "tests/support/temporary_folder.h"

namespace loadline::agent {
namespace {

constexpr std::uint64_t kEpoch = 7;

SpoolRecord Report(std::uint64_t sequence, std::size_t bytes = 100) {
  return {.key = {kEpoch, sequence}, .frame = wire::Frame(bytes, static_cast<std::byte>(sequence))};
}

SpoolRecord Event(std::uint64_t sequence, std::size_t bytes = 100) {
  SpoolRecord record = Report(sequence, bytes);
  record.is_event = true;
  return record;
}

Spool InMemory(std::size_t bytes) {
  return *Spool::Open({.memory_bytes = bytes});
}

// The sequences that are kept, in order. Makes them all count as sent.
std::vector<std::uint64_t> Kept(Spool& spool) {
  std::vector<std::uint64_t> kept;
  RecordKey last;
  while (const auto next = spool.TakeAfter(last)) {
    last = next->key;
    kept.push_back(last.sequence);
  }
  return kept;
}

using Sequences = std::vector<std::uint64_t>;

TEST(Spool, KeepsRecordsInOrderUntilTheyAreAcknowledged) {
  Spool spool = InMemory(1000);
  for (std::uint64_t i = 1; i <= 4; ++i) spool.Add(Report(i));
  EXPECT_EQ(spool.Acknowledge({kEpoch, 2}), 2u);
  EXPECT_EQ(spool.first(), (RecordKey{kEpoch, 3}));
  EXPECT_EQ(spool.TakeAfter({})->frame, Report(3).frame);
  EXPECT_EQ(Kept(spool), (Sequences{3, 4}));
  EXPECT_EQ(spool.counts().bytes, 200u);
}

TEST(Spool, AnAcknowledgementSpeaksOnlyOfItsEpoch) {
  Spool spool = InMemory(1000);
  spool.Add({.key = {1, 5}, .frame = wire::Frame(1)});
  spool.Add({.key = {2, 1}, .frame = wire::Frame(1)});
  EXPECT_EQ(spool.Acknowledge({2, 9}), 1u);
  EXPECT_EQ(spool.first(), (RecordKey{1, 5}));
}

TEST(Spool, WhenFullTheOldestReportsGoFirst) {
  Spool spool = InMemory(300);
  spool.Add(Event(1));
  for (std::uint64_t i = 2; i <= 5; ++i) spool.Add(Report(i));
  EXPECT_EQ(Kept(spool), (Sequences{1, 4, 5}));
  EXPECT_EQ(spool.TakeUnsaid(), (DropCounts{.reports = 2, .events = 0}));
  EXPECT_EQ(spool.TakeUnsaid(), DropCounts{}) << "said once";
}

TEST(Spool, EventsGoOnlyForNewerEvents) {
  Spool spool = InMemory(300);
  for (std::uint64_t i = 1; i <= 3; ++i) spool.Add(Event(i));
  spool.Add(Report(4));
  EXPECT_EQ(spool.counts().dropped, (DropCounts{.reports = 1, .events = 0}));
  spool.Add(Event(5));
  EXPECT_EQ(spool.counts().dropped, (DropCounts{.reports = 1, .events = 1}));
  EXPECT_EQ(Kept(spool), (Sequences{2, 3, 5}));
}

TEST(Spool, WhatWasSentIsNeverDropped) {
  Spool spool = InMemory(300);
  for (std::uint64_t i = 1; i <= 3; ++i) spool.Add(Report(i));
  std::ignore = spool.TakeAfter({});
  spool.Add(Report(4));
  EXPECT_EQ(Kept(spool), (Sequences{1, 3, 4}));
  spool.Add(Report(5));  // all others have been sent: no room for it
  EXPECT_EQ(Kept(spool), (Sequences{1, 3, 4}));
  EXPECT_EQ(spool.counts().dropped.reports, 2u);
}

TEST(Spool, WhatADroppedReportHadToSayIsSaidAgain) {
  Spool spool = InMemory(100);
  SpoolRecord first = Report(1);
  first.said = {.reports = 3, .events = 1};
  spool.Add(std::move(first));
  spool.Add(Report(2));
  EXPECT_EQ(spool.TakeUnsaid(), (DropCounts{.reports = 4, .events = 1}));
}

TEST(Spool, ARecordGivenUpIsCounted) {
  Spool spool = InMemory(1000);
  spool.Add(Report(1));
  std::ignore = spool.TakeAfter({});
  spool.Drop({kEpoch, 1});
  EXPECT_EQ(spool.counts().records, 0u);
  EXPECT_EQ(spool.counts().dropped.reports, 1u);
}

class SpoolOnDisk : public testing::Test {
 protected:
  // Sixteen files of `file_bytes`, and memory for ten small records.
  Spool Open(std::size_t file_bytes = 1 << 16) {
    auto spool =
        Spool::Open({.memory_bytes = 1000, .directory = folder_.path(), .disk_bytes = 16 * file_bytes});
    EXPECT_TRUE(spool) << spool.error().message;
    return *std::move(spool);
  }

  [[nodiscard]] std::vector<std::filesystem::path> Files() const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      if (entry.path().filename() != "lock") files.push_back(entry.path());
    }
    return files;
  }

  TemporaryFolder folder_;
};

TEST_F(SpoolOnDisk, RecordsBeyondMemoryAreReadBack) {
  Spool spool = Open();
  for (std::uint64_t i = 1; i <= 100; ++i) spool.Add(Report(i));
  for (std::uint64_t i = 1; i <= 100; ++i) {
    EXPECT_EQ(spool.TakeAfter({kEpoch, i - 1})->frame, Report(i).frame);
  }
  EXPECT_EQ(spool.counts().dropped, DropCounts{});
}

TEST_F(SpoolOnDisk, RecordsOfAnEarlierStartAreFoundAgain) {
  {
    Spool spool = Open();
    for (std::uint64_t i = 1; i <= 50; ++i) spool.Add(Report(i));
    spool.Acknowledge({kEpoch, 20});
  }
  Spool spool = Open();
  // The twenty acknowledged ones share a file with others: they may come again, and are known to the
  // collector.
  EXPECT_EQ(spool.counts().records, 50u);
  EXPECT_EQ(spool.counts().highest_epoch, kEpoch);
  EXPECT_EQ(spool.TakeAfter({kEpoch, 49})->frame, Report(50).frame);
}

TEST_F(SpoolOnDisk, WhatIsAllAcknowledgedTakesNoRoomAndDoesNotComeAgain) {
  {
    Spool spool = Open();
    for (std::uint64_t i = 1; i <= 1000; ++i) {
      spool.Add(Report(i));
      spool.Acknowledge({kEpoch, i});
    }
    EXPECT_LE(Files().size(), 1u);
    EXPECT_EQ(std::filesystem::file_size(Files().at(0)), 0u);
  }
  EXPECT_EQ(Open().counts().records, 0u);
  EXPECT_TRUE(Files().empty());
}

TEST_F(SpoolOnDisk, TornLastRecordIsIgnored) {
  {
    Spool spool = Open();
    for (std::uint64_t i = 1; i <= 3; ++i) spool.Add(Report(i));
  }
  const auto file = Files().at(0);
  for (int torn : {1, 99, 100, 147}) {
    std::filesystem::resize_file(file, 3 * 148 - torn);
    Spool spool = Open();
    EXPECT_EQ(Kept(spool), (Sequences{1, 2})) << torn;
    EXPECT_EQ(spool.counts().damaged, 1u);
  }
}

TEST_F(SpoolOnDisk, ARecordThatIsThereTwiceDoesNotKeepItsFile) {
  Open().Add(Report(1));
  // As a move of the record leaves it when the agent ends before the old file is gone.
  const std::filesystem::path first = Files().at(0);
  std::filesystem::copy_file(first, first.parent_path() / "spool-99");
  Spool spool = Open();
  EXPECT_EQ(spool.counts().records, 1u);
  EXPECT_EQ(spool.Acknowledge({kEpoch, 1}), 1u);
  EXPECT_TRUE(Files().empty());
}

TEST_F(SpoolOnDisk, ADamagedRecordIsNotDelivered) {
  {
    Spool spool = Open();
    for (std::uint64_t i = 1; i <= 3; ++i) spool.Add(Report(i));
  }
  std::fstream file(Files().at(0), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(148 + 60);
  file.put('\x55');
  file.close();
  Spool spool = Open();
  EXPECT_EQ(Kept(spool), (Sequences{1}));
  EXPECT_EQ(spool.counts().damaged, 1u);
}

TEST_F(SpoolOnDisk, ForeignFilesAreLeftAlone) {
  std::ofstream(folder_.path() + "/spool-notes") << "mine";
  std::ofstream(folder_.path() + "/spool-3") << "this is not a spool file at all, is it?";
  Spool spool = Open();
  EXPECT_EQ(spool.counts().records, 0u);
  EXPECT_EQ(spool.counts().damaged, 1u);
  EXPECT_TRUE(std::filesystem::exists(folder_.path() + "/spool-notes"));
}

// As after a start at which the disk did not say all that is there.
TEST_F(SpoolOnDisk, AFileThatWasNotSeenIsNotWrittenOver) {
  Spool spool = Open();
  std::ofstream(folder_ / "spool-1") << "of an earlier start";
  for (std::uint64_t i = 1; i <= 100; ++i) spool.Add(Report(i));
  EXPECT_EQ(std::filesystem::file_size(folder_ / "spool-1"), 19u);
  EXPECT_EQ(spool.TakeAfter({kEpoch, 99})->frame, Report(100).frame);
  EXPECT_EQ(spool.counts().dropped, DropCounts{});
}

TEST_F(SpoolOnDisk, TwoAgentsCannotShareADirectory) {
  Spool first = Open();
  const auto second = Spool::Open({.directory = folder_.path()});
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("is used by another agent"), std::string::npos);
}

TEST_F(SpoolOnDisk, WhenFullTheOldestFileOfReportsGoesAndItsEventsStay) {
  constexpr std::size_t kFile = 1480;  // ten records
  Spool spool = Open(kFile);
  spool.Add(Event(1));
  for (std::uint64_t i = 2; i <= 400; ++i) spool.Add(Report(i));
  const Spool::Counts counts = spool.counts();
  EXPECT_EQ(counts.records + counts.dropped.reports, 400u);
  EXPECT_EQ(counts.dropped.events, 0u);
  const Sequences kept = Kept(spool);
  EXPECT_EQ(kept.front(), 1u);
  EXPECT_EQ(kept.size(), counts.records);
  // What is kept of the reports is the newest, without a hole.
  EXPECT_EQ(kept.at(1), 400 - kept.size() + 2);
  EXPECT_GE(kept.size(), 140u);
  std::uintmax_t bytes = 0;
  for (const auto& file : Files()) bytes += std::filesystem::file_size(file);
  EXPECT_LE(bytes, 17 * kFile);
}

TEST_F(SpoolOnDisk, EventsAloneKeepToTheBoundToo) {
  Spool spool = Open(1480);
  for (std::uint64_t i = 1; i <= 1000; ++i) spool.Add(Event(i));
  EXPECT_EQ(spool.counts().records + spool.counts().dropped.events, 1000u);
  EXPECT_EQ(Kept(spool).back(), 1000u);
  std::uintmax_t bytes = 0;
  for (const auto& file : Files()) bytes += std::filesystem::file_size(file);
  EXPECT_LE(bytes, 17 * 1480u);
}

TEST_F(SpoolOnDisk, ADirectoryThatCannotBeMadeIsAClearError) {
  std::ofstream(folder_.path() + "/file") << "x";
  const auto spool = Spool::Open({.directory = folder_.path() + "/file/spool"});
  ASSERT_FALSE(spool);
  EXPECT_NE(spool.error().message.find("spool directory"), std::string::npos);
}

TEST_F(SpoolOnDisk, WithoutADiskThatTakesRecordsMemoryKeepsThem) {
  Spool spool = Open();
  // The directory vanishes under it: no new file can be made.
  std::filesystem::remove_all(folder_.path());
  for (std::uint64_t i = 1; i <= 12; ++i) spool.Add(Report(i));
  EXPECT_EQ(spool.counts().disk_errors, 12u);
  EXPECT_EQ(spool.counts().dropped.reports, 2u);
  EXPECT_EQ(Kept(spool).size(), 10u);
}

TEST(Crc32c, IsTheOneOfTheStandard) {
  const std::string_view text = "123456789";
  EXPECT_EQ(Crc32c(std::as_bytes(std::span(text))), 0xe3069283u);
  EXPECT_EQ(
      Crc32c(std::as_bytes(std::span(text).subspan(4)), Crc32c(std::as_bytes(std::span(text).first(4)))),
      0xe3069283u);
}

}  // namespace
}  // namespace loadline::agent
