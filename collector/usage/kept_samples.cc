#include "collector/usage/kept_samples.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>

namespace loadline::collector {
namespace {

// A block in which nothing was used is not one in which nothing was seen.
constexpr double kNothing = 0x1p-40;

SampleLog Between(const SampleLog& log, Wall since, Wall before) {
  const auto begin = std::ranges::lower_bound(log, since, {}, &LoggedSample::start);
  return {begin, std::ranges::lower_bound(begin, log.end(), before, {}, &LoggedSample::start)};
}

void Append(SampleLog& log, const SampleLog& more) {
  const auto middle = static_cast<std::ptrdiff_t>(log.size());
  log.insert(log.end(), more.begin(), more.end());
  std::ranges::inplace_merge(log, log.begin() + middle, {}, &LoggedSample::start);
}

}  // namespace

BlockRing::Shape KeptSamples::shape() const {
  // One more than the window, because it seldom begins where a block does.
  return {need_.block, static_cast<std::size_t>(need_.window / need_.block) + 1};
}

void KeptSamples::AddCpu(double cores, Wall start, Duration interval) {
  if (need_.every()) {
    every_cpu_.push_back({start, cores});
    return;
  }
  if (open_.start && start >= *open_.start + SampleNeed::kSample) CloseMean();
  if (!open_.start) open_.start = Wall(start.time_since_epoch() / SampleNeed::kSample * SampleNeed::kSample);
  open_.core_seconds += cores * Seconds(interval);
  open_.seconds += Seconds(interval);
}

void KeptSamples::CloseMean() {
  cpu_.Add(shape(), std::max(kNothing, open_.core_seconds / open_.seconds), *open_.start);
  open_ = {};
}

void KeptSamples::AddMemory(double bytes, Wall start) {
  if (need_.every()) {
    every_memory_.push_back({start, bytes});
  } else {
    memory_.Add(shape(), std::max(kNothing, bytes), start);
  }
}

void KeptSamples::Merge(const KeptSamples& other) {
  assert(need_ == other.need_);
  if (need_.every()) {
    Append(every_cpu_, other.every_cpu_);
    Append(every_memory_, other.every_memory_);
    return;
  }
  if (open_.start) CloseMean();
  cpu_.Merge(shape(), other.cpu_);
  memory_.Merge(shape(), other.memory_);
  if (!other.open_.start) return;
  cpu_.Add(shape(), std::max(kNothing, other.open_.core_seconds / other.open_.seconds), *other.open_.start);
}

SampleLog KeptSamples::Blocks(const BlockRing& ring, Wall since, Wall before) const {
  SampleLog log;
  if (ring.IsEmpty()) return log;
  const std::int64_t end = std::min(ring.last() + 1, shape().IndexOf(before - Duration(1)) + 1);
  // A block that begins before the window and ends in it counts: it may hold what the window does.
  const std::int64_t begin = std::max(ring.first(), shape().IndexOf(since));
  log.reserve(static_cast<std::size_t>(std::max<std::int64_t>(0, end - begin) + 1));
  for (std::int64_t block = begin; block < end; ++block) {
    const double value = ring.At(block);
    if (value > 0) log.push_back({Wall(block * need_.block), value > kNothing ? value : 0});
  }
  return log;
}

SampleLog KeptSamples::Cpu(Wall since, Wall before) const {
  if (need_.every()) return Between(every_cpu_, since, before);
  SampleLog log = Blocks(cpu_, since, before);
  if (open_.start && *open_.start >= since && *open_.start < before)
    log.push_back({*open_.start, open_.core_seconds / open_.seconds});
  return log;
}

SampleLog KeptSamples::Memory(Wall since, Wall before) const {
  return need_.every() ? Between(every_memory_, since, before) : Blocks(memory_, since, before);
}

std::size_t KeptSamples::HeapBytes() const {
  return cpu_.HeapBytes() + memory_.HeapBytes() +
         (every_cpu_.capacity() + every_memory_.capacity()) * sizeof(LoggedSample);
}

}  // namespace loadline::collector
