// A writer is killed with SIGKILL at random instants: what it had been promised is there, and nothing twice.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <random>

#include "collector/store/sqlite_store.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

const StreamId kStream{"node-1", "boot-1", 1};
constexpr std::uint64_t kBatch = 5;

// Appends batches from the first number that the store does not hold, and says on the pipe up to which number
// each commit has promised. Snapshots and pruning go on in between, as in a collector.
[[noreturn]] void WriteUntilKilled(const std::string& folder, int promises) {
  auto store = SqliteStore::Open(folder, {});
  if (!store) ::_exit(1);
  const auto streams = (*store)->Streams();
  std::uint64_t last = streams->empty() ? 0 : streams->front().last_sequence;
  const std::string frame(3000, 'f');
  for (;;) {
    std::vector<RecordToStore> batch;
    for (std::uint64_t i = 1; i <= kBatch; ++i) {
      batch.push_back({&kStream, last + i, Wall{}, std::as_bytes(std::span(frame))});
    }
    const auto positions = (*store)->Append(batch);
    if (!positions) ::_exit(2);
    last += kBatch;
    if (::write(promises, &last, sizeof last) != sizeof last) ::_exit(3);
    if (last % (10 * kBatch) == 0) {
      if (!(*store)->BeginSnapshot(positions->back(), Wall{}) ||
          !(*store)->AddToSnapshot(std::to_string(last)) || !(*store)->FinishSnapshot() ||
          !(*store)->Prune({.rows = 20}, Wall{})) {
        ::_exit(4);
      }
    }
  }
}

// The last promise made before the writer died.
std::uint64_t RunAndKill(const std::string& folder, std::uint64_t promises_to_wait_for, useconds_t then) {
  int pipe[2];
  EXPECT_EQ(::pipe(pipe), 0);
  const pid_t writer = ::fork();
  if (writer == 0) {
    ::close(pipe[0]);
    WriteUntilKilled(folder, pipe[1]);
  }
  ::close(pipe[1]);
  std::uint64_t promised = 0;
  std::uint64_t next = 0;
  while (promises_to_wait_for-- > 0 && ::read(pipe[0], &next, sizeof next) == sizeof next) promised = next;
  ::usleep(then);
  ::kill(writer, SIGKILL);
  int status = 0;
  ::waitpid(writer, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the writer failed by itself: " << WEXITSTATUS(status);
  while (::read(pipe[0], &next, sizeof next) == sizeof next) promised = next;
  ::close(pipe[0]);
  return promised;
}

TEST(StoreKilledAtAnyInstant, HoldsEveryPromisedRecordExactlyOnce) {
  const TemporaryFolder folder;
  std::mt19937 random(20260101);
  for (int round = 0; round < 25; ++round) {
    const std::uint64_t promised = RunAndKill(folder.path(), 1 + random() % 25, random() % 3000);
    auto store = SqliteStore::Open(folder.path(), {});
    ASSERT_TRUE(store) << store.error().message;
    const auto streams = (*store)->Streams();
    ASSERT_TRUE(streams && streams->size() == 1);
    const StreamState& stream = streams->front();
    EXPECT_GE(stream.last_sequence, promised);
    EXPECT_EQ(stream.last_sequence % kBatch, 0U) << "a commit is whole or not there";
    EXPECT_EQ(stream.records, stream.last_sequence) << "each once, none missing";

    // Snapshot and the records after it make up the whole.
    std::string folded;
    const auto position = (*store)->LoadSnapshot([&](std::string_view piece) { folded += piece; });
    ASSERT_TRUE(position);
    std::uint64_t expected = folded.empty() ? 0 : std::stoull(folded);
    ASSERT_TRUE((*store)->Replay(*position, [&](const StoredRecord& record) {
      EXPECT_EQ(record.sequence, ++expected);
      EXPECT_EQ(record.frame.size(), 3000U);
    }));
    EXPECT_EQ(expected, stream.last_sequence);
  }
}

}  // namespace
}  // namespace loadline::collector
