#include "collector/sink/lane.h"

#include <algorithm>
#include <random>
#include <utility>

#include "schemas/base/prompt_thread.h"

namespace loadline::collector {
namespace {

// What the rate has let through in a minute is told message by message; only more is worth a digest, which says
// less. But then the last of it does not wait for that minute, either.
constexpr double kNoStorm = 60;
// A receiver that answers faster is told one by one: then there is nothing to win, and a kill doubles one message.
constexpr Duration kSlow = std::chrono::milliseconds(50);
// Of three messages in a storm one is for the sink's upkeep.
constexpr int kSendsPerUpkeep = 2;

double Jitter() {
  thread_local std::minstd_rand generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

}  // namespace

Lane::Lane(std::string name, std::unique_ptr<Sink> sink, const Clock& clock, Report report,
           LaneOptions options)
    : name_(std::move(name)),
      sink_(std::move(sink)),
      traits_(sink_->traits()),
      clock_(clock),
      report_(std::move(report)),
      options_(std::move(options)),
      rate_(options_.rate ? options_.rate : std::make_shared<Rate>(traits_.per_second, traits_.burst)) {
  const std::lock_guard lock(mutex_);
  threads_.emplace_back([this](const std::stop_token& stop) { Run(stop); });
}

Lane::~Lane() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  // All of them before the first is waited for.
  for (std::jthread& thread : threads_) thread.request_stop();
}

void Lane::Grow() {
  const bool all_busy = busy_threads_ == threads_.size();
  if (ending_ || !all_busy || threads_.size() >= traits_.at_once || !backlog_.NextBeside(under_way_)) return;
  threads_.emplace_back([this](const std::stop_token& stop) { Run(stop); });
}

bool Lane::Offer(const Notification& notification) {
  std::vector<Backlog::Entry> superseded;
  {
    std::lock_guard lock(mutex_);
    if (backlog_.size() >= options_.capacity) return false;
    superseded = backlog_.Add({.notification = notification, .since = notification.at});
    counters_.superseded += superseded.size();
    Grow();
  }
  ready_.notify_all();
  SayGone(superseded);
  return true;
}

void Lane::Recall(const std::string& key, const std::string& value) {
  {
    const std::lock_guard lock(mutex_);
    recalled_.emplace_back(key, value);
  }
  ready_.notify_all();
}

std::vector<ShownMessage> Lane::Show(const Notification& notification) const {
  return sink_->Show({&notification, 1}, clock_.WallNow());
}

LaneCounters Lane::counters() const {
  std::lock_guard lock(mutex_);
  LaneCounters counters = counters_;
  counters.waiting = backlog_.size();
  counters.waiting_since = backlog_.WaitingSince();
  for (const auto& [group, since] : under_way_)
    counters.waiting_since = std::min(counters.waiting_since.value_or(since), since);
  if (paused_until_ <= clock_.Now()) counters.paused_until.reset();
  return counters;
}

void Lane::Run(const std::stop_token& stop) {
  BePrompt("lane");
  while (auto turn = NextTurn(stop)) TakeTurn(std::move(*turn), stop);
}

void Lane::TakeTurn(Turn turn, const std::stop_token& stop) {
  if (turn.batch.empty()) {
    Settle(std::move(turn), sink_->Upkeep(stop));
    return;
  }
  std::vector<Notification> notifications;
  for (Backlog::Entry& entry : turn.batch) notifications.push_back(std::move(entry.notification));
  Outcome outcome = sink_->Send(notifications, stop);
  for (std::size_t i = 0; i < turn.batch.size(); ++i)
    turn.batch[i].notification = std::move(notifications[i]);
  Settle(std::move(turn), std::move(outcome));
}

// What is critical and was not tried yet waits no longer than this, whatever the other side asked for.
Mono Lane::PausedUntil() const {
  constexpr Duration kCriticalWaits = std::chrono::seconds(30);
  constexpr Duration kUntriedWaits = std::chrono::seconds(5);
  const Backlog::Entry* first = backlog_.First(clock_.Now());
  if (first == nullptr || first->attempts > 0) return paused_until_;
  // Nobody asked for this pause: what failed may have been of one group alone.
  if (!pause_was_asked_) return std::min(paused_until_, paused_since_ + kUntriedWaits);
  const bool critical = AnyFiring(first->notification) && MostSevere(first->notification) == Severity::kSev0;
  return critical ? std::min(paused_until_, paused_since_ + kCriticalWaits) : paused_until_;
}

Mono Lane::NextBeside() const {
  return under_way_.empty() ? Mono{} : begun_ + kSlow;
}

std::optional<Lane::Turn> Lane::NextTurn(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    for (const auto& [key, value] : std::exchange(recalled_, {})) sink_->Recall(key, value);
    const Mono now = clock_.Now();
    const std::optional<Mono> upkeep = sink_->UpkeepDue(now);
    const std::optional<Mono> due = backlog_.NextBeside(under_way_);
    const bool idle = !due;
    if (idle && !upkeep) {
      ready_.wait(lock, stop, [this] { return backlog_.NextBeside(under_way_) || !recalled_.empty(); });
      continue;
    }
    const Mono paused = PausedUntil();
    const Mono beside = NextBeside();
    const Mono free = std::max({paused, rate_->NextAt(now), beside});
    const Mono ready = std::max(free, idle ? *upkeep : *due);
    if (ready > now) {
      // The lane's waiting is real time even where tests turn the clock by hand.
      ready_.wait_for(lock, stop, std::min<Duration>(ready - now, std::chrono::seconds(1)), [&] {
        const std::optional<Mono> next = backlog_.NextBeside(under_way_);
        return (next && (idle || *next < *due)) || PausedUntil() < paused || NextBeside() < beside;
      });
      continue;
    }
    const double soon = rate_->Available(now) + (storm_ ? 0 : kNoStorm * traits_.per_second);
    storm_ = static_cast<double>(backlog_.size()) > soon;
    if (!rate_->Take(now)) continue;
    if (upkeep && *upkeep <= now && (idle || sends_since_upkeep_ >= kSendsPerUpkeep)) {
      sends_since_upkeep_ = 0;
      ++busy_threads_;
      return Turn{.batch = {}, .pauses = pauses_};
    }
    ++sends_since_upkeep_;
    Turn turn{.batch = backlog_.Take(storm_ ? traits_.digest : 1, traits_.names, under_way_, now),
              .pauses = pauses_};
    if (backlog_.size() == 0) storm_ = false;
    for (const Backlog::Entry& entry : turn.batch)
      under_way_.emplace(entry.notification.group_key, entry.since);
    begun_ = now;
    ++busy_threads_;
    Grow();
    return turn;
  }
  return std::nullopt;
}

