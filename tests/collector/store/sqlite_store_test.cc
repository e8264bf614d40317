#include "collector/store/sqlite_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
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
    ASSERT_TRUE(store->BeginSnapshot(2, At(0s)) && store->AddToSnapshot("model") && store->FinishSnapshot());
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
  ASSERT_TRUE(store->BeginSnapshot(3, At(0s)) && store->FinishSnapshot());
  EXPECT_EQ(store->Prune({.keep_folded = 10s}, At(12s)), 2U);
  EXPECT_EQ(store->Prune({.keep_folded = 10s}, At(13s)), 1U);
}

TEST(SqliteStore, AnUnfinishedSnapshotIsAsIfItHadNotBegun) {
  const TemporaryFolder folder;
  {
    auto store = OpenStore(folder.path());
    ASSERT_TRUE(store->BeginSnapshot(1, At(0s)) && store->AddToSnapshot("one, ") &&
                store->AddToSnapshot("two"));
    ASSERT_TRUE(store->FinishSnapshot());
    ASSERT_TRUE(store->BeginSnapshot(9, At(0s)) && store->AddToSnapshot("half"));
  }
  auto store = OpenStore(folder.path());
  std::string model;
  EXPECT_EQ(store->LoadSnapshot([&](std::string_view piece) { model += piece; }), 1U);
  EXPECT_EQ(model, "one, two");
  ASSERT_TRUE(store->BeginSnapshot(5, At(0s)) && store->AddToSnapshot("three") && store->FinishSnapshot());
  model.clear();
  EXPECT_EQ(store->LoadSnapshot([&](std::string_view piece) { model += piece; }), 5U);
  EXPECT_EQ(model, "three");
}

// What version 0.1.0 does with its own tables.
class Version010 {
 public:
  explicit Version010(const std::string& folder) {
    EXPECT_EQ(sqlite3_open((folder + "/loadline.db").c_str(), &database_), SQLITE_OK);
  }
  ~Version010() { sqlite3_close(database_); }
  Version010(const Version010&) = delete;
  Version010& operator=(const Version010&) = delete;

