#include "collector/recommend/vpa.h"

#include <algorithm>
#include <cmath>

#include "collector/recommend/caps.h"

namespace loadline::collector {
namespace {

constexpr double kNoBound = 1e14;

std::int64_t Amount(double value) {
  // Without samples the upper bound is 0 * infinity. Upstream's conversion gives the smallest integer, which
  // then loses against the floor.
  if (std::isnan(value)) return 0;
  return static_cast<std::int64_t>(std::clamp(value, 0.0, kNoBound));
}

double UnitsPer(Resource resource) {
  return resource == Resource::kCpu ? 1000 : 1;
}

class Vpa final : public Algorithm {
 public:
  explicit Vpa(const VpaOptions& options) : options_(options) {}

  [[nodiscard]] std::string_view name() const override { return "vpa"; }

  [[nodiscard]] Recommendation Recommend(const ContainerUsage& usage, const Context& context,
                                         Wall) const override {
    Recommendation recommendation;
    for (const Resource resource : {Resource::kCpu, Resource::kMemory}) {
      recommendation.Of(resource) = VpaSizing(usage.vpa(), resource, context, options_);
    }
    ApplyPolicy(recommendation, context);
    recommendation.limit = {
        .cpu = ProportionalLimit(context.limit.cpu, context.request.cpu, recommendation.cpu.target),
        .memory =
            ProportionalLimit(context.limit.memory, context.request.memory, recommendation.memory.target)};
    return recommendation;
  }

 private:
  VpaOptions options_;
};

}  // namespace

double VpaConfidence(const VpaAggregate& usage, Duration interval) {
  if (!usage.first_sample()) return 0;
  const double span = Seconds(*usage.last_sample() - *usage.first_sample());
  const double by_time = span / Seconds(interval);
  const double by_count = static_cast<double>(usage.samples()) / (Seconds(interval) / 60);
  return std::min(by_time, by_count);
}

std::int64_t ScaleByConfidence(std::int64_t base, double confidence, double multiplier, double exponent) {
  return Amount(static_cast<double>(base) * std::pow(1. + multiplier / confidence, exponent));
}

Sizing VpaSizing(const VpaAggregate& usage, Resource resource, const Context& context,
                 const VpaOptions& options) {
  const DecayingHistogram& histogram = resource == Resource::kCpu ? usage.cpu() : usage.memory();
  const double confidence = VpaConfidence(usage, options.confidence_interval);
  const auto with_margin = [&](double percentile) {
    const std::int64_t base = Amount(histogram.Percentile(percentile) * UnitsPer(resource));
    return base + Amount(static_cast<double>(base) * options.margin);
  };

  Sizing sizing;
  sizing.target = with_margin(options.target_percentile);
  sizing.lower = ScaleByConfidence(with_margin(options.lower_percentile), confidence, 0.001, -2);
  sizing.upper = ScaleByConfidence(with_margin(options.upper_percentile), confidence, 1, 1);
  sizing.uncapped = sizing.target;
  sizing.exact = histogram.Percentile(options.target_percentile) * UnitsPer(resource) * (1 + options.margin);
  sizing.confidence = std::min(1.0, confidence / 7);
  sizing.reason.cause = histogram.IsEmpty() ? Cause::kNoData : Cause::kUsage;
  sizing.reason.observed = Amount(histogram.Percentile(options.target_percentile) * UnitsPer(resource));
  sizing.reason.margin = options.margin;
  if (usage.first_sample())
    sizing.reason.history_seconds = Seconds(*usage.last_sample() - *usage.first_sample());
  ApplyFloor(sizing, ContainerFloor(context, options.pod_floor, resource));
  return sizing;
}

std::unique_ptr<Algorithm> MakeVpa(const VpaOptions& options) {
  return std::make_unique<Vpa>(options);
}

}  // namespace loadline::collector
