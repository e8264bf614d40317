#include "collector/recommend/autopilot_ml.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "collector/recommend/autopilot.h"
#include "collector/recommend/caps.h"
#include "collector/recommend/plain_sizing.h"
#include "collector/usage/fine_histogram.h"

namespace loadline::collector {
namespace {

constexpr Duration kStep = std::chrono::hours(1);
// Limits below this share of the highest sample are not tried.
constexpr double kLowestCandidate = 1.0 / 256;

// What the models pay, and the container for leaving its model: a price of a wholly unused limit is 1.
constexpr double kOverrun = 20;
constexpr double kUnderrun = 1;
constexpr double kLimitChange = 0.05;
constexpr double kModelChange = 0.02;
// How fast the cost of a model is forgotten.
constexpr double kKeepCost = 0.98;  // an hour; half in 34

constexpr std::array kHalfLifeHours = {12.0, 48.0, 192.0};
constexpr std::array kMargins = {0.0, 0.05, 0.1, 0.2, 0.4};

// Candidates for a limit: the ends of the buckets of FineHistogram that the samples span, and one over them.
class Candidates {
 public:
  Candidates(double lowest, double highest) : first_(FineHistogram::Find(lowest)) {
    for (int bucket = first_; bucket <= FineHistogram::Find(highest); ++bucket) {
      values_.push_back(FineHistogram::Start(bucket + 1));
      inverses_.push_back(1 / values_.back());
    }
  }
  [[nodiscard]] std::size_t Count() const { return values_.size(); }
  [[nodiscard]] double Value(std::size_t i) const { return values_[i]; }
  [[nodiscard]] double Inverse(std::size_t i) const { return inverses_[i]; }
  // The least of them that holds `value`.
  [[nodiscard]] std::size_t IndexOf(double value) const {
    if (value < values_.front()) return 0;
    return static_cast<std::size_t>(FineHistogram::Find(value) - first_);
  }

 private:
  int first_;
  std::vector<double> values_;
  std::vector<double> inverses_;
};

// What a limit costs against the samples of an hour.
double CostOf(double limit, std::span<const double> hour) {
  double cost = 0;
  for (const double value : hour) cost += value > limit ? kOverrun : kUnderrun * (1 - value / limit);
  return cost / static_cast<double>(hour.size());
}

// One forgetting rate, and the limit that it takes.
class Memory {
 public:
  Memory(double half_life_hours, std::size_t candidates)
      : keep_(std::exp2(-1 / half_life_hours)), shares_(candidates) {}

  // `hour` holds the candidates that each sample falls to.
  void Add(std::span<const std::size_t> hour, const Candidates& candidates) {
    for (double& share : shares_) share *= keep_;
    for (const std::size_t i : hour) shares_[i] += (1 - keep_) / static_cast<double>(hour.size());
    total_ = total_ * keep_ + 1 - keep_;
    Decide(candidates);
  }

  [[nodiscard]] std::size_t limit() const { return limit_; }

 private:
  // All candidates in one pass: what lies below a limit, and its sum of values, are running sums.
  void Decide(const Candidates& candidates) {
    double best_cost = HUGE_VAL;
    std::size_t best = 0;
    double below = 0;
    double values_below = 0;
    for (std::size_t i = 0; i < shares_.size(); ++i) {
      below += shares_[i];
      values_below += shares_[i] * candidates.Value(i);
      const double cost = kOverrun * (total_ - below) +
                          kUnderrun * (below - values_below * candidates.Inverse(i)) +
                          (i == limit_ ? 0 : kLimitChange * total_);
      if (cost < best_cost) {
        best_cost = cost;
        best = i;
      }
    }
    limit_ = best;
  }

  double keep_;
  std::vector<double> shares_;  // by candidate, what is remembered of the samples
  double total_ = 0;
  std::size_t limit_ = 0;
};

struct Model {
  std::size_t memory = 0;
  double margin = 0;
  double limit = 0;
  double cost = 0;
};

class Ensemble {
 public:
  explicit Ensemble(const Candidates& candidates) : candidates_(candidates) {
    for (const double half_life : kHalfLifeHours) {
      for (const double margin : kMargins) models_.push_back({.memory = memories_.size(), .margin = margin});
      memories_.emplace_back(half_life, candidates.Count());
    }
  }

