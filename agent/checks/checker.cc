#include "agent/checks/checker.h"

#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

namespace loadline::agent {
namespace {

// So that not all look at once at the start.
constexpr Duration kApart = std::chrono::milliseconds(300);
// To be woken costs more than most looks do: whoever is woken looks at what is due within this part of its time, too.
constexpr int kPartOfItsTime = 10;
constexpr Duration kLongestBefore = std::chrono::seconds(1);
// A look that takes long, as one at a hundred thousand processes does, is had so much more rarely that it takes no more
// than this part of a core.
constexpr int kPartOfACore = 500;

// Of this thread.
Duration OwnCpuTime() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

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
    SleepUntil(std::ranges::min_element(lane, {}, &Due::at)->at, clock_, stop);
    const Mono woken = clock_.Now();
    for (Due& due : lane) {
      const Duration before =
          due.looked ? std::min(due.check->every / kPartOfItsTime, kLongestBefore) : Duration::zero();
      if (due.at <= woken + before && !stop.stop_requested()) LookAt(due, stop);
    }
  }
}

void Checker::LookAt(Due& due, const std::stop_token& stop) {
  PlannedCheck& check = *due.check;
  const Mono began = clock_.Now();
  const Duration cpu_before = OwnCpuTime();
  Looked looked{.source = check.source,
                .hold = check.hold,
                .at_once = check.at_once,
                .at = began,
                .judgements = check.check->Look(began, stop)};
  std::vector<Health> now;
  for (const Judgement& judgement : looked.judgements) now.push_back(judgement.health);
  const bool changed = now != due.before && !check.at_once;
  due.before = std::move(now);
  due.looked = true;
  due.at = clock_.Now() + std::max(changed ? std::min(check.every, kLookAgain) : check.every,
                                   (OwnCpuTime() - cpu_before) * kPartOfACore);
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
