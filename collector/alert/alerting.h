// The whole of alerting behind one door: conditions and happenings in, notifications out, nothing forgotten.
//
//   Alerting alerting(options, plan, journal, outbox);
//   alerting.Restore(now);                             // once, before anything else
//   alerting.Happened({kill}, now);                    // the urgent path: told before this returns
//   alerting.Update(conditions, {}, now);              // about once a second, and no later than NextDue()
//   alerting.Settle(lanes.TakeReports(), now);         // when the lanes have news
//
// Every decision is committed to the journal before it is handed to the outbox (intent), and again when its
// outcome is known. Several can be one turn, which whoever calls commits together with what they rest on:
//
//   alerting.Begin();
//   alerting.Happened(...); alerting.Update(...); alerting.Settle(...);
//   std::vector<JournalChange> changes = alerting.Changes();
//   const bool written = Commit(records, changes);
//   alerting.End(std::move(changes), written);         // now people are told
//
// After a kill -9 the intents without an outcome are sent again under the same id; alerts,
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
#include "collector/alert/silence_life.h"
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

  // Of our own: they get the plan's own labels here, whoever found them.
  void Update(std::vector<Condition> conditions, std::vector<Happening> happenings, Wall now);
  // See AlertBook.
  void Unproven(std::set<std::string, std::less<>> rules) { book_.Unproven(std::move(rules)); }
  void Happened(std::vector<Happening> happenings, Wall now);
  void Settle(std::span<const DeliveryReport> reports, Wall now);

  // Until End nothing is written and nobody is told.
  void Begin();
  // All that the journal is to have by now.
  [[nodiscard]] std::vector<JournalChange> Changes();
  // What was not written is owed, and people are told nevertheless.
  void End(std::vector<JournalChange> changes, bool written);

  // Alerts of somebody else, kept when it returns. Fails when they could not be kept, or not all of them:
  // kExhausted when the book is full.
  Result<void> Post(std::span<const Posting> postings, Wall now);

  // On the disk when they return.
  Result<std::string> SetSilence(Silence silence, Wall now, const std::string& random);
  Result<void> ExpireSilence(const std::string& id, Wall now);
  // As EndingSilences (silence_life.h), looked for every ten seconds.
  [[nodiscard]] std::vector<EndingSilence> EndingSilences(Duration within, Wall now);

  // When Update is to be called again at the latest.
  [[nodiscard]] std::optional<Wall> NextDue() const;

  // For the snapshot: firing first, then pending, the most severe and then the newest first, then resolved,
  // the newest first. Costs as much as changed since the last call, and a pointer an alert; more while
  // something mutes.
  [[nodiscard]] std::vector<std::shared_ptr<const AlertView>> Views();
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
  void OweChanges(std::vector<JournalChange> changes);
  void Written(bool written);
  bool TakePlaces(const std::string& integration, std::size_t notifications);
  void OfferWaiting();
  void Remember(const DeliveryReport& report);
  [[nodiscard]] AlertView View(const Alert& alert) const;
  // The same view with why it is not told now; itself when nothing mutes it.
  [[nodiscard]] std::shared_ptr<const AlertView> WithMutes(const Alert& alert,
                                                           std::shared_ptr<const AlertView> view) const;
  // Copies and views of what has changed.
  void Refresh();

  AlertBook book_;
  Mutes mutes_;
  Dispatcher dispatcher_;
  JournalWriter journal_;
  Outbox& outbox_;
  std::map<std::string, Waiting> waiting_;          // by id: intents without an outcome
  std::map<std::string, std::size_t> waiting_for_;  // how many of them, by integration
  // The last word of each lane about an alert: fingerprint -> integration -> words.
  std::map<std::string, std::map<std::string, std::string>> deliveries_;
  // What is shown of each alert, by fingerprint: its copy, and its view but for what mutes it.
  struct Shown {
    std::shared_ptr<const Alert> alert;
    std::shared_ptr<const AlertView> view;
  };
  std::map<std::string, Shown> shown_;
  std::set<std::string> told_of_;  // fingerprints of which a lane has said something since
  std::shared_ptr<const Silences> shown_silences_;
  std::vector<EndingSilence> ending_;
  std::optional<Wall> looked_for_ending_;
  AlertingCounters counters_;
  bool in_turn_ = false;
  bool looked_ = false;               // this turn has called Update: what no lane took is offered again
  std::vector<std::string> decided_;  // in this turn: ids of notifications
  Wall now_{};                        // of the last call
};

}  // namespace loadline::collector
