#include "collector/store/sqlite_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const StreamId kStream{"node-1", "boot-1", 7};

Wall At(Duration after) {
  return Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}) + after;
}

std::unique_ptr<SqliteStore> OpenStore(const std::string& folder, Bytes max_bytes = 64 * kMiB) {
  auto store = SqliteStore::Open(folder, {.max_bytes = max_bytes});
  EXPECT_TRUE(store) << store.error().message;
  return std::move(*store);
}

Result<Position> AppendOne(Store& store, std::uint64_t sequence, std::string_view frame = "frame",
                           const StreamId& stream = kStream) {
  const RecordToStore record{&stream, sequence, At(sequence * 1s), std::as_bytes(std::span(frame))};
  const auto positions = store.Append({&record, 1});
  if (!positions) return Failure(positions.error());
  return positions->front();
}

std::vector<std::uint64_t> Sequences(Store& store, Position after = 0) {
  std::vector<std::uint64_t> sequences;
  EXPECT_TRUE(store.Replay(after, [&](const StoredRecord& record) { sequences.push_back(record.sequence); }));
  return sequences;
}

TEST(SqliteStore, GivesBackWhatWasAppendedAfterBeingOpenedAgain) {
  const TemporaryFolder folder;
  ASSERT_EQ(AppendOne(*OpenStore(folder.path()), 1, std::string_view("\0\xff", 2)), 1U);
  auto store = OpenStore(folder.path());
  int records = 0;
  ASSERT_TRUE(store->Replay(0, [&](const StoredRecord& record) {
    ++records;
    EXPECT_EQ(record.position, 1U);
    EXPECT_EQ(record.stream.node, "node-1");
    EXPECT_EQ(record.stream.boot_id, "boot-1");
    EXPECT_EQ(record.stream.epoch, 7U);
    EXPECT_EQ(record.received, At(1s));
    EXPECT_THAT(record.frame, ElementsAre(std::byte{0}, std::byte{0xff}));
  }));
  EXPECT_EQ(records, 1);
}

TEST(SqliteStore, ARecordThatComesTwiceIsKeptOnce) {
  const TemporaryFolder folder;
  auto store = OpenStore(folder.path());
  EXPECT_EQ(AppendOne(*store, 1), 1U);
  EXPECT_EQ(AppendOne(*store, 2), 2U);
  EXPECT_EQ(AppendOne(*store, 2), 0U);
  EXPECT_EQ(AppendOne(*store, 1), 0U);
  EXPECT_EQ(AppendOne(*store, 1, "frame", {"node-1", "boot-1", 8}), 3U)
      << "another start of the agent counts anew";
  EXPECT_THAT(Sequences(*store), ElementsAre(1, 2, 1));
}

TEST(SqliteStore, ADuplicateIsKnownEvenAfterItsRecordWasFolded) {
  const TemporaryFolder folder;
  {
    auto store = OpenStore(folder.path());
    for (std::uint64_t i = 1; i <= 3; ++i) ASSERT_TRUE(AppendOne(*store, i));
    ASSERT_TRUE(store->BeginSnapshot(2) && store->AddToSnapshot("model") && store->FinishSnapshot());
    EXPECT_EQ(store->Prune({}, At(1h)), 2U);
    EXPECT_THAT(Sequences(*store), ElementsAre(3)) << "what no snapshot holds stays";
  }
  auto store = OpenStore(folder.path());
  EXPECT_EQ(AppendOne(*store, 2), 0U);
  const auto streams = store->Streams();
  ASSERT_TRUE(streams && streams->size() == 1);
  EXPECT_EQ(streams->front().last_sequence, 3U);
  EXPECT_EQ(streams->front().records, 3U);
  EXPECT_EQ(AppendOne(*store, 4), 4U) << "positions go on where they were";
}

TEST(SqliteStore, FoldedRecordsStayAsLongAsTheyAreToBeKept) {
  const TemporaryFolder folder;
  auto store = OpenStore(folder.path());
  for (std::uint64_t i = 1; i <= 3; ++i) ASSERT_TRUE(AppendOne(*store, i));
  ASSERT_TRUE(store->BeginSnapshot(3) && store->FinishSnapshot());
  EXPECT_EQ(store->Prune({.keep_folded = 10s}, At(12s)), 2U);
  EXPECT_EQ(store->Prune({.keep_folded = 10s}, At(13s)), 1U);
}

