#include "collector/recommend/ranked.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "collector/recommend/caps.h"
#include "collector/recommend/plain_sizing.h"

namespace loadline::collector {
namespace {

using std::chrono::hours;

constexpr Duration kTwoWeeks = 14 * hours(24);
// Of the highest only the highest of each hour is needed; of a year a longer block will do.
constexpr int kBlocksOfMax = 720;

// Between the two neighbours of the rank, as numerical libraries do by default. `values` is reordered.
double Quantile(std::vector<double>& values, double share) {
  const double rank = share * static_cast<double>(values.size() - 1);
  const auto below = values.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(values.begin(), below, values.end());
  if (below + 1 == values.end()) return *below;
  const double above = *std::min_element(below + 1, values.end());
  return *below + (above - *below) * (rank - std::floor(rank));
}

std::vector<double> ValuesOf(const SampleLog& log) {
  std::vector<double> values;
  values.reserve(log.size());
  for (const LoggedSample& sample : log) values.push_back(sample.value);
  return values;
}

class Ranked final : public Algorithm {
 public:
  explicit Ranked(RankedRule rule) : rule_(std::move(rule)) {}

  [[nodiscard]] std::string_view name() const override { return rule_.name; }
  [[nodiscard]] std::optional<SampleNeed> samples() const override { return rule_.samples; }

  [[nodiscard]] Recommendation Recommend(const ContainerUsage& usage, const Context& context,
                                         Wall now) const override {
    Recommendation recommendation;
    recommendation.cpu = Size(usage, context, now, Resource::kCpu);
    recommendation.memory = Size(usage, context, now, Resource::kMemory);
    ApplyPolicy(recommendation, context);
    // The memory limit is the request; CPU has no limit.
    recommendation.limit.memory = recommendation.memory.target;
    return recommendation;
  }

 private:
  [[nodiscard]] Sizing Size(const ContainerUsage& usage, const Context& context, Wall now,
                            Resource resource) const {
    const bool cpu = resource == Resource::kCpu;
    const double share = cpu ? rule_.cpu_quantile : 1;
    const double factor = cpu ? rule_.cpu_factor : rule_.memory_factor;
    const double unit = cpu ? 1000 : 1;

    const Wall since = now - rule_.samples.window;
    std::vector<double> values;
    if (const KeptSamples* kept = usage.Kept(rule_.samples))
      values = ValuesOf(cpu ? kept->Cpu(since, Wall::max()) : kept->Memory(since, Wall::max()));
    const double observed = values.empty() ? 0 : Quantile(values, share);

    double exact = observed * factor * unit;
    if (!context.pod_floor) exact = RoundUp(exact, rule_.round_up_to.Of(resource));
    Sizing sizing = PlainSizing(usage, exact, observed * unit);
    sizing.reason.margin = factor - 1;
    ApplyFloor(sizing, ContainerFloor(context, rule_.pod_floor, resource));
    return sizing;
  }

  static double RoundUp(double value, std::int64_t scale) {
    const double step = static_cast<double>(std::max<std::int64_t>(1, scale));
    return std::ceil(value / step) * step;
  }

  RankedRule rule_;
};

}  // namespace

RankedRule KrrRule() {
  return {.name = "krr",
          .samples = {.window = kTwoWeeks, .block = SampleNeed::kSample},
          .cpu_quantile = 0.95,
          .memory_factor = 1.15,
          .pod_floor = {.cpu = 10, .memory = 100 * kMiB},
          .round_up_to = {.cpu = 1, .memory = kMiB}};
}

RankedRule MaxRule(double days, double margin) {
  // A century is as good as ever, and does not overflow.
  const auto window = hours(static_cast<std::int64_t>(std::min(days, 36'500.0) * 24));
  return {.name = fmt::format("max:{}:{}", days, margin),
          .samples = {.window = window, .block = std::max<Duration>(hours(1), window / kBlocksOfMax)},
          .cpu_factor = 1 + margin,
          .memory_factor = 1 + margin};
}

std::unique_ptr<Algorithm> MakeRanked(const RankedRule& rule) {
  return std::make_unique<Ranked>(rule);
}

}  // namespace loadline::collector
