#include "collector/alert/alerting.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "collector/alert/carry_over.h"
#include "collector/alert/own_labels.h"

namespace loadline::collector {
namespace {

std::string Iso8601(Wall at) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", std::chrono::floor<std::chrono::seconds>(at));
}

constexpr std::string_view kKept = "kept/";

std::string KeptKey(const std::string& integration, const std::string& key) {
  return fmt::format("{}{}|{}", kKept, integration, key);
}

std::string Words(const DeliveryReport& report) {
  switch (report.outcome.verdict) {
    case Verdict::kDelivered:
      return "delivered " + Iso8601(report.at) +
             (report.outcome.detail.empty() ? "" : ", " + report.outcome.detail);
    case Verdict::kRefused:
      return fmt::format("refused {}: {}", Iso8601(report.at), report.outcome.detail);
    case Verdict::kRetry:
      return fmt::format("failed {} times, trying again: {}", report.attempts, report.outcome.detail);
  }
  return "";
}

}  // namespace

Alerting::Alerting(AlertBookOptions options, const RoutingPlan& plan, AlertJournal& journal, Outbox& outbox)
    : book_(options),
      mutes_(plan.inhibit_rules, plan.time_intervals, ClusterOf(plan.own_labels)),
      dispatcher_(plan, book_, mutes_),
      journal_(journal),
      outbox_(outbox) {
  dispatcher_.AskForRoom([this](const std::string& integration, std::size_t notifications) {
    return TakePlaces(integration, notifications);
  });
}

bool Alerting::TakePlaces(const std::string& integration, std::size_t notifications) {
  std::size_t& count = waiting_for_[integration];
  if (count >= kMostWaiting) return false;
  count += notifications;
  return true;
}

std::size_t Alerting::waiting(const std::string& integration) const {
  const auto found = waiting_for_.find(integration);
  return found == waiting_for_.end() ? 0 : found->second;
}

Result<void> Alerting::Restore(Wall now) {
  auto loaded = journal_.Load();
  if (!loaded) return Failure(loaded.error().In("restoring alerts"));
  std::vector<JournalChange> moved;
  JournalEntries stored =
      CarriedOver(std::move(*loaded), dispatcher_.plan().own_labels, dispatcher_.plan().root, moved);
  for (JournalChange& change : moved) journal_.Owe(std::move(change));
  std::map<std::string, std::string> groups;
  std::map<std::string, std::string> kept;
  for (auto& [key, value] : stored) {
    if (key.starts_with("alert/")) {
      Result<Alert> alert = DecodeAlert(value);
      alert ? book_.Restore(std::move(*alert), now) : void(++counters_.unreadable);
    } else if (key.starts_with("group/")) {
      groups.emplace(key.substr(6), std::move(value));
    } else if (key.starts_with(kKept)) {
      kept.emplace(key, std::move(value));
    } else if (key.starts_with("silence/")) {
      Result<Silence> silence = DecodeSilence(key.substr(8), value);
      silence ? mutes_.silences().Restore(std::move(*silence)) : void(++counters_.unreadable);
    } else if (key.starts_with("note/")) {
      Result<Notification> note = DecodeNotification(value);
      if (!note) {
        ++counters_.unreadable;
        continue;
      }
      ++counters_.resent;
      ++waiting_for_[note->integration];
      std::string id = note->id;
      waiting_.emplace(std::move(id), Waiting{std::move(*note)});
    }
  }
  for (const auto& [fingerprint, alert] : book_.alerts()) mutes_.inhibitor().Note(fingerprint, &alert);
  dispatcher_.Restore(groups, now);
  const std::vector<DeliveryReport> leftover = outbox_.Leftover();
  RecallKept(std::move(kept), leftover);
  Settle(leftover, now);
  OfferWaiting();
  return {};
}