TEST(SqliteStore, AnUnfinishedSnapshotIsAsIfItHadNotBegun) {
  const TemporaryFolder folder;
  {
    auto store = OpenStore(folder.path());
    ASSERT_TRUE(store->BeginSnapshot(1) && store->AddToSnapshot("one, ") && store->AddToSnapshot("two"));
    ASSERT_TRUE(store->FinishSnapshot());
    ASSERT_TRUE(store->BeginSnapshot(9) && store->AddToSnapshot("half"));
  }
  auto store = OpenStore(folder.path());
  std::string model;
  EXPECT_EQ(store->LoadSnapshot([&](std::string_view piece) { model += piece; }), 1U);
  EXPECT_EQ(model, "one, two");
  ASSERT_TRUE(store->BeginSnapshot(5) && store->AddToSnapshot("three") && store->FinishSnapshot());
  model.clear();
  EXPECT_EQ(store->LoadSnapshot([&](std::string_view piece) { model += piece; }), 5U);
  EXPECT_EQ(model, "three");
}

TEST(SqliteStore, BlobsAreFoundBySpaceAndErasedByEmptiness) {
  const TemporaryFolder folder;
  auto store = OpenStore(folder.path());
  ASSERT_TRUE(store->Put({{{"alert", "b", "2"}, {"alert", "a", "1"}, {"silence", "a", "3"}}}, At(0s)));
  ASSERT_TRUE(store->Put({{{"alert", "b", ""}, {"alert", "c", "4"}}}, At(1s)));
  const auto alerts = store->Scan("alert");
  ASSERT_TRUE(alerts && alerts->size() == 2);
  EXPECT_EQ((*alerts)[0].key + (*alerts)[0].value + (*alerts)[1].key + (*alerts)[1].value, "a1c4");
}

TEST(SqliteStore, TrimKeepsTheNewestUpToAnAge) {
  const TemporaryFolder folder;
  auto store = OpenStore(folder.path());
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(store->Put({{{"log", std::string(1, "edcba"[i]), "x"}}}, At(i * 1s)));
  ASSERT_TRUE(store->Trim("log", At(1s), 3));
  EXPECT_EQ(store->Scan("log")->size(), 3U);
  EXPECT_EQ(store->Scan("log")->front().key, "a") << "the last one put";
  ASSERT_TRUE(store->Trim("log", At(4s), 3));
  EXPECT_EQ(store->Scan("log")->size(), 1U);
}

