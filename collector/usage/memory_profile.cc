#include "collector/usage/memory_profile.h"

#include <algorithm>
#include <cmath>

namespace loadline::collector {
namespace {

using std::chrono::hours;

constexpr double kMeanHalfLife = 5 * 86'400;
constexpr double kPageSize = 4096;
// After the beginning of the hour that was seen last.
constexpr Duration kHeard = hours(3);
// Cache is in use when a hundredth of it comes back in an hour, or a thousandth of the time is spent stalled
// on memory.
constexpr double kRefaultShareAnHour = 0.01;
constexpr double kStalledShare = 0.001;
// Unused cache is believed to be so only slowly, and never wholly.
constexpr double kLeastCacheUse = 0.25;
constexpr double kCacheUseHalfLife = 86'400;

// 2^-x for the short steps that occur, without the cost of the exponential.
double Halving(double x) {
  return 1 / (1 + M_LN2 * x);
}

// When the newest of them ends.
Wall EndOf(const BlockPeaks& peaks) {
  if (peaks.IsEmpty()) return Wall{};
  return peaks.begin() + static_cast<std::int64_t>(peaks.Blocks().size()) * BlockPeaks::kBlock;
}

bool HasParts(const MemorySample& sample) {
  return sample.anon > 0 || sample.file > 0;
}

}  // namespace

double MemoryProfile::NeedOf(const MemorySample& sample) const {
  const auto working_set = static_cast<double>(sample.working_set);
  if (!HasParts(sample)) return working_set;
  // Shared memory is counted as file by the kernel, but cannot be dropped.
  const auto fixed = static_cast<double>(sample.anon + sample.kernel + sample.shmem);
  const double cache = std::max(0.0, working_set - fixed);
  const auto droppable = static_cast<double>(std::max<Bytes>(0, sample.file - sample.shmem));
  // Between two samples more was used: as much of that as the cache cannot explain is need.
  const double peak = static_cast<double>(sample.peak) - droppable;
  return std::max(fixed, peak) + cache * cache_use_;
}

void MemoryProfile::Add(const MemorySample& sample) {
  const double seconds = Seconds(sample.interval);
  if (HasParts(sample) && seconds > 0) {
    const double refaulted = static_cast<double>(sample.refaults) * kPageSize;
    const double needed_back = kRefaultShareAnHour * static_cast<double>(sample.file) * seconds / 3600;
    const bool in_use = (sample.refaults > 0 && refaulted > needed_back) ||
                        sample.pressure_some_seconds > kStalledShare * seconds;
    const double idle = kLeastCacheUse + (cache_use_ - kLeastCacheUse) * Halving(seconds / kCacheUseHalfLife);
    cache_use_ = in_use ? 1 : idle;
  }
  const double need = NeedOf(sample);
  const Wall start = sample.at - sample.interval;
  peaks_.Add(need, start);

  const double weight = std::max(seconds, 1.0);
  mean_weight_ = mean_weight_ * Halving(weight / kMeanHalfLife) + weight;
  mean_ += (need - mean_) * weight / mean_weight_;

  if (!hour_start_ || start >= *hour_start_ + hours(1)) {
    last_hour_ = hour_start_ && start < *hour_start_ + hours(2) ? this_hour_ : 0;
    this_hour_ = 0;
    hour_start_ = start;
  }
  this_hour_ = std::max(this_hour_, need);
}

void MemoryProfile::AddDays(std::span<const double> peaks, Wall last) {
  if (peaks.empty()) return;
  double sum = 0;
  for (std::size_t day = 0; day < peaks.size(); ++day) {
    peaks_.Add(peaks[day], last - day * hours(24));
    sum += peaks[day];
  }
  const double mean = sum / static_cast<double>(peaks.size());
  const double weight = mean_weight_ + Seconds(hours(24));
  mean_ = (mean_ * mean_weight_ + mean * Seconds(hours(24))) / weight;
  mean_weight_ = weight;
}

void MemoryProfile::Merge(const MemoryProfile& other) {
  double own = mean_weight_;
  double theirs = other.mean_weight_;
  // Of two that run both means are of now. What has ended forgets as it would have.
  if (!hour_start_ || !other.hour_start_) {
    const double apart = Seconds(EndOf(other.peaks_) - EndOf(peaks_));
    (apart > 0 ? own : theirs) *= std::exp2(-std::abs(apart) / kMeanHalfLife);
  }
  peaks_.Merge(other.peaks_);
  if (own + theirs > 0) mean_ = (mean_ * own + other.mean_ * theirs) / (own + theirs);
  mean_weight_ = std::max(own, theirs);
  cache_use_ = std::max(cache_use_, other.cache_use_);
  MergeHours(other);
}

// Of one that was not heard of for hours nobody knows what it holds now.
void MemoryProfile::MergeHours(const MemoryProfile& other) {
  if (!other.hour_start_) return;
  if (hour_start_ && !other.IsHeardAt(*hour_start_)) return;
  if (!hour_start_ || !IsHeardAt(*other.hour_start_)) this_hour_ = last_hour_ = 0;
  this_hour_ = std::max(this_hour_, other.recent_peak());
  hour_start_ = std::max(hour_start_.value_or(*other.hour_start_), *other.hour_start_);
}

void MemoryProfile::Ended() {
  this_hour_ = last_hour_ = 0;
  hour_start_.reset();
}

bool MemoryProfile::IsHeardAt(Wall now) const {
  return hour_start_ && now < *hour_start_ + kHeard;
}

}  // namespace loadline::collector