// Sinks get back what they had kept, the reports' newer word before the journal's.
void Alerting::RecallKept(std::map<std::string, std::string> kept, std::span<const DeliveryReport> leftover) {
  for (const DeliveryReport& report : leftover) {
    for (const auto& [key, value] : report.outcome.keep) {
      value ? void(kept[KeptKey(report.integration, key)] = *value)
            : void(kept.erase(KeptKey(report.integration, key)));
    }
  }
  for (const auto& [key, value] : kept) {
    const std::size_t bar = key.find('|');
    const std::string integration = key.substr(kKept.size(), bar - kKept.size());
    if (!outbox_.Recall(integration, key.substr(bar + 1), value)) journal_.Owe({key, std::nullopt});
  }
}

void Alerting::Update(std::vector<Condition> conditions, std::vector<Happening> happenings, Wall now) {
  for (Condition& condition : conditions) AddOwnLabels(dispatcher_.plan().own_labels, condition.labels);
  for (Happening& happening : happenings) AddOwnLabels(dispatcher_.plan().own_labels, happening.what.labels);
  (void)Decide(book_.Update(conditions, happenings, now), true, now);
  looked_ = in_turn_;
  if (!in_turn_) OfferWaiting();
}

void Alerting::Happened(std::vector<Happening> happenings, Wall now) {
  for (Happening& happening : happenings) AddOwnLabels(dispatcher_.plan().own_labels, happening.what.labels);
  (void)Decide(book_.Happened(happenings, now), false, now);
}

Result<void> Alerting::Post(std::span<const Posting> postings, Wall now) {
  const std::uint64_t before = book_.refused();
  if (auto kept = Decide(book_.Post(postings, now), false, now); !kept)
    return Failure(kept.error().In("keeping the alerts"));
  const std::uint64_t refused = book_.refused() - before;
  if (refused == 0) return {};
  return Failure(ErrorKind::kExhausted,
                 fmt::format("too many alerts: {} of {} refused", refused, postings.size()));
}

// Fails when the journal could not be written; people are told nevertheless.
Result<void> Alerting::Decide(const std::vector<Transition>& transitions, bool flush, Wall now) {
  now_ = now;
  // Whoever inhibits is known before anybody is told, whatever their order.
  for (const Transition& t : transitions) mutes_.inhibitor().Note(t.fingerprint, book_.Find(t.fingerprint));
  EndWithTheirAlerts(mutes_.silences(), transitions, book_, now);
  std::vector<Notification> decided = dispatcher_.Note(transitions, now);
  if (flush) {
    std::vector<Notification> due = dispatcher_.Flush(now);
    std::ranges::move(due, std::back_inserter(decided));
    mutes_.silences().Forget(now);
  }
  std::vector<JournalChange> changes;
  for (const Notification& notification : decided) {
    changes.push_back({"note/" + notification.id, EncodeNotification(notification)});
  }
  Result<void> kept = CommitChanges(std::move(changes));
  for (Notification& notification : decided) {
    ++counters_.notifications;
    std::string id = notification.id;
    if (in_turn_) decided_.push_back(id);
    const bool offered = !in_turn_ && outbox_.Offer(notification);
    waiting_.insert_or_assign(std::move(id), Waiting{std::move(notification), offered});
  }
  return kept;
}

void Alerting::Begin() {
  in_turn_ = true;
}

std::vector<JournalChange> Alerting::Changes() {
  return journal_.Take();
}

void Alerting::End(std::vector<JournalChange> changes, bool written) {
  in_turn_ = false;
  const bool any = !changes.empty();
  journal_.Done(std::move(changes), written);
  if (any) Written(written);
  for (const std::string& id : std::exchange(decided_, {})) {
    const auto found = waiting_.find(id);
    if (found != waiting_.end() && !found->second.offered)
      found->second.offered = outbox_.Offer(found->second.notification);
  }
  if (std::exchange(looked_, false)) OfferWaiting();
}

void Alerting::Written(bool written) {
  written ? outbox_.Settled() : void(++counters_.journal_failures);
}

// Together with everything that changed in book, groups and silences: one transaction, now or with the turn.
Result<void> Alerting::CommitChanges(std::vector<JournalChange> changes) {
  OweChanges(std::move(changes));
  if (in_turn_ || journal_.owed() == 0) return {};
  Result<void> written = journal_.Write({});
  Written(written.has_value());
  return written;
}

