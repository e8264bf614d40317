// When to tell whom: groups of alerts with Alertmanager's timers, and what each receiver already knows.
//
// An alert that fires joins the group of every route that takes it. A new group waits `group_wait` for company (not when
// its first alert is older than that) and is then looked at every `group_interval`, always on the schedule it began with.
// Each look decides for each integration of the receiver, in this order:
//   a firing alert that is news to it        -> tell
//   nothing fires, and it knows of firing    -> tell (resolved)
//   newly resolved alerts, if it wants them  -> tell
//   last told at least `repeat_interval` ago -> repeat
// Who does not want resolved ones is taken to know of the end with the look that sees it: what comes back is
// news. Two routes of the same matchers have a group each; what is told is remembered by receiver.
// A muted alert (mutes.h) is passed over as if it were not there. What is passed over when it has ended, or
// when the rest of its group is told, is news once it fires unmuted (Told::passed_over): nobody heard of that
// end, and the last message did not name it. Alertmanager, which remembers a last message, tells the second.
// An alert that has only just fired is passed over for `settle`, so that whatever would inhibit it can arrive;
// the group is looked at once more when that is over. An urgent alert does not wait: it is told at once, alone
// or with the other urgent ones of the same instant, and the group's schedule stays as it is. Every decision
// is a Notification with its reason.
//
// Pure and single-threaded like the book, whose alerts carry what was told (Alert::told, under TellKey).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "collector/alert/alert_book.h"
#include "collector/alert/mutes.h"
#include "collector/alert/notification.h"
#include "collector/alert/route.h"

namespace loadline::collector {

struct Integration {
  std::string name;  // "ops/slack[0]"; a lane of the outbox has the same
  bool send_resolved = true;
  Severity min_severity = Severity::kSev4;  // milder alerts are none of its business
  std::vector<std::string> hours{};         // names of time intervals; empty: always
  // How many alerts of a group one look names, the rest being counted. 0: all, in pieces, for what takes them
  // one by one.
  std::size_t names = kMaxAlertsPerNotification;
};

struct Receiver {
  std::string name;
  std::vector<Integration> integrations;
};

struct RoutingPlan {
  Route root;  // with keys set
  std::vector<Receiver> receivers;
  std::vector<InhibitRule> inhibit_rules{};
  std::map<std::string, TimeIntervals> time_intervals{};
  Labels own_labels{};  // of every alert of our own, see own_labels.h
  // The labels of a notification's route, filled in. Any thread; none: there are none.
  std::function<Labels(const Notification& notification)> fill_route_labels{};
  // Less lets a pod's alert out before its node's is known; more delays what comes to a group just before a
  // look. Urgent alerts never wait.
  Duration settle = std::chrono::seconds(5);
  Duration resolve_timeout = std::chrono::minutes(5);  // of alerts posted without an end
};

// A dead man's switch: the alert Watchdog always fires, and this receiver is told of it again and again.
// Whoever expects it notices when the collector, or its way to the receiver, is gone. A Watchdog that others
// post is not ours, by the cluster in `own_labels`. Fails when there is no such receiver.
Result<void> AddHeartbeat(RoutingPlan& plan, const std::string& receiver, Duration interval);
Condition Watchdog();

// Everything to this one receiver, grouped by rule, cluster and namespace.
RoutingPlan PlanFor(Receiver receiver, std::vector<InhibitRule> inhibit_rules = {});

class Dispatcher {
 public:
  // All three outlive the dispatcher.
  Dispatcher(const RoutingPlan& plan, AlertBook& book, const Mutes& mutes);

  // Whether so many more notifications may wait for an integration; they take these places. Where they may
  // not, nobody is told and nothing is forgotten: the group is looked at again a little later. Without it
  // there is always room.
  using Room = std::function<bool(const std::string& integration, std::size_t notifications)>;
  void AskForRoom(Room room) { room_ = std::move(room); }
  [[nodiscard]] std::uint64_t held_back() const { return held_back_; }

  // Lets the changes into their groups. Returns what is to be told at once.
  std::vector<Notification> Note(const std::vector<Transition>& transitions, Wall now);
  // Looks at every group that is due.
  std::vector<Notification> Flush(Wall now);
  // It never reached the other side, which took nothing of it, or a newer word took its place: what that newer
  // one does not say either is to be told with the group's next look.
  void Untell(const Notification& notification, Wall now);
  [[nodiscard]] std::optional<Wall> NextDue() const;

  // Ids of groups whose timers changed since the last call; EncodeGroup gives nothing when one has ended.
  std::set<std::string> TakeChanged() { return std::exchange(changed_, {}); }
  [[nodiscard]] std::optional<std::string> EncodeGroup(const std::string& id) const;
  // After the book was restored: alerts go back to their groups, and stored timers replace the fresh ones.
  // Groups of routes that no longer exist are forgotten; TakeChanged names them.
  void Restore(const std::map<std::string, std::string>& stored_groups, Wall now);

  [[nodiscard]] const RoutingPlan& plan() const { return plan_; }
  [[nodiscard]] std::size_t group_count() const { return groups_.size(); }

  struct Group {
    const Route* route = nullptr;
    Labels labels;
    std::string key{};                // GroupKey: what receivers see of it
    std::set<std::string> members{};  // fingerprints
    Wall next_look{};
    std::optional<Wall> extra_look{};  // off the schedule, for an alert that had only just fired
    // By integration: the look, or the urgent instant, that last told anything.
    std::map<std::string, Wall> told_at{};
  };
  [[nodiscard]] const std::map<std::string, Group>& groups() const { return groups_; }

 private:
  Group& Join(const Route& route, const Alert& alert, Wall now);
  void Look(Group& group, Wall now, std::vector<Notification>& out);
  void TellAtOnce(Group& group, const std::vector<const Alert*>& alerts, Wall now,
                  std::vector<Notification>& out);
  std::vector<const Alert*> Members(Group& group, Wall now) const;
  std::optional<std::string> WhyTell(const Group& group, const Integration& integration,
                                     const std::string& whom, const std::vector<const Alert*>& alerts,
                                     Wall look) const;
  // In as many notifications as the integration wants of them, all alike but for their alerts.
  std::vector<Notification> Tell(const Group& group, const Integration& integration,
                                 std::vector<const Alert*> alerts, std::string reason, Wall now);
  [[nodiscard]] bool Wants(const Integration& integration, const std::string& whom, const Alert& alert,
                           Wall now) const;
  void PassOverTheEnded(const Group& group, const std::string& whom);
  void PassOverTheUnsaid(const Group& group, const std::string& whom, Wall now);
  void PassOver(const Alert& alert, const std::string& whom);
  bool EverybodyKnows(const Route& route, const std::string& key, const Alert& alert) const;
  void Rejoin(const Alert& alert, const Notification& notification, Wall now);
  void ForgetTheEnded(const Route& route, const std::string& key, const Alert& alert);
  const Receiver& ReceiverOf(const Route& route) const;
  // What EncodeGroup wrote; false, and the group is as it was, for anything else.
  static bool ReadTimers(const std::string& text, Group& group);
  bool HasRoom(const Integration& integration, std::size_t notifications, Group& group, Wall now);

  const RoutingPlan& plan_;
  AlertBook& book_;
  const Mutes& mutes_;
  std::map<std::string, Group> groups_;  // by GroupId
  std::set<std::string> changed_;
  Room room_;
  std::uint64_t held_back_ = 0;
};

// Under which name an alert remembers what an integration was told through a group.
std::string TellKey(const std::string& group_key, const Integration& integration);

}  // namespace loadline::collector
