#include "collector/usage/container_usage.h"

#include <algorithm>
#include <cstdint>

namespace loadline::collector {
namespace {

using std::chrono::minutes;

constexpr std::uint8_t kFormat = 1;
constexpr VpaAggregation kVpaDefaults;

void Write(ByteWriter& out, const OomSample& kill) {
  out.PutTime(kill.at);
  out.Put(kill.usage);
  out.Put(kill.limit);
  out.Put(kill.request);
}

OomSample ReadOom(ByteReader& in) {
  OomSample kill;
  if (const auto at = in.GetTime()) kill.at = *at;
  kill.usage = in.Get<Bytes>();
  kill.limit = in.Get<Bytes>();
  kill.request = in.Get<Bytes>();
  return kill;
}

}  // namespace

void ContainerUsage::AddCpu(const CpuSample& sample) {
  if (!(sample.usage_cores >= 0) || sample.interval <= Duration::zero()) return;
  if (keeps_samples_) cpu_log_.push_back({sample.at - sample.interval, sample.usage_cores});
  AddMinute(sample);
}

void ContainerUsage::AddMinute(const CpuSample& sample) {
  if (!minute_.start) minute_.start = sample.at - sample.interval;
  minute_.length += sample.interval;
  minute_.core_seconds += sample.usage_cores * Seconds(sample.interval);
  if (minute_.length < minutes(1)) return;
  // A lone window keeps its own mean, free of the rounding of the sum.
  const double mean =
      minute_.length == sample.interval ? sample.usage_cores : minute_.core_seconds / Seconds(minute_.length);
  vpa_container_.AddCpu(mean, *minute_.start, kVpaDefaults, vpa_);
  minute_ = {};
}

void ContainerUsage::AddMemory(const MemorySample& sample) {
  if (sample.working_set < 0) return;
  const Wall start = sample.at - sample.interval;
  if (keeps_samples_) memory_log_.push_back({start, static_cast<double>(sample.working_set)});
  if (last_memory_minute_ && start < *last_memory_minute_ + minutes(1)) return;
  last_memory_minute_ = start;
  vpa_container_.AddMemory(sample.working_set, start, kVpaDefaults, vpa_);
}

void ContainerUsage::AddOom(const OomSample& kill) {
  vpa_container_.AddOom(kill.request, kill.at, kVpaDefaults, vpa_);
  if (ooms_.size() == kMaxOoms) ooms_.erase(ooms_.begin());
  ooms_.push_back(kill);
}

void ContainerUsage::Merge(const ContainerUsage& other) {
  vpa_.Merge(other.vpa_);
  ooms_.insert(ooms_.end(), other.ooms_.begin(), other.ooms_.end());
  std::ranges::stable_sort(ooms_, {}, &OomSample::at);
  if (ooms_.size() > kMaxOoms) ooms_.erase(ooms_.begin(), ooms_.end() - kMaxOoms);
}

std::string ContainerUsage::Save() const {
  ByteWriter out;
  out.Put(kFormat);
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
  return sizeof *this + vpa_.cpu().histogram().HeapBytes() + vpa_.memory().histogram().HeapBytes() +
         ooms_.capacity() * sizeof(OomSample);
}

}  // namespace loadline::collector