void Alerting::OweChanges(std::vector<JournalChange> changes) {
  for (const std::string& fingerprint : book_.TakeChanged()) {
    const Alert* alert = book_.Find(fingerprint);
    if (!alert) deliveries_.erase(fingerprint);
    changes.push_back({"alert/" + fingerprint, alert ? std::optional(EncodeAlert(*alert)) : std::nullopt});
  }
  for (const std::string& key : dispatcher_.TakeChanged()) {
    changes.push_back({"group/" + key, dispatcher_.EncodeGroup(key)});
  }
  for (const std::string& id : mutes_.silences().TakeChanged()) {
    const Silence* silence = mutes_.silences().Find(id);
    changes.push_back({"silence/" + id, silence ? std::optional(EncodeSilence(*silence)) : std::nullopt});
  }
  for (JournalChange& change : changes) journal_.Owe(std::move(change));
}

Result<std::string> Alerting::SetSilence(Silence silence, Wall now, const std::string& random) {
  Result<std::string> id = mutes_.silences().Set(std::move(silence), now, random);
  if (!id) return id;
  NoteWhatFires(mutes_.silences(), *id, book_);
  looked_for_ending_.reset();
  if (auto committed = CommitChanges({}); !committed)
    return Failure(committed.error().In("keeping the silence"));
  return id;
}

Result<void> Alerting::ExpireSilence(const std::string& id, Wall now) {
  if (auto expired = mutes_.silences().Expire(id, now); !expired) return expired;
  return CommitChanges({});
}

std::vector<EndingSilence> Alerting::EndingSilences(Duration within, Wall now) {
  // A clock that was set back is no reason to wait.
  constexpr Duration kEvery = std::chrono::seconds(10);
  const bool fresh = looked_for_ending_ && now >= *looked_for_ending_ && now - *looked_for_ending_ < kEvery;
  if (!fresh) {
    ending_ = collector::EndingSilences(mutes_.silences(), book_, within, now);
    looked_for_ending_ = now;
  }
  std::erase_if(ending_, [&](const EndingSilence& silence) {
    const Silence* kept = mutes_.silences().Find(silence.id);
    return kept == nullptr || kept->StateAt(now) != SilenceState::kActive;
  });
  return ending_;
}

void Alerting::OfferWaiting() {
  for (auto& [id, waiting] : waiting_) {
    if (!waiting.offered) waiting.offered = outbox_.Offer(waiting.notification);
  }
}

void Alerting::Settle(std::span<const DeliveryReport> reports, Wall now) {
  std::vector<JournalChange> changes;
  for (const DeliveryReport& report : reports) {
    Remember(report);
    for (const auto& [key, value] : report.outcome.keep) {
      changes.push_back({KeptKey(report.integration, key), value});
    }
    if (report.outcome.verdict == Verdict::kRetry || report.id.empty()) continue;
    const bool delivered = report.outcome.verdict == Verdict::kDelivered;
    (delivered ? counters_.delivered : counters_.refused) += 1;
    if (const auto waiting = waiting_.find(report.id); waiting != waiting_.end()) {
      if (!delivered || report.outcome.superseded) dispatcher_.Untell(waiting->second.notification, now);
      waiting_.erase(waiting);
      --waiting_for_[report.integration];
    }
    changes.push_back({"note/" + report.id, std::nullopt});
  }
  (void)CommitChanges(std::move(changes));  // counted; people are told nevertheless
}

void Alerting::Remember(const DeliveryReport& report) {
  auto it = waiting_.find(report.id);
  if (it == waiting_.end()) return;
  for (const Alert& alert : it->second.notification.alerts) {
    if (!book_.Find(alert.fingerprint)) continue;
    deliveries_[alert.fingerprint][report.integration] = Words(report);
    told_of_.insert(alert.fingerprint);
  }
}

