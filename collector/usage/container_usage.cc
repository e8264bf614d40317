#include "collector/usage/container_usage.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace loadline::collector {
namespace {

using std::chrono::minutes;

constexpr std::uint8_t kFormat = 4;
constexpr std::uint8_t kFormatBeforeTellers = 3;  // who tells of a kill is not in it
constexpr std::uint8_t kFormatBeforeSamples = 2;  // nor are samples kept
constexpr VpaAggregation kVpaDefaults;
constexpr double kNearLimit = 0.7;
constexpr std::size_t kMostNeeds = 4;  // an algorithm, one to compare, and what is being given up

void Write(ByteWriter& out, const OomSample& kill) {
  out.PutTime(kill.at);
  out.Put(kill.usage);
  out.Put(kill.limit);
  out.Put(kill.request);
  out.Put<std::uint8_t>(kill.near_limit);
  out.Put(kill.teller);
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
  cpu_.Ended();
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
  if (ooms_.size() == kMaxOoms) ooms_.erase(ooms_.begin());
  ooms_.push_back(kill);
  // The usual need and not the latest peak: what grew in a rush up to the limit was stopped on its way.
  ooms_.back().near_limit = kill.limit > 0 && memory_.mean() > kNearLimit * static_cast<double>(kill.limit);
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
  if (ooms_.size() > kMaxOoms) ooms_.erase(ooms_.begin(), ooms_.end() - kMaxOoms);
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

std::string ContainerUsage::Save() const {
  ByteWriter out;
  out.Put(kFormat);
  cpu_.Write(out);
  memory_.Write(out);
  out.PutTime(first_seen_);
  out.PutTime(last_seen_);
  vpa_container_.Write(out);
  vpa_.Write(out);
  out.PutTime(minute_.start);
  out.Put(static_cast<std::int64_t>(minute_.length.count()));
  out.Put(minute_.core_seconds);
  out.PutTime(last_memory_minute_);
  out.PutVarint(ooms_.size());
  for (const OomSample& kill : ooms_) Write(out, kill);
  const auto is_saved = [](const KeptSamples& kept) { return !kept.need().every(); };
  out.PutVarint(static_cast<std::uint64_t>(std::ranges::count_if(kept_, is_saved)));
  for (const KeptSamples& kept : kept_) {
    if (is_saved(kept)) kept.Write(out);
  }
  return out.Take();
}

Result<ContainerUsage> ContainerUsage::Load(std::string_view bytes) {
  ByteReader in(bytes);
  const auto format = in.Get<std::uint8_t>();
  if (format != kFormat && format != kFormatBeforeTellers && format != kFormatBeforeSamples)
    return Failure(ErrorKind::kUnsupported, "container usage: unknown format");
  ContainerUsage usage;
  usage.cpu_.Read(in);
  usage.memory_.Read(in);
  usage.first_seen_ = in.GetTime();
  usage.last_seen_ = in.GetTime().value_or(Wall{});
  usage.vpa_container_.Read(in);
  usage.vpa_.Read(in);
  usage.minute_.start = in.GetTime();
  usage.minute_.length = in.GetLength();
  usage.minute_.core_seconds = in.GetAmount<double>();
  usage.last_memory_minute_ = in.GetTime();
  const std::uint64_t kills = in.GetVarint();
  for (std::uint64_t i = 0; i < kills && i < kMaxOoms; ++i) usage.ooms_.push_back(ReadOom(in, format));
  const std::uint64_t needs = format == kFormatBeforeSamples ? 0 : in.GetVarint();
  for (std::uint64_t i = 0; i < needs && i < kMostNeeds; ++i) usage.kept_.emplace_back().Read(in);
  if (!in.ok() || !in.AtEnd() || kills > kMaxOoms || needs > kMostNeeds)
    return Failure(ErrorKind::kInvalid, "container usage: damaged bytes");
  return usage;
}

std::size_t ContainerUsage::SizeBytes() const {
  std::size_t kept = kept_.capacity() * sizeof(KeptSamples);
  for (const KeptSamples& one : kept_) kept += one.HeapBytes();
  return sizeof *this + cpu_.HeapBytes() + memory_.HeapBytes() + vpa_.cpu().histogram().HeapBytes() +
         vpa_.memory().histogram().HeapBytes() + ooms_.capacity() * sizeof(OomSample) + kept;
}

}  // namespace loadline::collector