  void Save(Position position, const std::string& piece) {
    const std::string sql =
        "DELETE FROM snapshot_pieces; DELETE FROM snapshots; INSERT INTO snapshots(position, finished) "
        "VALUES(" +
        std::to_string(position) + ", 1); INSERT INTO snapshot_pieces SELECT id, 0, '" + piece +
        "' FROM snapshots";
    ASSERT_EQ(sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
  }
  // "" when there is none.
  std::string Load() {
    std::string found;
    const auto row = [](void* to, int, char** values, char**) {
      static_cast<std::string*>(to)->append(values[0]);
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(database_,
                           "SELECT bytes FROM snapshots JOIN snapshot_pieces ON snapshot = id WHERE finished "
                           "ORDER BY piece",
                           row, &found, nullptr),
              SQLITE_OK);
    return found;
  }

 private:
  sqlite3* database_ = nullptr;
};

void SaveSnapshot(Store& store, Position position, const std::string& piece, Duration at) {
  ASSERT_TRUE(store.BeginSnapshot(position, At(at)) && store.AddToSnapshot(piece) && store.FinishSnapshot());
}

std::pair<Position, std::string> Loaded(Store& store) {
  std::string all;
  const auto position = store.LoadSnapshot([&](std::string_view piece) { all += piece; });
  EXPECT_TRUE(position);
  return {position.value_or(0), all};
}

TEST(SqliteStore, TheSnapshotOfAnEarlierVersionIsFoundAndKeptForADayForWhoGoesBack) {
  const TemporaryFolder folder;
  auto store = OpenStore(folder.path());
  Version010 earlier(folder.path());
  earlier.Save(5, "learnt before");
  EXPECT_EQ(Loaded(*store), std::pair(Position{5}, std::string("learnt before")));
  SaveSnapshot(*store, 7, "learnt since", 0h);
  EXPECT_EQ(Loaded(*store), std::pair(Position{7}, std::string("learnt since")));
  SaveSnapshot(*store, 8, "and more", 23h);
  EXPECT_EQ(earlier.Load(), "learnt before") << "a rollback";
  SaveSnapshot(*store, 9, "and more", 25h);
  EXPECT_EQ(earlier.Load(), "");
  EXPECT_EQ(Loaded(*store).first, 9U);
}

TEST(SqliteStore, AfterARollbackAndAnotherUpgradeWhatWasLearntLastCounts) {
  const TemporaryFolder folder;
  auto store = OpenStore(folder.path());
  Version010 earlier(folder.path());
  earlier.Save(5, "before");
  SaveSnapshot(*store, 7, "upgraded", 0h);
  earlier.Save(9, "went back");
  EXPECT_EQ(Loaded(*store), std::pair(Position{9}, std::string("went back")));
  SaveSnapshot(*store, 10, "again", 30h);
  SaveSnapshot(*store, 11, "again", 50h);
  EXPECT_EQ(earlier.Load(), "went back") << "its day begins anew";
  EXPECT_EQ(Loaded(*store).first, 11U);
  SaveSnapshot(*store, 12, "again", 55h);
  EXPECT_EQ(earlier.Load(), "");
}

TEST(SqliteStore, InAStoreWithoutRoomForTwoTheEarlierVersionsSnapshotGoesFirst) {
  const TemporaryFolder folder;
  auto store = OpenStore(folder.path());
  Version010 earlier(folder.path());
  earlier.Save(5, "before");
  ASSERT_TRUE(store->ReplaceSnapshot(7, std::vector<std::string>{"now"}, At(0s)));
  EXPECT_EQ(earlier.Load(), "");
  EXPECT_EQ(Loaded(*store), std::pair(Position{7}, std::string("now")));
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
  ASSERT_TRUE(store->BeginSnapshot(sequence, At(0s)) && store->FinishSnapshot());
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
  ASSERT_TRUE(store->Append({&record, 1}, beside, At(1s)));
  EXPECT_EQ(store->Commits(), before + 1);
  ASSERT_TRUE(store->Append({&record, 1}, std::vector<Blob>{{"node", "a", ""}}, At(1s)));
  EXPECT_EQ(store->Scan("node")->size(), 1U) << "an empty one erases, also beside a duplicate";
  ASSERT_TRUE(store->Append({}, beside, At(2s)));
  EXPECT_EQ(store->Scan("node")->size(), 2U) << "or without any record";
}

TEST(SqliteStore, WhatIsPutIsOnTheDiskAndWhatIsAppendedOnceItIsSynced) {
  const TemporaryFolder folder;
  int syncs = 0;
  auto opened = SqliteStore::Open(folder.path(), {.sync = [&](int fd) {
                                    ++syncs;
                                    return ::fdatasync(fd);
                                  }});
  ASSERT_TRUE(opened) << opened.error().message;
  Store& store = **opened;
  EXPECT_EQ(syncs, 2) << "the folder, and what the start before may have left";
  ASSERT_TRUE(AppendOne(store, 1));
  EXPECT_EQ(syncs, 2);
  ASSERT_TRUE(store.Sync());
  EXPECT_EQ(syncs, 3);
  ASSERT_TRUE(store.Put(std::vector<Blob>{{"space", "key", "value"}}, At(1s)));
  EXPECT_EQ(syncs, 4);
  EXPECT_EQ(store.Syncs().syncs, 3U) << "the folder is not counted";
  EXPECT_GT(store.Syncs().took, 0ns);
}

// A failed write is reported once, though the disk has nothing: that the next sync succeeds proves nothing.
TEST(SqliteStore, WhatTheDiskRefusedCountsOnceItIsInTheDatabaseItself) {
  const TemporaryFolder folder;
  bool fails = false;
  auto opened = SqliteStore::Open(folder.path(), {.sync = [&](int fd) {
                                    if (!fails) return ::fdatasync(fd);
                                    fails = false;
                                    errno = EIO;
                                    return -1;
                                  }});
  ASSERT_TRUE(opened) << opened.error().message;
  Store& store = **opened;
  ASSERT_TRUE(AppendOne(store, 1));
  fails = true;
  const Result<void> refused = store.Sync();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "syncing " + folder.path() + "/loadline.db-wal: Input/output error");
  ASSERT_TRUE(AppendOne(store, 2));
  ASSERT_TRUE(store.Sync());
  // The database alone, without its log.
  const TemporaryFolder elsewhere;
  std::filesystem::copy_file(folder.path() + "/loadline.db", elsewhere.path() + "/loadline.db");
  EXPECT_THAT(Sequences(*OpenStore(elsewhere.path())), ElementsAre(1U, 2U));
  ASSERT_TRUE(AppendOne(store, 3));
  ASSERT_TRUE(store.Sync()) << "and from then on the log counts again";
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
  ASSERT_TRUE(store->BeginSnapshot(records, At(0s)));
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
  ASSERT_TRUE(store->BeginSnapshot(1, At(0s)));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(store->AddToSnapshot(piece));
  ASSERT_TRUE(store->FinishSnapshot());
  const std::uint64_t records = Fill(*store);
  ASSERT_TRUE(store->BeginSnapshot(records, At(0s)));
  const auto refused = store->AddToSnapshot(piece);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kExhausted);
  const std::vector<std::string> pieces(3, std::string(1'000'000, 'n'));
  ASSERT_TRUE(store->ReplaceSnapshot(records, pieces, At(0s)));
  // One that does not fit leaves what was there.
  ASSERT_FALSE(store->ReplaceSnapshot(records + 1, std::vector<std::string>(9, piece), At(0s)));
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
  ASSERT_TRUE(store->BeginSnapshot(9, At(0s)) && store->FinishSnapshot());
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
