#include "collector/usage/claims.h"

#include <algorithm>

namespace loadline::collector {
namespace {

// What is less beyond the others is nobody's concern.
constexpr double kLeastCores = 0.05;
constexpr double kLeastBytes = 64.0 * kMiB;
constexpr std::size_t kFirstOfMemory = 3;

double HighestMinute(const ContainerUsage& usage) {
  const CpuProfile& cpu = usage.cpu();
  return std::max({cpu.minutes().Quantile(1), cpu.throttling().NeedAt(usage.last_seen()),
                   static_cast<double>(*std::ranges::max_element(cpu.startup()))});
}

double HighestMemory(const ContainerUsage& usage) {
  const BlockPeaks& peaks = usage.memory().peaks();
  return peaks.Highest(peaks.begin(), peaks.begin() + BlockPeaks::kBlock * BlockPeaks::kBlocks);
}

}  // namespace

std::uint32_t TellerOf(std::string_view node) {
  // FNV-1a.
  std::uint32_t hash = 2'166'136'261;
  for (const char letter : node) {
    hash ^= static_cast<unsigned char>(letter);
    hash *= 16'777'619;
  }
  return std::max<std::uint32_t>(hash, 1);
}

Claims Claims::Of(const ContainerUsage& usage) {
  const MemoryProfile& memory = usage.memory();
  return {.figures = {usage.cpu().minutes().Quantile(0.95), HighestMinute(usage),
                      usage.cpu().seconds().Quantile(1), memory.mean(), memory.recent_peak(),
                      HighestMemory(usage)},
          .told_seconds = usage.cpu().minutes().span().total};
}

void Claims::Raise(const Claims& other) {
  for (std::size_t i = 0; i < kFigures; ++i) figures[i] = std::max(figures[i], other.figures[i]);
  told_seconds = std::max(told_seconds, other.told_seconds);
}

bool Claims::Exceeds(const Claims& others, double times, std::size_t figure) const {
  const double least = figure < kFirstOfMemory ? kLeastCores : kLeastBytes;
  return figures[figure] > times * others.figures[figure] && figures[figure] > others.figures[figure] + least;
}

}  // namespace loadline::collector
