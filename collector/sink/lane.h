// The threads that tell one receiver: a bounded backlog, the receiver's rate, and patience with its failures.
//
// What may be sent at once is sent at once, one message each, most severe first. When more waits than the
// rate allows, a sink that knows digests gets it in these, until nothing waits. What the sink has to bring up to date
// by itself goes when nothing waits, and in a storm has every third turn. A failure goes back into the
// backlog and waits, longer and longer. When that is all there is, or three in a row failed, the lane waits: as long as the
// other side said, or longer and longer by itself, but what was not tried yet no more than five seconds of that. A single lane
// is as slow as its receiver and slows nobody else. Where the sink bears it and what is under way takes long,
// other groups are told beside it, so that a slow receiver hears of the last of many groups in time; of one
// group one word is under way at a time.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "collector/alert/outbox.h"
#include "collector/alert/retry_policy.h"
#include "collector/alert/sink.h"
#include "collector/sink/backlog.h"
#include "collector/sink/rate.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

struct LaneOptions {
  std::size_t capacity = 2'000;  // more waits with alerting, which forgets nothing
  RetryPolicy retry{};
  std::shared_ptr<Rate> rate{};  // of several lanes; null: one of its own, as the sink's traits have it
};

struct LaneCounters {
  std::uint64_t messages = 0;  // that the other side took
  std::uint64_t failed_attempts = 0;
  std::uint64_t refused = 0;        // notifications, for good
  std::uint64_t refused_items = 0;  // parts of messages, for good
  std::uint64_t superseded = 0;
  std::uint64_t digests = 0;
  std::size_t waiting = 0;
  std::uint32_t failures_in_a_row = 0;
  bool refuses = false;  // something of it, since it last took anything
  std::string last_failure;
  std::optional<Wall> paused_until;   // after a failure; nothing: something may be sent
  std::optional<Wall> waiting_since;  // the oldest that waits or is under way; nothing: none does
};

class Lane {
 public:
  // Called on the lane's threads, and on that of Offer for what an offer supersedes.
  using Report = std::function<void(std::vector<DeliveryReport>)>;

  Lane(std::string name, std::unique_ptr<Sink> sink, const Clock& clock, Report report,
       LaneOptions options = {});
  // Ends the send under way and joins; what waits stays with alerting and the journal.
  ~Lane();

  // Before the first Offer.
  void Recall(const std::string& key, const std::string& value);
  // False when the backlog is full.
  [[nodiscard]] bool Offer(const Notification& notification);
  // What it would say of this now, see Sink::Show.
  [[nodiscard]] std::vector<ShownMessage> Show(const Notification& notification) const;
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] LaneCounters counters() const;

 private:
  void Run(const std::stop_token& stop);
  // Until when nothing is sent after a failure.
  [[nodiscard]] Mono PausedUntil() const;
  struct Turn {
    std::vector<Backlog::Entry> batch;  // empty: it is that of the sink's upkeep
    std::uint64_t pauses = 0;           // failures that there were before it began
  };
  void TakeTurn(Turn turn, const std::stop_token& stop);
  // Returns when something may be sent. Nothing: it is time to stop.
  std::optional<Turn> NextTurn(const std::stop_token& stop);
  // One more thread where all have a turn and another group waits. With the lock.
  void Grow();
  // When another may be begun beside what is under way.
  [[nodiscard]] Mono NextBeside() const;
  void Settle(Turn turn, Outcome outcome);
  [[nodiscard]] bool IsOutage(const Outcome& outcome) const;
  void Pause(const Outcome& outcome);
  void Count(const Turn& turn, const Outcome& outcome);
  void SayGone(std::span<const Backlog::Entry> superseded) const;
  [[nodiscard]] DeliveryReport ReportOn(const Backlog::Entry& entry, const Outcome& outcome) const;

  const std::string name_;
  const std::unique_ptr<Sink> sink_;
  const SinkTraits traits_;
  const Clock& clock_;
  const Report report_;
  const LaneOptions options_;
  const std::shared_ptr<Rate> rate_;

  mutable std::mutex mutex_;
  std::condition_variable_any ready_;
  Backlog backlog_;
  Mono paused_since_{};
  Mono paused_until_{};
  bool pause_was_asked_ = false;
  std::uint64_t pauses_ = 0;  // failures, each of which may have been met by several
  Backlog::Busy under_way_;
  Mono begun_{};        // the last that was
  bool storm_ = false;  // more waits than the rate lets through in a minute, or did and has not all been told
  int sends_since_upkeep_ = 0;
  std::vector<std::pair<std::string, std::string>> recalled_;  // until the lane's thread hands them over
  LaneCounters counters_;

  bool ending_ = false;
  std::size_t busy_threads_ = 0;       // those that have a turn
  std::vector<std::jthread> threads_;  // last: they use everything above
};

}  // namespace loadline::collector
