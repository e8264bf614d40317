#include "collector/usage/container_usage.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace loadline::collector {
namespace {

using std::chrono::minutes;

constexpr VpaAggregation kVpaDefaults;
constexpr double kNearLimit = 0.7;
constexpr Duration kForLong = std::chrono::hours(1);
constexpr Duration kSameStorm = std::chrono::hours(24);

}  // namespace

void ContainerUsage::AddCpu(const CpuSample& sample) {
  if (!(sample.usage_cores >= 0) || sample.interval <= Duration::zero()) return;
  for (KeptSamples& kept : kept_)
    kept.AddCpu(sample.usage_cores, sample.at - sample.interval, sample.interval);
  Seen(sample.at - sample.interval, sample.at);
  cpu_.AddWindow(sample);
  AddMinute(sample);
}

void ContainerUsage::Seen(Wall from, Wall to) {
  if (!first_seen_ || from < *first_seen_) first_seen_ = from;
  last_seen_ = std::max(last_seen_, to);
}

void ContainerUsage::AddMinute(const CpuSample& sample) {
  if (!minute_.start) minute_.start = sample.at - sample.interval;
  minute_.length += sample.interval;
  minute_.core_seconds += sample.usage_cores * Seconds(sample.interval);
  if (minute_.length < minutes(1)) return;
  // A lone window keeps its own mean, free of the rounding of the sum.
  const double mean =
      minute_.length == sample.interval ? sample.usage_cores : minute_.core_seconds / Seconds(minute_.length);
  cpu_.AddMinute(mean, minute_.length, sample.at);
  vpa_container_.AddCpu(mean, *minute_.start, kVpaDefaults, vpa_);
  minute_ = {};
}

void ContainerUsage::Ended() {
  if (minute_.start && minute_.length > Duration::zero()) {
    cpu_.AddMinute(minute_.core_seconds / Seconds(minute_.length), minute_.length,
                   *minute_.start + minute_.length);
  }
  minute_ = {};
  cpu_.Ended(last_seen_);
  memory_.Ended();
}

void ContainerUsage::AddMemory(const MemorySample& sample) {
  if (sample.working_set < 0) return;
  const Wall start = sample.at - sample.interval;
  Seen(start, sample.at);
  memory_.Add(sample);
  for (KeptSamples& kept : kept_) kept.AddMemory(static_cast<double>(sample.working_set), start);
  if (last_memory_minute_ && start < *last_memory_minute_ + minutes(1)) return;
  last_memory_minute_ = start;
  vpa_container_.AddMemory(sample.working_set, start, kVpaDefaults, vpa_);
}

void ContainerUsage::AddOom(const OomSample& kill) {
  vpa_container_.AddOom(kill.request, kill.at, kVpaDefaults, vpa_);
  ooms_.push_back(kill);
  // The usual need and not the latest peak: what grew in a rush up to the limit was stopped on its way.
  ooms_.back().near_limit = kill.limit > 0 && history() >= kForLong &&
                            memory_.mean() > kNearLimit * static_cast<double>(kill.limit);
  KeepFewKills();
}

// A storm of kills is one thing that happened: of two of one node within a day the earlier goes first, unless
// it was larger. So that what was learnt weeks ago is not washed away in an hour.
void ContainerUsage::KeepFewKills() {
  while (ooms_.size() > kMaxOoms) {
    const auto repeated = std::ranges::adjacent_find(ooms_, [](const OomSample& one, const OomSample& next) {
      return next.teller == one.teller && next.at - one.at < kSameStorm &&
             std::max(next.usage, next.limit) >= std::max(one.usage, one.limit);
    });
    ooms_.erase(repeated == ooms_.end() ? ooms_.begin() : repeated);
  }
}

void ContainerUsage::Merge(const ContainerUsage& other) {
  cpu_.Merge(other.cpu_);
  memory_.Merge(other.memory_);
  if (other.first_seen_) Seen(*other.first_seen_, other.last_seen_);
  vpa_.Merge(other.vpa_);
  MergeKills(other);
  for (const KeptSamples& kept : other.kept_) {
    const auto known = std::ranges::find(kept_, kept.need(), &KeptSamples::need);
    if (known != kept_.end()) {
      known->Merge(kept);
    } else {
      kept_.push_back(kept);
    }
  }
}

void ContainerUsage::MergeKills(const ContainerUsage& other) {
  ooms_.insert(ooms_.end(), other.ooms_.begin(), other.ooms_.end());
  std::ranges::stable_sort(ooms_, {}, &OomSample::at);
  KeepFewKills();
}

void ContainerUsage::ForgetKillsOf(std::uint32_t teller) {
  std::erase_if(ooms_, [&](const OomSample& kill) { return kill.teller == teller; });
}

void ContainerUsage::Keep(std::span<const SampleNeed> needs) {
  std::vector<KeptSamples> kept;
  kept.reserve(needs.size());
  for (const SampleNeed& need : needs) {
    const auto known = std::ranges::find(kept_, need, &KeptSamples::need);
    kept.push_back(known != kept_.end() ? std::move(*known) : AsRemembered(need));
  }
  kept_ = std::move(kept);
}

void ContainerUsage::KeepSamples() {
  Keep(std::array{SampleNeed{}});
}

const KeptSamples* ContainerUsage::Kept(const SampleNeed& need) const {
  const auto known = std::ranges::find_if(
      kept_, [&](const KeptSamples& kept) { return kept.need() == need || kept.need().every(); });
  return known != kept_.end() ? &*known : nullptr;
}

KeptSamples ContainerUsage::AsRemembered(const SampleNeed& need) const {
  KeptSamples kept(need);
  if (!first_seen_) return kept;
  constexpr int kADay = std::chrono::hours(24) / SampleNeed::kSample;
  for (int i = 0; i < kADay && !cpu_.minutes().IsEmpty(); ++i) {
    kept.AddCpu(cpu_.minutes().Quantile((i + 0.5) / kADay), last_seen_ - (kADay - i) * SampleNeed::kSample,
                SampleNeed::kSample);
  }
  Wall at = memory_.peaks().begin();
  for (const float peak : memory_.peaks().Blocks()) {
    if (peak > 0) kept.AddMemory(peak, at);
    at += BlockPeaks::kBlock;
  }
  return kept;
}

std::size_t ContainerUsage::SizeBytes() const {
  std::size_t kept = kept_.capacity() * sizeof(KeptSamples);
  for (const KeptSamples& one : kept_) kept += one.HeapBytes();
  return sizeof *this + cpu_.HeapBytes() + memory_.HeapBytes() + vpa_.cpu().histogram().HeapBytes() +
         vpa_.memory().histogram().HeapBytes() + ooms_.capacity() * sizeof(OomSample) + kept;
}

}  // namespace loadline::collector
