// What a container has used, as tables of schemas/state.fbs and back. A reader gives false for what no writer
// of ours can have meant.
#include <algorithm>

#include "collector/state/piece.h"
#include "collector/usage/container_usage.h"

namespace loadline::collector {

namespace fb = state::fb;
using flatbuffers::Offset;
using state::Builder;

namespace {

bool IsWeight(double weight) {
  return std::isfinite(weight) && weight >= 0;
}

}  // namespace

// ---- histograms and rings

Offset<fb::FineHistogram> FineHistogram::Write(Builder& to) const {
  const auto weights = state::Numbers(to, weights_);
  return fb::CreateFineHistogram(to, state::Ns(reference_), state::Ns(factor_at_), factor_, zero_, total_,
                                 static_cast<std::uint16_t>(first_), weights);
}

bool FineHistogram::Read(const fb::FineHistogram* from) {
  if (from == nullptr) return true;
  weights_ = state::Numbers(from->weights());
  if (from->first() + weights_.size() > kBuckets || !std::ranges::all_of(weights_, IsWeight)) return false;
  if (!IsWeight(from->factor()) || !IsWeight(from->zero()) || !IsWeight(from->total())) return false;
  reference_ = state::Instant(from->reference_ns());
  factor_at_ = state::Instant(from->factor_at_ns());
  factor_ = from->factor();
  zero_ = from->zero();
  total_ = from->total();
  first_ = from->first();
  return true;
}

Offset<fb::BlockRing> BlockRing::Write(Builder& to) const {
  return fb::CreateBlockRing(to, last_, state::Numbers(to, blocks_));
}

bool BlockRing::Read(const Shape& shape, const fb::BlockRing* from) {
  if (from == nullptr) return true;
  last_ = from->last();
  blocks_ = state::Numbers(from->blocks());
  const std::int64_t oldest = shape.IndexOf(kFirstInstant) + static_cast<std::int64_t>(shape.blocks);
  return blocks_.size() <= shape.blocks && last_ >= oldest && last_ <= shape.IndexOf(kLastInstant) &&
         std::ranges::all_of(blocks_, [](std::uint16_t packed) { return packed < kInfinite; });
}

Offset<fb::BlockRing> BlockPeaks::Write(Builder& to) const {
  return ring_.Write(to);
}

Offset<fb::VpaHistogram> DecayingHistogram::Write(Builder& to) const {
  return histogram_.Write(to, reference_);
}

bool DecayingHistogram::Read(const fb::VpaHistogram* from) {
  if (from == nullptr) return true;
  reference_ = state::Instant(from->reference_ns());
  return histogram_.Read(*from);
}

Offset<fb::VpaHistogram> Histogram::Write(Builder& to, const std::optional<Wall>& reference) const {
  const auto weights = state::Numbers(to, weights_);
  return fb::CreateVpaHistogram(to, total_weight_, static_cast<std::uint8_t>(min_bucket_),
                                static_cast<std::uint8_t>(max_bucket_), static_cast<std::uint8_t>(first_),
                                weights, state::Ns(reference));
}

bool Histogram::Read(const fb::VpaHistogram& from) {
  total_weight_ = from.total();
  min_bucket_ = from.least_bucket();
  max_bucket_ = from.most_bucket();
  first_ = from.first();
  weights_ = state::Numbers(from.weights());
  const int buckets = scheme_->Count();
  return min_bucket_ < buckets && max_bucket_ < buckets && first_ + std::ssize(weights_) <= buckets &&
         std::isfinite(total_weight_) &&
         std::ranges::all_of(weights_, [](double weight) { return std::isfinite(weight); });
}

// ---- profiles

Offset<fb::Throttling> Throttling::Write(Builder& to) const {
  return fb::CreateThrottling(to, share_, demand_, need_, state::Ns(need_at_), held_back_, ended_, relapses_,
                              limit_, free_for_.count(), free_mean_, free_peak_);
}

void Throttling::Read(const fb::Throttling* from) {
  if (from == nullptr) return;
  share_ = state::Amount(from->share());
  demand_ = state::Amount(from->demand());
  need_ = state::Amount(from->need());
  need_at_ = state::Instant(from->need_at_ns());
  held_back_ = from->held_back();
  ended_ = from->ended();
  relapses_ = std::min(from->relapses(), kMostRelapses);
  limit_ = from->limit();
  free_for_ = state::Length(from->free_for_ns());
  free_mean_ = state::Amount(from->free_mean());
  free_peak_ = state::Amount(from->free_peak());
}

Offset<fb::CpuProfile> CpuProfile::Write(Builder& to) const {
  const auto minutes = minutes_.Write(to);
  const auto seconds = seconds_.Write(to);
  const auto throttling = throttling_.Write(to);
  const auto startup = to.CreateVector(startup_.data(), startup_.size());
  return fb::CreateCpuProfile(to, minutes, seconds, throttling, state::Ns(started_), startup);
}

bool CpuProfile::Read(const fb::CpuProfile* from) {
  if (from == nullptr) return true;
  throttling_.Read(from->throttling());
  started_ = state::Instant(from->started_ns());
  if (const auto* startup = from->startup()) {
    for (std::size_t i = 0; i < std::min<std::size_t>(startup->size(), startup_.size()); ++i)
      startup_[i] = state::Amount(startup->Get(static_cast<flatbuffers::uoffset_t>(i)));
  }
  return minutes_.Read(from->minutes()) && seconds_.Read(from->seconds());
}

Offset<fb::MemoryProfile> MemoryProfile::Write(Builder& to) const {
  const auto peaks = peaks_.Write(to);
  return fb::CreateMemoryProfile(to, peaks, mean_, mean_weight_, cache_use_, this_hour_, last_hour_,
                                 state::Ns(hour_start_));
}

bool MemoryProfile::Read(const fb::MemoryProfile* from) {
  if (from == nullptr) return true;
  mean_ = state::Amount(from->mean());
  mean_weight_ = state::Amount(from->mean_weight());
  cache_use_ = state::Amount(from->cache_use());
  this_hour_ = state::Amount(from->this_hour());
  last_hour_ = state::Amount(from->last_hour());
  hour_start_ = state::Instant(from->hour_start_ns());
  return peaks_.Read(from->peaks());
}

Offset<fb::KeptSamples> KeptSamples::Write(Builder& to) const {
  const auto cpu = cpu_.Write(to);
  const auto memory = memory_.Write(to);
  return fb::CreateKeptSamples(to, need_.window.count(), need_.block.count(), cpu, memory,
                               state::Ns(open_.start), open_.core_seconds, open_.seconds);
}

bool KeptSamples::Read(const fb::KeptSamples& from) {
  need_ = {.window = state::Length(from.window_ns()), .block = state::Length(from.block_ns())};
  if (need_.every() || Seconds(need_.window) / Seconds(need_.block) > kMostBlocks) return false;
  open_ = {.start = state::Instant(from.open_start_ns()),
           .core_seconds = state::Amount(from.open_core_seconds()),
           .seconds = state::Amount(from.open_seconds())};
  if (open_.start && !(open_.seconds > 0)) return false;
  return cpu_.Read(shape(), from.cpu()) && memory_.Read(shape(), from.memory());
}

// ---- upstream's

Offset<fb::VpaAggregate> VpaAggregate::Write(Builder& to) const {
  const auto cpu = cpu_.Write(to);
  const auto memory = memory_.Write(to);
  return fb::CreateVpaAggregate(to, cpu, memory, state::Ns(first_sample_), state::Ns(last_sample_), samples_);
}

bool VpaAggregate::Read(const fb::VpaAggregate* from) {
  if (from == nullptr) return true;
  first_sample_ = state::Instant(from->first_sample_ns());
  last_sample_ = state::Instant(from->last_sample_ns());
  samples_ = from->samples();
  return samples_ >= 0 && samples_ <= kMostSamples && cpu_.Read(from->cpu()) && memory_.Read(from->memory());
}

Offset<fb::VpaContainer> VpaContainer::Write(Builder& to) const {
  return fb::CreateVpaContainer(to, state::Ns(state_.last_cpu), state::Ns(state_.last_memory),
                                state::Ns(state_.window_end), state_.memory_peak, state_.oom_peak);
}

void VpaContainer::Read(const fb::VpaContainer* from) {
  if (from == nullptr) return;
  state_ = {.last_cpu = state::Instant(from->last_cpu_ns()),
            .last_memory = state::Instant(from->last_memory_ns()),
            .window_end = state::Instant(from->window_end_ns()),
            .memory_peak = from->memory_peak(),
            .oom_peak = from->oom_peak()};
}

// ---- all of it

Offset<fb::Usage> ContainerUsage::Write(Builder& to) const {
  const auto cpu = cpu_.Write(to);
  const auto memory = memory_.Write(to);
  const auto vpa_container = vpa_container_.Write(to);
  const auto vpa = vpa_.Write(to);
  const auto ooms = state::Tables<fb::OomSample>(to, ooms_, [&](const OomSample& kill) {
    return fb::CreateOomSample(to, state::Ns(kill.at), kill.usage, kill.limit, kill.request, kill.near_limit,
                               kill.teller);
  });
  std::vector<Offset<fb::KeptSamples>> each;
  for (const KeptSamples& samples : kept_) {
    if (!samples.need().every()) each.push_back(samples.Write(to));
  }
  const auto kept = each.empty() ? 0 : to.CreateVector(each);
  return fb::CreateUsage(to, cpu, memory, state::Ns(first_seen_), state::Ns(last_seen_), vpa_container, vpa,
                         state::Ns(minute_.start), minute_.length.count(), minute_.core_seconds,
                         state::Ns(last_memory_minute_), ooms, kept);
}

std::optional<ContainerUsage> ContainerUsage::Read(const fb::Usage& from) {
  ContainerUsage usage;
  bool sound =
      usage.cpu_.Read(from.cpu()) && usage.memory_.Read(from.memory()) && usage.vpa_.Read(from.vpa());
  usage.vpa_container_.Read(from.vpa_container());
  usage.first_seen_ = state::Instant(from.first_seen_ns());
  usage.last_seen_ = state::Instant(from.last_seen_ns());
  usage.minute_ = {.start = state::Instant(from.minute_start_ns()),
                   .length = state::Length(from.minute_length_ns()),
                   .core_seconds = state::Amount(from.minute_core_seconds())};
  usage.last_memory_minute_ = state::Instant(from.last_memory_minute_ns());
  state::EachTable(from.ooms(), [&](const fb::OomSample& kill) {
    if (usage.ooms_.size() == kMaxOoms) return;
    usage.ooms_.push_back({.at = state::Instant(kill.at_ns()),
                           .usage = kill.usage(),
                           .limit = kill.limit(),
                           .request = kill.request(),
                           .near_limit = kill.near_limit(),
                           .teller = kill.teller()});
  });
  state::EachTable(from.kept(), [&](const fb::KeptSamples& kept) {
    if (sound && usage.kept_.size() < kMostNeeds) sound = usage.kept_.emplace_back().Read(kept);
  });
  if (!sound) return std::nullopt;
  return usage;
}

}  // namespace loadline::collector
