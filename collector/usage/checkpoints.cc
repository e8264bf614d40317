#include "collector/usage/checkpoints.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace loadline::collector {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// Upstream's histograms forget by half in a day: what is older than this is nothing in them.
constexpr int kMostDays = 8;
// Of one bucket: ten years. A checkpoint can weigh as much as a number can, and says then only where it
// weighs.
constexpr double kMostMinutes = 10 * 366 * 24 * 60;

// A reference is rounded to half-lives, and that of memory may be of the end of the day under way. In one of
// the far future all that is measured until then would weigh nothing.
constexpr Duration kMostAhead = hours(7 * 24);

double MiddleOf(const BucketScheme& scheme, int bucket) {
  return (scheme.Start(bucket) + scheme.End(bucket)) / 2;
}

// The value below which `share` of the weight lies.
double Quantile(const Histogram& histogram, double share) {
  double sum = 0;
  int bucket = histogram.min_bucket();
  for (; bucket < histogram.max_bucket(); ++bucket) {
    sum += histogram.Weight(bucket);
    if (sum >= share * histogram.total_weight()) break;
  }
  return MiddleOf(histogram.scheme(), bucket);
}

// Peaks of `days` days, newest first, that are distributed as the histogram is. It does not tell which day
// had which, so they are strewn evenly: neither the recent days nor the early ones are the high ones. The
// highest is among them.
std::vector<double> DailyPeaks(const Histogram& histogram, int days) {
  constexpr double kGoldenRatio = 0.6180339887498949;
  std::vector<double> place(static_cast<std::size_t>(days));
  for (std::size_t day = 0; day < place.size(); ++day)
    place[day] = std::fmod(static_cast<double>(day + 1) * kGoldenRatio, 1.0);
  std::vector<double> peaks;
  for (const double own : place) {
    const auto rank = std::ranges::count_if(place, [&](double other) { return other < own; });
    const bool highest = rank + 1 == days;
    peaks.push_back(Quantile(histogram, highest ? 1 : (static_cast<double>(rank) + 0.5) / days));
  }
  return peaks;
}

}  // namespace

Result<ContainerUsage> ContainerUsage::FromCheckpoint(const VpaCheckpoint& checkpoint) {
  if (!checkpoint.first_sample || !checkpoint.last_sample || checkpoint.samples <= 0)
    return Failure(ErrorKind::kInvalid, "the checkpoint holds no samples");
  if (*checkpoint.last_sample < *checkpoint.first_sample)
    return Failure(ErrorKind::kInvalid, "the checkpoint's last sample is before its first");
  ContainerUsage usage;
  const Wall last = *checkpoint.last_sample;
  for (const auto& reference : {checkpoint.cpu.reference, checkpoint.memory.reference}) {
    if (reference && *reference > last + kMostAhead)
      return Failure(ErrorKind::kInvalid, "the checkpoint's weights are of a time after its last sample");
  }
  if (auto loaded = usage.vpa_.Load(checkpoint); !loaded) return Failure(loaded.error());
  usage.Seen(*checkpoint.first_sample, last);

  // A sample stands for a minute, and weighs less the older it is.
  const DecayingHistogram& cpu = usage.vpa_.cpu();
  const double age = cpu.reference() ? Seconds(last - *cpu.reference()) / Seconds(cpu.half_life()) : 0;
  const double minutes_per_weight = std::exp2(-age) / VpaAggregation{}.cpu_sample_weight;
  for (int bucket = cpu.histogram().min_bucket(); bucket <= cpu.histogram().max_bucket(); ++bucket) {
    const double count = cpu.histogram().Weight(bucket) * minutes_per_weight;
    if (!(count > 0) || !std::isfinite(count)) continue;
    const auto length = std::chrono::duration_cast<Duration>(std::min(count, kMostMinutes) * minutes(1));
    usage.cpu_.AddMinute(MiddleOf(cpu.histogram().scheme(), bucket), length, last);
  }

  if (const Histogram& memory = usage.vpa_.memory().histogram(); !memory.IsEmpty()) {
    const auto days = std::clamp((last - *checkpoint.first_sample) / hours(24) + 1, std::int64_t{1},
                                 std::int64_t{kMostDays});
    usage.memory_.AddDays(DailyPeaks(memory, static_cast<int>(days)), last);
  }
  return usage;
}

VpaCheckpoint CheckpointOf(std::span<const ContainerUsage* const> running,
                           std::span<const ContainerUsage* const> gone, Wall now) {
  VpaAggregate sum;
  for (const auto& part : std::array{running, gone}) {
    for (const ContainerUsage* usage : part) sum.Merge(usage->vpa());
  }
  for (const ContainerUsage* usage : running) {
    const VpaContainer::State& open = usage->vpa_container().state();
    if (open.window_end && now < *open.window_end)
      sum.SubtractMemoryPeak(std::max(open.memory_peak, open.oom_peak), *open.window_end);
  }
  return sum.Save();
}

}  // namespace loadline::collector