std::optional<Wall> Alerting::NextDue() const {
  const std::optional<Wall> alerts = book_.NextDue();
  const std::optional<Wall> groups = dispatcher_.NextDue();
  if (!alerts) return groups;
  return groups ? std::min(*alerts, *groups) : alerts;
}

void Alerting::Refresh() {
  std::set<std::string> changed = book_.TakeTouched();
  changed.merge(told_of_);
  told_of_.clear();
  for (const std::string& fingerprint : changed) {
    if (const Alert* alert = book_.Find(fingerprint)) {
      shown_[fingerprint] = {std::make_shared<const Alert>(*alert),
                             std::make_shared<const AlertView>(View(*alert))};
    } else {
      shown_.erase(fingerprint);
    }
  }
}

std::vector<std::shared_ptr<const AlertView>> Alerting::Views() {
  Refresh();
  const bool muting = mutes_.inhibitor().inhibits() || !mutes_.silences().all().empty();
  std::vector<std::shared_ptr<const AlertView>> views;
  views.reserve(shown_.size());
  for (const auto& [fingerprint, shown] : shown_)
    views.push_back(muting ? WithMutes(*shown.alert, shown.view) : shown.view);
  static constexpr int kOrder[] = {1, 0, 2};  // pending, firing, resolved
  std::ranges::sort(views, [](const auto& a, const auto& b) {
    const int left = kOrder[static_cast<int>(a->state)];
    const int right = kOrder[static_cast<int>(b->state)];
    if (left != right) return left < right;
    // Whoever shows the first few hundred shows what matters; of what is over the newest matters.
    if (a->state != AlertState::kResolved && a->severity != b->severity) return a->severity < b->severity;
    return a->since > b->since;
  });
  return views;
}

std::shared_ptr<const AlertView> Alerting::WithMutes(const Alert& alert,
                                                     std::shared_ptr<const AlertView> view) const {
  std::vector<std::string> why;
  if (const auto muted = mutes_.Inhibited(alert)) why.push_back(Words(*muted));
  if (const auto muted = mutes_.Silenced(alert, now_)) why.push_back(Words(*muted));
  if (why.empty()) return view;
  auto muted = std::make_shared<AlertView>(*view);
  muted->deliveries.insert(muted->deliveries.begin(), why.begin(), why.end());
  return muted;
}

std::shared_ptr<const AlertsShown> Alerting::Show(Wall now) {
  Refresh();
  const Silences& silences = mutes_.silences();
  if (!shown_silences_ || shown_silences_->version() != silences.version())
    shown_silences_ = std::make_shared<const Silences>(silences);
  std::vector<std::shared_ptr<const Alert>> alerts;
  alerts.reserve(shown_.size());
  for (const auto& [fingerprint, shown] : shown_) alerts.push_back(shown.alert);
  return std::make_shared<const AlertsShown>(now, dispatcher_.plan(), std::move(alerts), shown_silences_);
}

AlertView Alerting::View(const Alert& alert) const {
  AlertView view{.fingerprint = alert.fingerprint,
                 .rule = alert.rule,
                 .severity = alert.severity,
                 .state = alert.state,
                 .labels = {alert.labels.begin(), alert.labels.end()},
                 .summary = alert.summary,
                 .reason = alert.reason,
                 .runbook = alert.runbook,
                 .since = alert.since,
                 .fired = alert.fired,
                 .resolved = alert.resolved,
                 .occurrences = alert.occurrences,
                 .deliveries = {}};
  std::map<std::string, std::string> words;
  for (const auto& [whom, told] : alert.told)
    words[whom.substr(0, whom.find('|'))] = "told " + Iso8601(told.at);
  // What the lanes said since this process started is more exact than what was decided.
  if (auto it = deliveries_.find(alert.fingerprint); it != deliveries_.end()) {
    for (const auto& [integration, report] : it->second) words[integration] = report;
  }
  for (const auto& [integration, text] : words) view.deliveries.push_back(integration + ": " + text);
  return view;
}

}  // namespace loadline::collector
