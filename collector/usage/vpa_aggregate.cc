#include "collector/usage/vpa_aggregate.h"

#include <algorithm>

#include "schemas/base/saturating.h"

namespace loadline::collector {
namespace {

// A sample a minute of as many containers as there can be: sums of such counts are still counts.

}  // namespace

VpaAggregate::VpaAggregate(Duration half_life)
    : cpu_(BucketScheme::Cpu(), half_life), memory_(BucketScheme::Memory(), half_life) {}

void VpaAggregate::AddCpu(double cores, double weight, Wall at) {
  cpu_.AddSample(cores, weight, at);
  if (!first_sample_ || at < *first_sample_) first_sample_ = at;
  if (!last_sample_ || at > *last_sample_) last_sample_ = at;
  ++samples_;
}

void VpaAggregate::Merge(const VpaAggregate& other) {
  cpu_.Merge(other.cpu_);
  memory_.Merge(other.memory_);
  if (other.first_sample_ && (!first_sample_ || *other.first_sample_ < *first_sample_)) {
    first_sample_ = other.first_sample_;
  }
  if (other.last_sample_ && (!last_sample_ || *other.last_sample_ > *last_sample_))
    last_sample_ = other.last_sample_;
  samples_ += other.samples_;
}

VpaCheckpoint VpaAggregate::Save() const {
  return {.cpu = cpu_.Save(),
          .memory = memory_.Save(),
          .first_sample = first_sample_,
          .last_sample = last_sample_,
          .samples = samples_};
}

Result<void> VpaAggregate::Load(const VpaCheckpoint& checkpoint) {
  if (checkpoint.samples < 0 || checkpoint.samples > kMostSamples)
    return Failure(ErrorKind::kInvalid, "the number of samples is none");
  if (auto loaded = memory_.Load(checkpoint.memory); !loaded) return Failure(loaded.error().In("memory"));
  if (auto loaded = cpu_.Load(checkpoint.cpu); !loaded) return Failure(loaded.error().In("cpu"));
  first_sample_ = checkpoint.first_sample;
  last_sample_ = checkpoint.last_sample;
  samples_ = checkpoint.samples;
  return {};
}

void VpaContainer::AddCpu(double cores, Wall at, const VpaAggregation& how, VpaAggregate& into) {
  if (!(cores >= 0) || (state_.last_cpu && at <= *state_.last_cpu)) return;
  state_.last_cpu = at;
  into.AddCpu(cores, how.cpu_sample_weight, at);
}

void VpaContainer::AddMemory(Bytes usage, Wall at, const VpaAggregation& how, VpaAggregate& into) {
  if (usage < 0 || (state_.last_memory && at < *state_.last_memory)) return;
  AddMemorySample(usage, at, false, how, into);
}

void VpaContainer::AddOom(Bytes request, Wall at, const VpaAggregation& how, VpaAggregate& into) {
  if (state_.last_memory && at < *state_.last_memory - how.memory_interval) return;
  // The peak that an earlier kill put in is left out, so that repeated kills at one request do not run away.
  const Bytes used = std::max(request, state_.memory_peak);
  const Bytes scaled = SaturatingWhole(static_cast<double>(used) * how.oom_bump_ratio);
  AddMemorySample(std::max(SaturatingSum(used, how.oom_min_bump), scaled), at, true, how, into);
}

void VpaContainer::AddMemorySample(Bytes usage, Wall at, bool is_oom, const VpaAggregation& how,
                                   VpaAggregate& into) {
  state_.last_memory = at;
  if (!state_.window_end) state_.window_end = at;
  if (at < *state_.window_end) {
    const Bytes held = std::max(state_.memory_peak, state_.oom_peak);
    if (held == 0 || usage <= held) return;
    into.SubtractMemoryPeak(held, *state_.window_end);
  } else {
    *state_.window_end += ((at - *state_.window_end) / how.memory_interval + 1) * how.memory_interval;
    state_.memory_peak = 0;
    state_.oom_peak = 0;
  }
  into.AddMemoryPeak(usage, *state_.window_end);
  (is_oom ? state_.oom_peak : state_.memory_peak) = usage;
}

}  // namespace loadline::collector
