// What versions before schemas/state.fbs saved of usage: fixed places and no tags. It is read once, after the
// upgrade; nothing is written so any more.
#include <algorithm>
#include <cmath>

#include "collector/usage/container_usage.h"

namespace loadline::collector {
namespace {

constexpr std::uint8_t kFormat = 4;
constexpr std::uint8_t kFormatBeforeTellers = 3;  // who tells of a kill is not in it
constexpr std::uint8_t kFormatBeforeSamples = 2;  // nor are samples kept
// In the saved form of Throttling's `held_back_`.
constexpr std::uint8_t kHeldBackBit = 1;
constexpr std::uint8_t kEndedBit = 2;
constexpr int kRelapsesShift = 2;

template <typename T>
T GetWeight(ByteReader& in) {
  const T weight = in.Get<T>();
  if (!std::isfinite(weight) || weight < 0) in.Reject();
  return weight;
}

OomSample ReadOom(ByteReader& in, std::uint8_t format) {
  OomSample kill;
  if (const auto at = in.GetTime()) kill.at = *at;
  kill.usage = in.Get<Bytes>();
  kill.limit = in.Get<Bytes>();
  kill.request = in.Get<Bytes>();
  kill.near_limit = in.Get<std::uint8_t>() != 0;
  if (format == kFormat) kill.teller = in.Get<std::uint32_t>();
  return kill;
}

}  // namespace

void BlockRing::ReadBeforeTags(const Shape& shape, ByteReader& in) {
  last_ = in.Get<std::int64_t>();
  const std::uint64_t size = in.GetVarint();
  const std::int64_t oldest = shape.IndexOf(kFirstInstant) + static_cast<std::int64_t>(shape.blocks);
  if (size > shape.blocks || last_ < oldest || last_ > shape.IndexOf(kLastInstant)) return in.Reject();
  blocks_.resize(size);
  for (std::uint16_t& packed : blocks_) {
    packed = in.Get<std::uint16_t>();
    if (packed >= kInfinite) return in.Reject();
  }
}

void CpuProfile::ReadBeforeTags(ByteReader& in) {
  minutes_.ReadBeforeTags(in);
  seconds_.ReadBeforeTags(in);
  throttling_.ReadBeforeTags(in);
  started_ = in.GetTime();
  for (float& minute : startup_) minute = in.GetAmount<float>();
}

void DecayingHistogram::ReadBeforeTags(ByteReader& in) {
  histogram_.ReadBeforeTags(in);
  reference_ = in.GetTime();
}

void FineHistogram::ReadBeforeTags(ByteReader& in) {
  reference_ = in.GetTime();
  factor_at_ = in.GetTime().value_or(Wall{});
  for (double* value : {&factor_, &zero_, &total_}) *value = GetWeight<double>(in);
  const std::uint64_t first = in.GetVarint();
  const std::uint64_t size = in.GetVarint();
  if (first > kBuckets || size > kBuckets || first + size > kBuckets) return in.Reject();
  first_ = static_cast<int>(first);
  weights_.resize(size);
  for (float& weight : weights_) weight = GetWeight<float>(in);
}

void Histogram::ReadBeforeTags(ByteReader& in) {
  total_weight_ = in.Get<double>();
  min_bucket_ = in.Get<std::uint8_t>();
  max_bucket_ = in.Get<std::uint8_t>();
  first_ = in.Get<std::uint8_t>();
  const int size = in.Get<std::uint8_t>();
  if (min_bucket_ >= scheme_->Count() || max_bucket_ >= scheme_->Count() ||
      first_ + size > scheme_->Count()) {
    return in.Reject();
  }
  weights_.resize(static_cast<std::size_t>(size));
  for (double& weight : weights_) {
    weight = in.Get<double>();
    if (!std::isfinite(weight)) return in.Reject();
  }
  if (!std::isfinite(total_weight_)) in.Reject();
}

void KeptSamples::ReadBeforeTags(ByteReader& in) {
  need_.window = in.GetLength();
  need_.block = in.GetLength();
  if (need_.block <= Duration::zero() || Seconds(need_.window) / Seconds(need_.block) > kMostBlocks) {
    return in.Reject();
  }
  cpu_.ReadBeforeTags(shape(), in);
  memory_.ReadBeforeTags(shape(), in);
  open_.start = in.GetTime();
  open_.core_seconds = in.GetAmount<double>();
  open_.seconds = in.GetAmount<double>();
  if (open_.start && !(open_.seconds > 0)) in.Reject();
}

void MemoryProfile::ReadBeforeTags(ByteReader& in) {
  peaks_.ReadBeforeTags(in);
  for (double* value : {&mean_, &mean_weight_, &cache_use_, &this_hour_, &last_hour_})
    *value = in.GetAmount<double>();
  hour_start_ = in.GetTime();
}

void Throttling::ReadBeforeTags(ByteReader& in) {
  for (double* value : {&share_, &demand_, &need_, &free_mean_, &free_peak_}) *value = in.GetAmount<double>();
  need_at_ = in.GetTime();
  const auto state = in.Get<std::uint8_t>();
  held_back_ = (state & kHeldBackBit) != 0;
  ended_ = (state & kEndedBit) != 0;
  relapses_ = std::min<std::uint8_t>(state >> kRelapsesShift, kMostRelapses);
  limit_ = in.Get<MilliCores>();
  free_for_ = in.GetLength();
}

void VpaAggregate::ReadBeforeTags(ByteReader& in) {
  cpu_.ReadBeforeTags(in);
  memory_.ReadBeforeTags(in);
  first_sample_ = in.GetTime();
  last_sample_ = in.GetTime();
  samples_ = in.Get<std::int64_t>();
  if (samples_ < 0 || samples_ > kMostSamples) in.Reject();
}

void VpaContainer::ReadBeforeTags(ByteReader& in) {
  state_.last_cpu = in.GetTime();
  state_.last_memory = in.GetTime();
  state_.window_end = in.GetTime();
  state_.memory_peak = in.Get<Bytes>();
  state_.oom_peak = in.Get<Bytes>();
}

Result<ContainerUsage> ContainerUsage::ReadBeforeTags(std::string_view bytes) {
  ByteReader in(bytes);
  const auto format = in.Get<std::uint8_t>();
  if (format != kFormat && format != kFormatBeforeTellers && format != kFormatBeforeSamples)
    return Failure(ErrorKind::kUnsupported, "container usage: unknown format");
  ContainerUsage usage;
  usage.cpu_.ReadBeforeTags(in);
  usage.memory_.ReadBeforeTags(in);
  usage.first_seen_ = in.GetTime();
  usage.last_seen_ = in.GetTime().value_or(Wall{});
  usage.vpa_container_.ReadBeforeTags(in);
  usage.vpa_.ReadBeforeTags(in);
  usage.minute_.start = in.GetTime();
  usage.minute_.length = in.GetLength();
  usage.minute_.core_seconds = in.GetAmount<double>();
  usage.last_memory_minute_ = in.GetTime();
  const std::uint64_t kills = in.GetVarint();
  for (std::uint64_t i = 0; i < kills && i < kMaxOoms; ++i) usage.ooms_.push_back(ReadOom(in, format));
  const std::uint64_t needs = format == kFormatBeforeSamples ? 0 : in.GetVarint();
  for (std::uint64_t i = 0; i < needs && i < kMostNeeds; ++i) usage.kept_.emplace_back().ReadBeforeTags(in);
  if (!in.ok() || !in.AtEnd() || kills > kMaxOoms || needs > kMostNeeds)
    return Failure(ErrorKind::kInvalid, "container usage: damaged bytes");
  return usage;
}

}  // namespace loadline::collector
