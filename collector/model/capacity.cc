#include "collector/model/capacity.h"

#include <algorithm>

#include "collector/usage/bucket_scheme.h"

namespace loadline::collector {
namespace {

// On a machine that is busy to the last the counters are read late, and one window holds some of the next.
constexpr double kCpuAllowance = 1.25;
// The kernel charges memory in batches, CPU by CPU.
constexpr double kMemoryAllowance = 1.05;

double CoresOf(const wire::NodeCapacity& capacity) {
  return static_cast<double>(capacity.cpu) / 1000 * kCpuAllowance;
}

bool IsMore(Bytes claimed, const wire::NodeCapacity& capacity) {
  return capacity.memory > 0 &&
         static_cast<double>(claimed) > static_cast<double>(capacity.memory) * kMemoryAllowance;
}

}  // namespace

void ToldCapacity::Tell(const wire::NodeCapacity& capacity, Wall at) {
  if (capacity == now) return;
  before = now;
  now = capacity;
  since = at;
}

wire::NodeCapacity ToldCapacity::At(Wall end) const {
  if (end > since) return now;
  const auto larger = [](std::int64_t one, std::int64_t other) {
    return one > 0 ? std::max(one, other) : one;
  };
  return {.cpu = larger(now.cpu, before.cpu), .memory = larger(now.memory, before.memory)};
}

bool IsBeyond(const wire::NodeCapacity& capacity, const wire::ContainerWindow& window, Duration length) {
  if (capacity.cpu > 0) {
    const double most = CoresOf(capacity) * Seconds(length) * 1e6;
    if (window.cpu && window.cpu->usage_us > most) return true;
    // The time in which each CPU was stopped is summed.
    if (window.throttle && static_cast<double>(window.throttle->throttled_us) > most) return true;
  }
  if (!window.memory) return false;
  const wire::MemoryWindow& memory = *window.memory;
  return IsMore(
      std::max({memory.current, memory.peak, memory.anon, memory.file, memory.kernel, memory.shmem}),
      capacity);
}

bool IsBeyond(const wire::NodeCapacity& capacity, const wire::OomKill& kill) {
  return IsMore(std::max(kill.owner_usage, kill.owner_limit), capacity);
}

std::span<const wire::CpuWindow::Bin> BinsWithin(const wire::NodeCapacity& capacity,
                                                 std::span<const wire::CpuWindow::Bin> bins) {
  if (capacity.cpu <= 0) return bins;
  const BucketScheme& scheme = BucketScheme::Cpu();
  const auto served = [&](const wire::CpuWindow::Bin& bin) {
    return bin.bucket < scheme.Count() && scheme.Start(bin.bucket) <= CoresOf(capacity);
  };
  return bins.first(static_cast<std::size_t>(std::ranges::find_if_not(bins, served) - bins.begin()));
}

}  // namespace loadline::collector
