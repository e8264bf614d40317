#include "collector/recommend/kills.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <ranges>
#include <utility>
#include <vector>

#include "collector/recommend/season.h"
#include "schemas/base/units.h"

namespace loadline::collector {
namespace {

using std::chrono::hours;

// Many need little more, so the step is taken back once the need is seen: 4.2 * 4.2 > 16.
constexpr double kStep = 4.2;
// A container that had lived close to its limit for long may need little more, or have met a peak.
constexpr double kStepNear = 2;
// Steps are meant for what was started far too small. A large container gets at most this much more, or this
// share of what it had.
constexpr double kMostAdded = 4.0 * static_cast<double>(kGiB);
constexpr double kMostAddedShare = 0.25;
constexpr Duration kStepFor = hours(24);
// Over a killed size, once the step is taken back. Who is killed again with that has a peak whose height nobody has
// seen: each time it is looked for further up.
constexpr std::array kAbove = {1.15, 1.6, 2.0};
// A limit was raised that is at least so many times the one before.
constexpr double kGiven = 1.05;

constexpr Duration kWholeFor = 3 * hours(24);
constexpr Duration kHalfLife = hours(134);  // as of memory peaks: 5.6 days
constexpr Duration kFadesFor = 25 * hours(24);
constexpr Duration kLongest = 28 * hours(24);
// Kills that are closer together are one thing that happened.
constexpr Duration kApart = hours(24);
// A smaller one renews a larger one when it comes near it.
constexpr double kLike = 0.5;
constexpr Duration kPeakHeldFor = 8 * hours(24);
// Peaks are kept rounded up by less than that.
constexpr double kRounding = 1.01;

double SizeOf(const OomSample& kill) {
  return static_cast<double>(std::max({kill.limit, kill.usage, kill.limit == 0 ? kill.request : 0}));
}

double Stepped(double size, bool near_limit) {
  const double most = size + std::max(kMostAdded, kMostAddedShare * size);
  return std::min(size * (near_limit ? kStepNear : kStep), most);
}

// Whether the last of them had lived near its limit for long. Started anew after one that had, it did so before.
bool IsNearLimit(std::span<const OomSample> kills) {
  const OomSample& last = kills.back();
  return std::ranges::any_of(kills, [&](const OomSample& kill) {
    return kill.near_limit && last.at - kill.at < kStepFor && SizeOf(kill) >= SizeOf(last);
  });
}

// What is left of a kill of which `age` has passed since it was last renewed, in shares.
double Left(Duration age, Duration whole_for) {
  const Duration fading = age - whole_for;
  if (fading <= Duration::zero()) return 1;
  return fading > kFadesFor ? 0 : std::exp2(-Seconds(fading) / Seconds(kHalfLife));
}

// How much over its size the last of these kills asks for: by how often it had been given more, and was not enough.
double AboveLast(std::span<const OomSample> kills) {
  std::size_t times = 0;
  const OomSample* beyond = &kills.back();
  for (const OomSample& kill : kills | std::views::reverse) {
    const Duration pause = beyond->at - kill.at;
    if (pause > kLongest) break;
    if (pause < kApart || SizeOf(kill) < kLike * SizeOf(*beyond) || SizeOf(kill) * kGiven > SizeOf(*beyond))
      continue;
    beyond = &kill;
    ++times;
  }
  return kAbove[std::min(times, kAbove.size() - 1)];
}

// The highest use beyond that kill's size since, while it is held.
double PeakSince(const OomSample& kill, const BlockPeaks& peaks, Wall seen) {
  if (peaks.IsEmpty()) return 0;
  const double size = kRounding * SizeOf(kill);
  std::vector<std::pair<Wall, double>> beyond;
  Duration held_for = kPeakHeldFor;
  Wall at = peaks.begin();
  for (const double peak : peaks.Blocks()) {
    const Wall begin = std::exchange(at, at + BlockPeaks::kBlock);
    const bool is_before = at <= kill.at;
    if (is_before || peak <= size || IsOfSeason(peaks, begin, peak)) continue;
    const Duration pause = beyond.empty() ? Duration::zero() : begin - beyond.back().first;
    if (pause >= kApart) held_for = std::clamp<Duration>(2 * pause, held_for, kLongest);
    beyond.emplace_back(begin, peak);
  }
  double highest = 0;
  for (const auto& [begin, peak] : beyond) {
    if (seen - begin < held_for) highest = std::max(highest, peak);
  }
  return highest;
}

}  // namespace

double PeakThatKilled(std::span<const OomSample> kills, const BlockPeaks& peaks, Wall seen) {
  double highest = 0;
  for (const OomSample& kill : kills) highest = std::max(highest, PeakSince(kill, peaks, seen));
  return highest;
}

double NeedAfterKills(std::span<const OomSample> kills, Wall seen) {
  double need = 0;
  for (std::size_t i = 0; i < kills.size(); ++i) {
    const double size = SizeOf(kills[i]);
    if (seen - kills[i].at < kStepFor) need = std::max(need, Stepped(size, IsNearLimit(kills.first(i + 1))));
    // Who was killed a week after the last time may be so again after another: until then and as long again.
    Wall renewed = kills[i].at;
    Duration whole_for = kWholeFor;
    for (const OomSample& later : kills.subspan(i + 1)) {
      if (SizeOf(later) < kLike * size) continue;
      if (later.at - renewed >= kApart)
        whole_for = std::clamp<Duration>(2 * (later.at - renewed), whole_for, kLongest);
      renewed = later.at;
    }
    need = std::max(need, size * AboveLast(kills.first(i + 1)) * Left(seen - renewed, whole_for));
  }
  return need;
}

}  // namespace loadline::collector
