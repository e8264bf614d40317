// A store behind a thread of its own, for which nobody waits longer than a moment: a disk that hangs holds up
// what is to be stored, and nothing else.
//
//   PatientStore store(std::move(sqlite_store));
//   store.Append(...)     // kUnavailable after two seconds; the call goes on, and others fail at once
//   meanwhile store.Append(...)     // the same again, once it has ended: it gives what the first would have
//   given
//
// A thread more waits for the disk on behalf of all (group_sync.h), whose trouble is that of every call. So what
// was appended is told at once, and acknowledged by OnDisk.
//
// A call that was given up may have been done after all. Made again it gives the positions of then; all
// other verbs can be made twice by themselves. What reads everything at the start (Replay, LoadSnapshot,
// Scan, Streams) takes as long as it takes. One thread at a time, as every store.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <tuple>

#include "collector/store/group_sync.h"
#include "collector/store/store.h"

namespace loadline::collector {

class PatientStore final : public Store {
 public:
  static constexpr Duration kPatience = std::chrono::seconds(2);

  explicit PatientStore(std::unique_ptr<Store> store, Duration patience = kPatience,
                        Duration patience_with_disk = kPatience);
  // Waits for a call that is under way.
  ~PatientStore() override;
  PatientStore(const PatientStore&) = delete;
  PatientStore& operator=(const PatientStore&) = delete;

  using Store::Append;
  Result<std::vector<Position>> Append(std::span<const RecordToStore> records, std::span<const Blob> beside,
                                       Wall now) override;
  // As the store's, with its patience: long.
  Result<void> Sync() override { return store_->Sync(); }
  // Called by another thread once all that was stored until now is on the disk.
  void OnDisk(std::function<void()> call) { disk_.Then(std::move(call)); }
  // Whether all that was stored until now is on the disk within the store's patience.
  bool WaitForDisk() { return disk_.Wait(patience_); }
  // Whom OnDisk has not called yet it does not call any more.
  void ForgetOnDisk() { disk_.Forget(); }
  [[nodiscard]] Position LastPosition() const override { return seen_.last_position; }
  [[nodiscard]] Result<std::vector<StreamState>> Streams() override;
  Result<void> Replay(Position after, const std::function<void(const StoredRecord&)>& visit) override;
  Result<void> BeginSnapshot(Position position, Wall now) override;
  Result<void> AddToSnapshot(std::string_view piece) override;
  Result<void> FinishSnapshot() override;
  Result<void> ReplaceSnapshot(Position position, std::span<const std::string> pieces, Wall now) override;
  Result<Position> LoadSnapshot(const std::function<void(std::string_view)>& visit) override;
  Result<void> Put(std::span<const Blob> blobs, Wall now) override;
  Result<std::vector<Blob>> Scan(std::string_view space) override;
  Result<void> Trim(std::string_view space, Wall since, std::size_t at_most) override;
  Result<std::size_t> Prune(const PruneLimits& limits, Wall now) override;
  // As they were after the last call that has ended.
  [[nodiscard]] Bytes Size() const override { return seen_.size; }
  [[nodiscard]] Bytes Used() override { return seen_.used; }
  [[nodiscard]] std::uint64_t Commits() const override { return seen_.commits; }
  [[nodiscard]] SyncCounts Syncs() const override { return store_->Syncs(); }
  [[nodiscard]] NoteLog& notes() override { return notes_; }
  [[nodiscard]] std::string SetAside() const override { return set_aside_; }

 private:
  struct Asked;
  // Has the thread do it, and waits for that as long as it is patient, or so many times as long.
  template <typename T>
  Result<T> Ask(std::function<Result<T>(Store&)> verb, int times = 1,
                std::function<void(const Result<T>&)> late = nullptr);
  // Fails while a call is under way.
  Result<void> Free();
  // Waits until no call is under way.
  Store& Whole();
  void Run();
  void Look();

  const std::unique_ptr<Store> store_;
  NoteLog& notes_;  // the store's, without the thread
  const Duration patience_;
  const std::string set_aside_;

  // What is asked of the store without asking it.
  struct Seen {
    std::atomic<Position> last_position;
    std::atomic<Bytes> size;
    std::atomic<Bytes> used;
    std::atomic<std::uint64_t> commits;
  } seen_{};

  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<Asked> asked_;  // null: nothing is under way
  bool ending_ = false;

  // Of appends that were given up and done nevertheless: node, epoch and sequence.
  using RecordKey = std::tuple<std::string, std::uint64_t, std::uint64_t>;
  std::map<RecordKey, Position> late_;

  GroupSync disk_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace loadline::collector
