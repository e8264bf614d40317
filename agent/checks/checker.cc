#include "agent/checks/checker.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

namespace loadline::agent {
namespace {

// So that not all look at once.
constexpr Duration kApart = std::chrono::milliseconds(300);

void SleepUntil(Mono until, const Clock& clock, const std::stop_token& stop) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any stopped;
  stopped.wait_for(lock, stop, until - clock.Now(), [] { return false; });
}

}  // namespace

Checker::Checker(std::vector<PlannedCheck> checks, const Clock& clock)
    : clock_(clock), checks_(std::move(checks)) {
  std::map<int, std::vector<Due>> lanes;
  Mono first = clock_.Now() + kApart;
  for (PlannedCheck& check : checks_) {
    for (const std::string& condition : check.conditions) {
      if (check.check == nullptr)
        at_start_.push_back({.source = check.source,
                             .condition = condition,
                             .reason = "NotChecked",
                             .message = "not looked for any more: " + check.why_not,
                             .ended = true});
    }
    if (check.check == nullptr) continue;
    for (const auto& [condition, reason] : check.causes) book_.Expect(check.source, condition, reason);
    lanes[check.lane].push_back({.check = &check, .at = first});
    first += kApart;
  }
  for (auto& [number, lane] : lanes) {
    lanes_.emplace_back([this, lane = std::move(lane)](const std::stop_token& stop) { RunLane(lane, stop); });
  }
}

Checker::~Checker() {
  for (std::jthread& lane : lanes_) lane.request_stop();
}

void Checker::RunLane(std::vector<Due> lane, const std::stop_token& stop) {
  ::pthread_setname_np(::pthread_self(), "checks");
  while (!stop.stop_requested()) {
    Due& next = *std::ranges::min_element(lane, {}, &Due::at);
    SleepUntil(next.at, clock_, stop);
    if (!stop.stop_requested()) LookAt(next, stop);
  }
}

void Checker::LookAt(Due& due, const std::stop_token& stop) {
  PlannedCheck& check = *due.check;
  const Mono began = clock_.Now();
  Looked looked{.source = check.source,
                .hold = check.hold,
                .at_once = check.at_once,
                .at = began,
                .judgements = check.check->Look(began, stop)};
  std::vector<Health> now;
  for (const Judgement& judgement : looked.judgements) now.push_back(judgement.health);
  const bool changed = now != due.before && !check.at_once;
  due.before = std::move(now);
  due.at = clock_.Now() + (changed ? std::min(check.every, kLookAgain) : check.every);
  // Refused only while nobody has asked for minutes: the next look says the same.
  (void)looked_.Push(std::move(looked));
}

std::vector<wire::HealthEvent> Checker::Take(Mono now, Wall wall) {
  std::vector<wire::HealthEvent> told = std::exchange(at_start_, {});
  for (wire::HealthEvent& event : told) event.at_ns = wall.time_since_epoch().count();
  for (const Looked& looked : looked_.TakeAll()) {
    std::vector<wire::HealthEvent> of_one = book_.Take(looked, now, wall);
    std::ranges::move(of_one, std::back_inserter(told));
  }
  return told;
}

}  // namespace loadline::agent
