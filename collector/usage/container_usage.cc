#include "collector/usage/container_usage.h"

#include <algorithm>
#include <cstdint>

namespace loadline::collector {
namespace {

using std::chrono::minutes;

constexpr std::uint8_t kFormat = 2;
constexpr VpaAggregation kVpaDefaults;
constexpr double kNearLimit = 0.7;

void Write(ByteWriter& out, const OomSample& kill) {
  out.PutTime(kill.at);
  out.Put(kill.usage);
  out.Put(kill.limit);
  out.Put(kill.request);
  out.Put<std::uint8_t>(kill.near_limit);
}

OomSample ReadOom(ByteReader& in) {
  OomSample kill;
  if (const auto at = in.GetTime()) kill.at = *at;
  kill.usage = in.Get<Bytes>();
  kill.limit = in.Get<Bytes>();
  kill.request = in.Get<Bytes>();
  kill.near_limit = in.Get<std::uint8_t>() != 0;
  return kill;
}

}  // namespace

void ContainerUsage::AddCpu(const CpuSample& sample) {
  if (!(sample.usage_cores >= 0) || sample.interval <= Duration::zero()) return;
  if (keeps_samples_) cpu_log_.push_back({sample.at - sample.interval, sample.usage_cores});
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
  if (keeps_samples_) memory_log_.push_back({start, static_cast<double>(sample.working_set)});
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
  ooms_.insert(ooms_.end(), other.ooms_.begin(), other.ooms_.end());
  std::ranges::stable_sort(ooms_, {}, &OomSample::at);
  if (ooms_.size() > kMaxOoms) ooms_.erase(ooms_.begin(), ooms_.end() - kMaxOoms);
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
  return out.Take();
}

Result<ContainerUsage> ContainerUsage::Load(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.Get<std::uint8_t>() != kFormat)
    return Failure(ErrorKind::kUnsupported, "container usage: unknown format");
  ContainerUsage usage;
  usage.cpu_.Read(in);
  usage.memory_.Read(in);
  usage.first_seen_ = in.GetTime();
  usage.last_seen_ = in.GetTime().value_or(Wall{});
  usage.vpa_container_.Read(in);
  usage.vpa_.Read(in);
  usage.minute_.start = in.GetTime();
  usage.minute_.length = Duration(in.Get<std::int64_t>());
  usage.minute_.core_seconds = in.Get<double>();
  usage.last_memory_minute_ = in.GetTime();
  const std::uint64_t kills = in.GetVarint();
  for (std::uint64_t i = 0; i < kills && i < kMaxOoms; ++i) usage.ooms_.push_back(ReadOom(in));
  if (!in.ok() || !in.AtEnd() || kills > kMaxOoms)
    return Failure(ErrorKind::kInvalid, "container usage: damaged bytes");
  return usage;
}

std::size_t ContainerUsage::SizeBytes() const {
  return sizeof *this + cpu_.HeapBytes() + memory_.HeapBytes() + vpa_.cpu().histogram().HeapBytes() +
         vpa_.memory().histogram().HeapBytes() + ooms_.capacity() * sizeof(OomSample);
}

}  // namespace loadline::collector