void Lane::Settle(Turn turn, Outcome outcome) {
  std::vector<DeliveryReport> reports;
  for (Backlog::Entry& entry : turn.batch) {
    ++entry.attempts;
    reports.push_back(ReportOn(entry, outcome));
    outcome.keep.clear();  // said once is enough
  }
  if (!outcome.keep.empty())
    reports.push_back({.id = {}, .integration = name_, .outcome = outcome, .at = clock_.WallNow()});
  {
    const std::lock_guard lock(mutex_);
    Count(turn, outcome);
  }
  if (!reports.empty()) report_(std::move(reports));
  std::vector<Backlog::Entry> superseded;
  {
    const std::lock_guard lock(mutex_);
    --busy_threads_;
    for (const Backlog::Entry& entry : turn.batch)
      under_way_.erase(under_way_.find(entry.notification.group_key));
    // What failed beside it has the lane wait already: one outage is one, however many it met.
    if (outcome.verdict == Verdict::kRetry && turn.pauses == pauses_) {
      ++pauses_;
      if (IsOutage(outcome)) Pause(outcome);
    }
    for (Backlog::Entry& entry : turn.batch) {
      if (outcome.verdict != Verdict::kRetry || entry.notification.once) continue;
      entry.not_before = clock_.Now() + options_.retry.Wait({}, entry.attempts, Jitter());
      std::ranges::move(backlog_.Add(std::move(entry)), std::back_inserter(superseded));
    }
  }
  ready_.notify_all();
  SayGone(superseded);
}

// One failure may be that of one message, which the other side cannot bear, or of one of the servers behind its address:
// then others are told meanwhile.
bool Lane::IsOutage(const Outcome& outcome) const {
  constexpr std::uint32_t kOutage = 3;
  const std::optional<Mono> others = backlog_.NextBeside(under_way_);
  // Where one takes so long that others are begun beside it, these meet the same.
  return outcome.retry_after || !under_way_.empty() || counters_.failures_in_a_row >= kOutage || !others ||
         *others > clock_.Now();
}

void Lane::Pause(const Outcome& outcome) {
  const Duration pause = options_.retry.Wait(outcome, counters_.failures_in_a_row, Jitter());
  pause_was_asked_ = outcome.retry_after.has_value();
  paused_since_ = clock_.Now();
  paused_until_ = paused_since_ + pause;
  counters_.paused_until = clock_.WallNow() + pause;
}

void Lane::Count(const Turn& turn, const Outcome& outcome) {
  counters_.refused_items += outcome.refused_items;
  if (outcome.verdict == Verdict::kDelivered) {
    counters_.messages += !turn.batch.empty();
    counters_.digests += turn.batch.size() > 1;
    if (counters_.failures_in_a_row > 1) backlog_.ForgetFailures();
    counters_.failures_in_a_row = 0;
    counters_.refuses = false;
    return;
  }
  ++counters_.failed_attempts;
  if (turn.pauses == pauses_) ++counters_.failures_in_a_row;
  counters_.last_failure = outcome.detail;
  if (outcome.verdict != Verdict::kRefused) return;
  counters_.refused += turn.batch.size();
  counters_.refuses = true;
}

void Lane::SayGone(std::span<const Backlog::Entry> superseded) const {
  if (superseded.empty()) return;
  const Outcome gone{.verdict = Verdict::kDelivered,
                     .detail = "superseded by a newer word on the same group",
                     .superseded = true};
  std::vector<DeliveryReport> reports;
  for (const Backlog::Entry& entry : superseded) reports.push_back(ReportOn(entry, gone));
  report_(std::move(reports));
}

DeliveryReport Lane::ReportOn(const Backlog::Entry& entry, const Outcome& outcome) const {
  return {.id = entry.notification.id,
          .integration = name_,
          .outcome = outcome,
          .attempts = entry.attempts,
          .at = clock_.WallNow()};
}

}  // namespace loadline::collector