  void Add(std::span<const double> hour) {
    fallen_.clear();
    for (const double value : hour) fallen_.push_back(candidates_.IndexOf(value));
    for (Memory& memory : memories_) memory.Add(fallen_, candidates_);
    for (Model& model : models_) {
      const double limit = candidates_.Value(memories_[model.memory].limit()) * (1 + model.margin);
      // What it said before is judged by what came.
      if (model.limit > 0) {
        const double cost = CostOf(model.limit, hour) + (limit == model.limit ? 0 : kLimitChange);
        model.cost = kKeepCost * model.cost + (1 - kKeepCost) * cost;
      }
      model.limit = limit;
    }
    Choose();
  }

  [[nodiscard]] double limit() const { return std::max(limit_, limit_before_); }

 private:
  void Choose() {
    const auto price = [&](std::size_t i) {
      return models_[i].cost + (i == model_ ? 0 : kModelChange) +
             (models_[i].limit == limit_ ? 0 : kLimitChange);
    };
    std::size_t best = 0;
    for (std::size_t i = 1; i < models_.size(); ++i) {
      if (price(i) < price(best)) best = i;
    }
    model_ = best;
    limit_before_ = std::exchange(limit_, models_[best].limit);
  }

  const Candidates& candidates_;
  std::vector<Memory> memories_;
  std::vector<Model> models_;
  std::vector<std::size_t> fallen_;
  std::size_t model_ = 0;
  double limit_ = 0;
  double limit_before_ = 0;
};

// The limit after those samples, in units of the log.
double LimitAfter(const SampleLog& log, double scale) {
  double highest = 0;
  for (const LoggedSample& sample : log) highest = std::max(highest, sample.value * scale);
  if (highest < FineHistogram::kSmallest) return 0;

  const Candidates candidates(std::max<double>(highest * kLowestCandidate, FineHistogram::kSmallest),
                              highest);
  Ensemble ensemble(candidates);
  std::vector<double> hour;
  for (auto sample = log.begin(); sample != log.end();) {
    const Wall closes = sample->start + kStep;
    hour.clear();
    for (; sample != log.end() && sample->start < closes; ++sample) hour.push_back(sample->value * scale);
    ensemble.Add(hour);
  }
  return ensemble.limit() / scale;
}

Sizing Size(const ContainerUsage& usage, const SampleLog& log, Resource resource, const Context& context) {
  const bool cpu = resource == Resource::kCpu;
  const double scale = cpu ? 1 : 1.0 / static_cast<double>(kGiB);
  const double exact = LimitAfter(log, scale) * (cpu ? 1000 : 1);
  Sizing sizing = PlainSizing(usage, exact, exact);
  ApplyFloor(sizing, ContainerFloor(context, {}, resource));
  return sizing;
}

class AutopilotMl final : public Algorithm {
 public:
  [[nodiscard]] std::string_view name() const override { return "autopilot-ml"; }
  [[nodiscard]] std::optional<SampleNeed> samples() const override { return AutopilotSamples(); }

  [[nodiscard]] Recommendation Recommend(const ContainerUsage& usage, const Context& context,
                                         Wall now) const override {
    Recommendation recommendation = windowed_->Recommend(usage, context, now);
    if (const KeptSamples* kept = usage.Kept(AutopilotSamples())) {
      const Wall since = now - AutopilotSamples().window;
      const SampleLog cpu = kept->Cpu(since, now);
      const SampleLog memory = kept->Memory(since, now);
      if (!cpu.empty()) recommendation.cpu = Size(usage, cpu, Resource::kCpu, context);
      if (!memory.empty()) recommendation.memory = Size(usage, memory, Resource::kMemory, context);
    }
    ApplyPolicy(recommendation, context);
    recommendation.limit = {.cpu = recommendation.cpu.target, .memory = recommendation.memory.target};
    return recommendation;
  }

 private:
  std::unique_ptr<Algorithm> windowed_ = MakeAutopilot();
};

}  // namespace

std::unique_ptr<Algorithm> MakeAutopilotMl() {
  return std::make_unique<AutopilotMl>();
}

}  // namespace loadline::collector
