#include "collector/usage/throttling.h"

#include <algorithm>

#include "collector/usage/bucket_scheme.h"

namespace loadline::collector {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr Duration kMean = minutes(2);
// Running free for this long, the use itself tells the need.
constexpr Duration kMeasure = minutes(1);
// The need found is remembered whole for two weeks, so that a weekly load is not forgotten, and then fades.
constexpr Duration kRemember = 14 * hours(24);

// A window that uses so much of its limit was at it all the time; a second need not be measured as exactly.
constexpr double kUsesLimit = 0.95;
constexpr double kReachesLimit = 0.99;
// Of the seconds: above, all that was stopped is demand.
constexpr double kBusyShare = 0.5;

// How much of what was stopped is demand that the limit left undone.
double ShareLeftUndone(const CpuSample& sample) {
  const double limit = static_cast<double>(sample.limit) / 1000;
  if (limit <= 0 || sample.one_second.empty() || sample.usage_cores >= kUsesLimit * limit) return 1;
  const BucketScheme& scheme = BucketScheme::Cpu();
  double seconds = 0;
  double at_limit = 0;
  for (const wire::CpuWindow::Bin& bin : sample.one_second) {
    if (bin.bucket >= scheme.Count()) continue;
    seconds += bin.count;
    if (scheme.End(bin.bucket) >= kReachesLimit * limit) at_limit += bin.count;
  }
  return seconds > 0 ? std::min(1.0, at_limit / (kBusyShare * seconds)) : 1;
}

// A running mean; x / (1 + x) is 1 - e^-x for the short steps that occur, without the cost of the
// exponential.
double StepTowards(double mean, double value, Duration interval) {
  const double step = Seconds(interval) / Seconds(kMean);
  return mean + (value - mean) * step / (1 + step);
}

}  // namespace

void Throttling::Add(const CpuSample& sample) {
  const double seconds = Seconds(sample.interval);
  const double share =
      sample.periods == 0 ? 0 : static_cast<double>(sample.throttled_periods) / sample.periods;
  // Waiting tells of demand only while the limit is in play: otherwise it is the neighbours'.
  const double stopped = sample.throttled_seconds + (share > kHeldBack ? sample.run_queue_wait_seconds : 0);
  const double demand = sample.usage_cores + ShareLeftUndone(sample) * stopped / seconds;
  if (share > kHeldBack && !held_back_ && share_ < kFree) {
    // The first window that is held back is taken at its word: waiting for the mean would cost minutes.
    share_ = share;
    demand_ = demand;
  } else {
    share_ = StepTowards(share_, share, sample.interval);
    demand_ = share > kHeldBack ? StepTowards(demand_, demand, sample.interval) : demand_;
  }
  limit_ = sample.limit;

  if (share > kHeldBack && share_ > kHeldBack) {
    HeldBack(sample);
  } else {
    Measure(sample, share);
  }
}

void Throttling::HeldBack(const CpuSample& sample) {
  const bool measured = need_at_ && !held_back_;
  if (measured && sample.at - *need_at_ > kRemember) relapses_ = 0;
  if (measured && relapses_ < kMostRelapses) ++relapses_;
  held_back_ = true;
  need_ = demand_;
  need_at_ = sample.at;
  free_for_ = {};
  free_mean_ = free_peak_ = 0;
}

Duration Throttling::WatchedFor() const {
  return kMeasure * (1 << relapses_);
}

void Throttling::Measure(const CpuSample& sample, double share) {
  if (held_back_ && share > kFree) return;  // Neither held back nor free: wait.
  free_mean_ = free_for_ == Duration::zero() ? sample.usage_cores
                                             : StepTowards(free_mean_, sample.usage_cores, sample.interval);
  free_for_ += sample.interval;
  free_peak_ = std::max(free_peak_, free_mean_);
  if (!need_at_ || free_for_ < WatchedFor()) return;
  if (held_back_) {
    Take(free_peak_, sample.at);
  } else if (free_mean_ >= need_) {
    need_ = free_mean_;
    need_at_ = sample.at;
  }
}

void Throttling::Take(double measured, Wall at) {
  held_back_ = false;
  share_ = 0;
  need_ = measured;
  need_at_ = at;
}

double Throttling::NeedAt(Wall now) const {
  if (!need_at_) return 0;
  const double faded = Seconds(now - *need_at_ - kRemember) / Seconds(kRemember);
  return faded <= 0 ? need_ : faded >= 1 ? 0 : need_ * (1 - faded);
}

void Throttling::Merge(const Throttling& other) {
  const auto open = [](const Throttling& t) { return t.held_back_ && t.ended_; };
  const auto free = [](const Throttling& t, const Throttling& than) {
    return !t.held_back_ && t.free_for_ >= than.WatchedFor();
  };
  const auto held_now = [](const Throttling& t) { return t.held_back_ && !t.ended_; };
  const double share = std::max(share_, other.share_);
  const bool still_held = held_now(*this) || held_now(other);
  if (open(*this) && free(other, *this)) {
    const Wall at = *need_at_;
    const std::uint8_t relapses = relapses_;
    *this = other;
    Take(free_peak_, at);
    relapses_ = relapses;
  } else if (open(other) && free(*this, other)) {
    Take(std::max(need_at_ ? need_ : 0, free_peak_), *other.need_at_);
    relapses_ = std::max(relapses_, other.relapses_);
  } else if (other.need_ > need_ || (other.held_back_ && !held_back_)) {
    *this = other;
  }
  if (still_held) ended_ = false;
  share_ = share;
}

}  // namespace loadline::collector
