#include "collector/app/trials.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <memory>

namespace loadline::collector {
namespace {

Alert TestAlert(const Labels& own_labels, const std::string& asked_by, Wall now) {
  Alert alert{.rule = "TestNotification",
              .labels = own_labels,
              .severity = Severity::kSev4,
              .summary = fmt::format("{} asked for this test message. Nothing is wrong.", asked_by),
              .reason = "asked for by hand, to see that messages arrive",
              .state = AlertState::kFiring};
  alert.since = now;
  alert.fired = now;
  alert.fingerprint = Fingerprint(alert.rule, alert.labels);
  return alert;
}

// One for each way. Each is its own group, so that no message about something else is replaced by it.
std::vector<Notification> TestsOf(const Receiver& receiver, const Alert& alert, std::uint64_t number) {
  const Wall now = alert.since;
  std::vector<Notification> tests;
  for (const Integration& way : receiver.integrations) {
    const std::string id = fmt::format("test-{}-{}-{}", now.time_since_epoch().count(), number, tests.size());
    Notification test{.id = id,
                      .receiver = receiver.name,
                      .integration = way.name,
                      .group_key = "{}:{test=\"" + id + "\"}",
                      .group_labels = {{"alertname", "TestNotification"}},
                      .reason = "a test",
                      .at = now,
                      .once = true};
    test.alerts = {alert};
    tests.push_back(std::move(test));
  }
  return tests;
}

std::string Word(Verdict verdict) {
  if (verdict == Verdict::kDelivered) return "delivered";
  return verdict == Verdict::kRefused ? "refused" : "failed";
}

}  // namespace

// What has come back of one test; a lane may say it after nobody waits any more.
struct Trials::Heard {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, Outcome> outcomes;  // by integration
  bool closed = false;
};

Result<std::vector<TrialOutcome>> Trials::Try(const std::string& receiver, const std::string& asked_by) {
  const auto found = std::ranges::find(plan_.receivers, receiver, &Receiver::name);
  if (found == plan_.receivers.end()) {
    std::string known;
    for (const Receiver& one : plan_.receivers) known += (known.empty() ? "" : ", ") + one.name;
    return Failure(ErrorKind::kNotFound, fmt::format("no receiver '{}'; there are: {}", receiver, known));
  }
  Result<std::vector<TrialOutcome>> outcomes =
      Failure(ErrorKind::kExhausted, "too many tests of receivers at once: try again");
  if (++under_way_ <= kMost) outcomes = Carry(*found, asked_by);
  --under_way_;
  return outcomes;
}

Result<std::vector<TrialOutcome>> Trials::Carry(const Receiver& receiver, const std::string& asked_by) {
  const auto heard = std::make_shared<Heard>();
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return Failure(ErrorKind::kUnavailable, "the collector is stopping");
    waiting_.insert(heard);
  }
  const Alert alert = TestAlert(plan_.own_labels, asked_by, clock_.WallNow());
  std::vector<Notification> notifications = TestsOf(receiver, alert, ++sent_);
  for (const Notification& notification : notifications) Offer(notification, heard);
  std::map<std::string, Outcome> outcomes;
  bool closed = false;
  {
    std::unique_lock lock(heard->mutex);
    heard->changed.wait_for(lock, patience_,
                            [&] { return heard->closed || heard->outcomes.size() >= notifications.size(); });
    outcomes = heard->outcomes;
    closed = heard->closed;
  }
  std::vector<TrialOutcome> told;
  for (const Notification& notification : notifications) {
    lanes_.Forget(notification.id);
    const auto outcome = outcomes.find(notification.integration);
    told.push_back(outcome == outcomes.end() ? Unsettled(notification.integration, closed)
                                             : TrialOutcome{.way = notification.integration,
                                                            .outcome = Word(outcome->second.verdict),
                                                            .detail = outcome->second.detail});
  }
  const std::lock_guard lock(mutex_);
  waiting_.erase(heard);
  return told;
}

void Trials::Offer(const Notification& notification, const std::shared_ptr<Heard>& heard) {
  const auto hear = [heard, way = notification.integration](const Outcome& outcome) {
    const std::lock_guard lock(heard->mutex);
    heard->outcomes[way] = outcome;
    heard->changed.notify_all();
  };
  if (!lanes_.Try(notification, [hear](const DeliveryReport& report) { hear(report.outcome); }))
    hear({.verdict = Verdict::kRetry, .detail = "too many messages wait for it already"});
}

TrialOutcome Trials::Unsettled(const std::string& way, bool closed) const {
  const auto counters = lanes_.counters();
  const auto lane = counters.find(way);
  std::string detail = closed ? "not known before the collector stopped" : "not known in time";
  if (lane != counters.end() && lane->second.failures_in_a_row > 0)
    detail += "; the receiver fails: " + lane->second.last_failure;
  return {.way = way, .outcome = "waiting", .detail = std::move(detail)};
}

void Trials::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (const std::shared_ptr<Heard>& heard : waiting_) {
    const std::lock_guard inner(heard->mutex);
    heard->closed = true;
    heard->changed.notify_all();
  }
}

}  // namespace loadline::collector
