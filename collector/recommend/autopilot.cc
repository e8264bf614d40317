#include "collector/recommend/autopilot.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "collector/recommend/caps.h"
#include "collector/recommend/plain_sizing.h"
#include "collector/usage/fine_histogram.h"

namespace loadline::collector {
namespace {

using std::chrono::hours;

constexpr double kMargin = 0.15;

struct Rule {
  Resource resource;
  Duration half_life;
  double percentile;
  bool load_adjusted;  // a sample counts by its value, too
  double scale;        // of a logged value, into the histogram's range
  double unit;         // of the recommendation, per logged value
};

constexpr Rule kCpu{Resource::kCpu, hours(12), 0.95, true, 1, 1000};
constexpr Rule kMemory{Resource::kMemory, hours(48), 0.98, false, 1.0 / static_cast<double>(kGiB), 1};

double PercentileAt(const SampleLog& log, const Rule& rule, Wall now) {
  FineHistogram histogram(rule.half_life);
  for (const LoggedSample& sample : log) {
    if (sample.start >= now) break;
    const double value = sample.value * rule.scale;
    histogram.Add(value, rule.load_adjusted ? value : 1, sample.start);
  }
  return histogram.Quantile(rule.percentile) / rule.scale;
}

Sizing Size(const ContainerUsage& usage, const Rule& rule, const Context& context, Wall now) {
  const bool cpu = rule.resource == Resource::kCpu;
  SampleLog log;
  if (const KeptSamples* kept = usage.Kept(AutopilotSamples()))
    log = cpu ? kept->Cpu(Wall::min(), now) : kept->Memory(Wall::min(), now);
  const double observed = std::max(PercentileAt(log, rule, now), PercentileAt(log, rule, now - hours(1)));
  Sizing sizing = PlainSizing(usage, observed * (1 + kMargin) * rule.unit, observed * rule.unit);
  sizing.reason.margin = kMargin;
  ApplyFloor(sizing, ContainerFloor(context, {}, rule.resource));
  return sizing;
}

class Autopilot final : public Algorithm {
 public:
  [[nodiscard]] std::string_view name() const override { return "autopilot"; }
  [[nodiscard]] std::optional<SampleNeed> samples() const override { return AutopilotSamples(); }

  [[nodiscard]] Recommendation Recommend(const ContainerUsage& usage, const Context& context,
                                         Wall now) const override {
    Recommendation recommendation;
    recommendation.cpu = Size(usage, kCpu, context, now);
    recommendation.memory = Size(usage, kMemory, context, now);
    ApplyPolicy(recommendation, context);
    // Its product is the limit; the request is the same.
    recommendation.limit = {.cpu = recommendation.cpu.target, .memory = recommendation.memory.target};
    return recommendation;
  }
};

}  // namespace

SampleNeed AutopilotSamples() {
  return {.window = 14 * hours(24), .block = SampleNeed::kSample};
}

std::unique_ptr<Algorithm> MakeAutopilot() {
  return std::make_unique<Autopilot>();
}

}  // namespace loadline::collector
