// The whole of alerting behind one door: conditions and happenings in, notifications out, nothing forgotten.
//
//   Alerting alerting(options, plan, journal, outbox);
//   alerting.Restore(now);                             // once, before anything else
//   alerting.Happened({kill}, now);                    // the urgent path: told before this returns
//   alerting.Update(conditions, {}, now);              // about once a second, and no later than NextDue()
//   alerting.Settle(lanes.TakeReports(), now);         // when the lanes have news
//
// Every decision is committed to the journal before it is handed to the outbox (intent), and again when its
// outcome is known. After a kill -9 the intents without an outcome are sent again under the same id; alerts,
// timers and what people were told resume where they were. When the journal cannot be written people are told
// nevertheless: twice is better than never. What could not be written is written with the next commit.
// Single-threaded: the core thread's.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "collector/alert/alert_book.h"
#include "collector/alert/alerts_shown.h"
#include "collector/alert/dispatcher.h"
#include "collector/alert/journal_writer.h"
#include "collector/alert/outbox.h"
#include "collector/snapshot/snapshot.h"

namespace loadline::collector {

struct AlertingCounters {
  std::uint64_t notifications = 0;  // decided
  std::uint64_t delivered = 0;
  std::uint64_t refused = 0;           // by the other side, for good
  std::uint64_t resent = 0;            // intents without an outcome at a restart
  std::uint64_t journal_failures = 0;  // commits that failed
  std::uint64_t unreadable = 0;        // stored entries that could not be read back
};

class Alerting {
 public:
  // `plan`, `journal` and `outbox` outlive it.
  Alerting(AlertBookOptions options, const RoutingPlan& plan, AlertJournal& journal, Outbox& outbox);

  Result<void> Restore(Wall now);

  void Update(std::span<const Condition> conditions, std::span<const Happening> happenings, Wall now);
  void Happened(std::span<const Happening> happenings, Wall now);
  void Settle(std::span<const DeliveryReport> reports, Wall now);

  // Alerts of somebody else, kept when it returns. Fails when they could not be kept, or not all of them:
  // kExhausted when the book is full.
  Result<void> Post(std::span<const Posting> postings, Wall now);

  // On the disk when they return.
  Result<std::string> SetSilence(Silence silence, Wall now, const std::string& random);
  Result<void> ExpireSilence(const std::string& id, Wall now);

  // When Update is to be called again at the latest.
  [[nodiscard]] std::optional<Wall> NextDue() const;

  // For the snapshot: firing first, then pending, then resolved; newest first within each.
  [[nodiscard]] std::vector<AlertView> Views() const;
  // What other threads may look at. Costs as much as changed since the last call, and a pointer an alert.
  [[nodiscard]] std::shared_ptr<const AlertsShown> Show(Wall now);
  [[nodiscard]] const AlertingCounters& counters() const { return counters_; }
  [[nodiscard]] const JournalWriter& journal() const { return journal_; }
  [[nodiscard]] const AlertBook& book() const { return book_; }
  [[nodiscard]] const Mutes& mutes() const { return mutes_; }
  [[nodiscard]] const Dispatcher& dispatcher() const { return dispatcher_; }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  // Decided and not yet settled, in the lane or before it.
  [[nodiscard]] std::size_t waiting(const std::string& integration) const;

  // So many wait for one integration at most; then its groups wait as they are, and what changes meanwhile is
  // told in one message later. More lets a receiver that is down for hours fill memory and disk.
  static constexpr std::size_t kMostWaiting = 4'000;

 private:
  struct Waiting {
    Notification notification;
    bool offered = false;
  };

  Result<void> Decide(const std::vector<Transition>& transitions, bool flush, Wall now);
  void RecallKept(std::map<std::string, std::string> kept, std::span<const DeliveryReport> leftover);
  Result<void> CommitChanges(std::vector<JournalChange> changes);
  bool TakePlace(const std::string& integration);
  void OfferWaiting();
  void Remember(const DeliveryReport& report);
  [[nodiscard]] AlertView View(const Alert& alert) const;

  AlertBook book_;
  Mutes mutes_;
  Dispatcher dispatcher_;
  JournalWriter journal_;
  Outbox& outbox_;
  std::map<std::string, Waiting> waiting_;          // by id: intents without an outcome
  std::map<std::string, std::size_t> waiting_for_;  // how many of them, by integration
  // The last word of each lane about an alert: fingerprint -> integration -> words.
  std::map<std::string, std::map<std::string, std::string>> deliveries_;
  std::map<std::string, std::shared_ptr<const Alert>> shown_;  // copies, by fingerprint
  std::shared_ptr<const Silences> shown_silences_;
  AlertingCounters counters_;
  Wall now_{};  // of the last call
};

}  // namespace loadline::collector
