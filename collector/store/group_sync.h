// One wait for the disk for all who need it.
//
//   GroupSync disk([&] { return store.Sync(); });
//   store.Append(...);
//   disk.Written();
//   disk.Then([] { acknowledge(); });     // once what was written until now is on the disk
//   disk.Wait(std::chrono::seconds(2));   // the same, by waiting
//
// A thread of its own syncs. Who asks while it waits for the disk shares the next sync, so that a slow disk
// makes larger groups and no longer queue. A sync that fails is made again each second, and nobody is called
// before one succeeds. All members are for any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

class GroupSync {
 public:
  static constexpr Duration kAgain = std::chrono::seconds(1);

  // `sync` takes as long as the disk does. One that takes longer than `patience` is trouble.
  GroupSync(std::function<Result<void>()> sync, Duration patience, Duration again = kAgain);
  // Waits for the sync that is under way. Who waits for another is not called.
  ~GroupSync();
  GroupSync(const GroupSync&) = delete;
  GroupSync& operator=(const GroupSync&) = delete;

  // Something was written, and is to be on the disk soon.
  void Written();
  // Called by the thread, in the order of asking, once all that was written until now is on the disk.
  void Then(std::function<void()> call);
  // Whether all that was written until now is on the disk within this time.
  bool Wait(Duration patience);
  // Who waits is not called any more, and nobody is being called when this returns. Not from a call.
  void Forget();

  // Why nothing gets to the disk: the last sync failed, or one has taken longer than the patience. kUnavailable.
  [[nodiscard]] std::optional<Error> Trouble() const;

 private:
  using Steady = std::chrono::steady_clock;
  struct Waiting {
    std::uint64_t written = 0;  // what it waits for
    std::function<void()> call;
  };

  void Run();
  [[nodiscard]] bool Due() const;
  void CallWaiting(std::unique_lock<std::mutex>& lock);

  const std::function<Result<void>()> sync_;
  const Duration patience_;
  const Duration again_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // How often something was written, and how much of that is on the disk.
  std::uint64_t written_ = 0;
  std::uint64_t on_disk_ = 0;
  std::deque<Waiting> waiting_;
  bool calling_ = false;
  std::optional<Steady::time_point> since_;  // of the sync that is under way
  std::optional<Error> failed_;              // why the last one did
  bool ending_ = false;

  std::thread thread_;  // last: it uses the others
};

}  // namespace loadline::collector