TEST(SqliteStore, AFullStoreRefusesWithoutForgettingAndTakesMoreOnceThereIsRoom) {
  const TemporaryFolder folder;
  auto store = OpenStore(folder.path(), kMiB);
  const std::string frame(50'000, 'x');
  std::uint64_t sequence = 0;
  Result<Position> appended = 0U;
  while ((appended = AppendOne(*store, sequence + 1, frame))) ASSERT_LT(++sequence, 100U);
  EXPECT_EQ(appended.error().kind, ErrorKind::kExhausted);
  EXPECT_THAT(appended.error().message, HasSubstr("storing records: the store is full"));
  EXPECT_EQ(Sequences(*store).size(), sequence);
  ASSERT_TRUE(store->BeginSnapshot(sequence) && store->FinishSnapshot());
  ASSERT_TRUE(store->Prune({}, At(1h)));
  EXPECT_TRUE(AppendOne(*store, sequence + 1, frame)) << "the same record, taken now";
}

TEST(SqliteStore, ASecondCollectorOnTheSameFolderIsRefused) {
  const TemporaryFolder folder;
  const auto first = OpenStore(folder.path());
  const auto second = SqliteStore::Open(folder.path(), {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "state folder " + folder.path() + " is in use by another collector");
}

TEST(SqliteStore, AReadOnlyFolderIsOneClearLine) {
  const TemporaryFolder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0555));
  // Root may write everywhere, so a child that is nobody tries.
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) ::_exit(2);
    const auto store = SqliteStore::Open(folder.path(), {});
    ::_exit(!store && store.error().kind == ErrorKind::kDenied &&
                    store.error().message ==
                        "state folder " + folder.path() + " is not writable: Permission denied"
                ? 0
                : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(SqliteStore, BlobsBesideRecordsAreOfTheSameCommit) {
  const TemporaryFolder folder;
  auto store = OpenStore(folder.path());
  const std::uint64_t before = store->Commits();
  const RecordToStore record{&kStream, 1, At(1s), std::as_bytes(std::span(std::string_view("frame")))};
  const std::vector<Blob> beside = {{"node", "a", "1"}, {"node", "b", "2"}};
  ASSERT_TRUE(store->Append({&record, 1}, beside));
  EXPECT_EQ(store->Commits(), before + 1);
  ASSERT_TRUE(store->Append({&record, 1}, std::vector<Blob>{{"node", "a", ""}}));
  EXPECT_EQ(store->Scan("node")->size(), 1U) << "an empty one erases, also beside a duplicate";
}

// Fills it with records as far as it takes any; how many.
std::uint64_t Fill(Store& store) {
  const std::string frame(10'000, 'x');
  std::uint64_t sequence = 0;
  while (AppendOne(store, sequence + 1, frame)) ++sequence;
  const auto refused = AppendOne(store, sequence + 1, frame);
  EXPECT_EQ(refused.error().kind, ErrorKind::kExhausted);
  EXPECT_THAT(refused.error().message, HasSubstr("the store is full"));
  return sequence;
}

TEST(SqliteStore, AStoreFullOfRecordsHasRoomForTheModelThatMakesThemNeedless) {
  const TemporaryFolder folder;
  auto store = OpenStore(folder.path(), 8 * kMiB);
  const std::uint64_t records = Fill(*store);
  EXPECT_GT(records, 700U);
  EXPECT_LE(store->Used(), 8 * kMiB * 95 / 100);
  ASSERT_TRUE(store->Put(std::vector<Blob>{{"alerting", "a", "firing"}}, At(0s)));
  ASSERT_TRUE(store->BeginSnapshot(records));
  ASSERT_TRUE(store->AddToSnapshot(std::string(300'000, 'm')));
  ASSERT_TRUE(store->FinishSnapshot());
  while (store->Prune({}, At(24h)).value_or(0) > 0) continue;
  EXPECT_LT(store->Used(), kMiB) << "what was deleted is room again";
  EXPECT_TRUE(AppendOne(*store, records + 1));
}

TEST(SqliteStore, WhereTwoSnapshotsHaveNoRoomTheNewOneTakesThatOfTheOld) {
  const TemporaryFolder folder;
  auto store = OpenStore(folder.path(), 8 * kMiB);
  const std::string piece(1'000'000, 'm');
  ASSERT_TRUE(store->BeginSnapshot(1));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(store->AddToSnapshot(piece));
  ASSERT_TRUE(store->FinishSnapshot());
  const std::uint64_t records = Fill(*store);
  ASSERT_TRUE(store->BeginSnapshot(records));
  const auto refused = store->AddToSnapshot(piece);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kExhausted);
  const std::vector<std::string> pieces(3, std::string(1'000'000, 'n'));
  ASSERT_TRUE(store->ReplaceSnapshot(records, pieces));
  // One that does not fit leaves what was there.
  ASSERT_FALSE(store->ReplaceSnapshot(records + 1, std::vector<std::string>(9, piece)));
  store.reset();
  store = OpenStore(folder.path(), 8 * kMiB);
  std::string model;
  EXPECT_EQ(store->LoadSnapshot([&](std::string_view one) { model += one; }), records);
  EXPECT_EQ(model, std::string(3'000'000, 'n'));
  EXPECT_GT(store->Prune({}, At(24h)).value_or(0), 0U);
}

TEST(SqliteStore, OfAnAgentThatStartsAgainAndAgainTheLatestStartsAreRemembered) {
  const TemporaryFolder folder;
  auto store = OpenStore(folder.path());
  for (std::uint64_t epoch = 1; epoch <= 10; ++epoch)
    ASSERT_TRUE(AppendOne(*store, 1, "frame", {"node-1", "boot-1", epoch}));
  ASSERT_TRUE(AppendOne(*store, 1, "frame", {"node-2", "boot-1", 1}));
  ASSERT_TRUE(store->BeginSnapshot(9) && store->FinishSnapshot());
  const PruneLimits limits{.streams_of_a_node = 2};
  while (store->Prune(limits, At(1h)).value_or(0) > 0) continue;
  std::vector<std::string> left;
  const auto streams = store->Streams();
  ASSERT_TRUE(streams);
  for (const StreamState& stream : *streams)
    left.push_back(stream.id.node + "/" + std::to_string(stream.id.epoch));
  EXPECT_THAT(left, ElementsAre("node-1/9", "node-1/10", "node-2/1"));
}

}  // namespace
}  // namespace loadline::collector
