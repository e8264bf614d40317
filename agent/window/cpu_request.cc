#include "agent/window/cpu_request.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <ranges>

namespace loadline::agent {
namespace {

// What the kernel gives to cgroups for which nobody asked for anything.
constexpr std::uint64_t kDefaultShares = 1024;
constexpr std::uint64_t kDefaultWeight = 100;
constexpr std::int64_t kFewestShares = 2;
constexpr std::int64_t kMostShares = 262'144;
constexpr std::uint64_t kMostWeight = 10'000;
constexpr MilliCores kMostRequest = kMostShares * 1000 / 1024;

// What people ask for is a small count of one of these.
constexpr std::array<MilliCores, 11> kRound = {1000, 500, 250, 200, 100, 50, 25, 20, 10, 5, 1};

std::int64_t SharesOf(MilliCores request) {
  return std::max(kFewestShares, request * 1024 / 1000);
}

// Of runc since 1.3.2 and crun since 1.23.
std::uint64_t WeightByCurve(std::int64_t shares) {
  if (shares <= kFewestShares) return 1;
  if (shares >= kMostShares) return kMostWeight;
  const double l = std::log2(static_cast<double>(shares));
  return static_cast<std::uint64_t>(std::ceil(std::pow(10, (l * l + 125 * l) / 612 - 7.0 / 34)));
}

// Of those before.
std::uint64_t WeightByLine(std::int64_t shares) {
  return static_cast<std::uint64_t>(1 + (shares - kFewestShares) * 9999 / 262'142);
}

struct Range {
  MilliCores least;
  MilliCores most;
  [[nodiscard]] bool Has(MilliCores request) const { return least <= request && request <= most; }
};

// The requests that become that weight; the most is below the least when there are none.
Range RequestsOf(std::uint64_t weight, std::uint64_t (*weight_of)(std::int64_t)) {
  const auto all = std::views::iota(MilliCores{1}, kMostRequest + 1);
  const auto first_above = [&](std::uint64_t below) {
    return *std::ranges::partition_point(
        all, [&](MilliCores request) { return weight_of(SharesOf(request)) <= below; });
  };
  return {first_above(weight - 1), first_above(weight) - 1};
}

struct Guess {
  MilliCores request;
  std::int64_t count;  // of the largest round amount that it is a multiple of
};

std::optional<Guess> Roundest(const Range& range) {
  std::optional<Guess> best;
  for (const MilliCores step : kRound) {
    const std::int64_t count = (range.least + step - 1) / step;
    if (range.Has(count * step) && (!best || count < best->count)) best = {count * step, count};
  }
  return best;
}

MilliCores RequestOfWeight(std::uint64_t weight, MilliCores limit) {
  if (weight <= 1) return 0;
  const Range now = RequestsOf(weight, WeightByCurve);
  const Range before = RequestsOf(weight, WeightByLine);
  if (now.Has(limit) || before.Has(limit)) return limit;
  const std::optional<Guess> newer = Roundest(now);
  const std::optional<Guess> older = Roundest(before);
  if (!newer) return older ? older->request : 0;
  return older && older->count < newer->count ? older->request : newer->request;
}

// The kubelet's shares = request * 1024 / 1000, backwards.
MilliCores RequestOfShares(std::uint64_t shares) {
  if (shares <= static_cast<std::uint64_t>(kFewestShares)) return 0;
  return static_cast<MilliCores>((shares * 1000 + 1023) / 1024);
}

}  // namespace

MilliCores GuessRequest(const CpuCounters& cpu, MilliCores limit, bool in_kubernetes) {
  if (cpu.weight == 0) return 0;
  if (!in_kubernetes && cpu.weight == (cpu.weight_is_shares ? kDefaultShares : kDefaultWeight)) return 0;
  return cpu.weight_is_shares ? RequestOfShares(cpu.weight) : RequestOfWeight(cpu.weight, limit);
}

}  // namespace loadline::agent
