#include "collector/recommend/loadline.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <optional>
#include <vector>

#include "collector/recommend/caps.h"
#include "collector/recommend/growth.h"
#include "collector/recommend/kills.h"
#include "collector/recommend/season.h"

namespace loadline::collector {
namespace {

constexpr double kKnobRange = 8;    // lambda at the ends of the knob, over and under the middle
constexpr double kBoundRange = 16;  // and for the bounds around the target

// On top of what throttling tells: it is a mean, and the next minute may hold more.
constexpr double kDemandMargin = 0.1;

constexpr Duration kDay = std::chrono::hours(24);
// From then on hysteresis alone says what is too little. Before, a night may be all that was seen.
constexpr Duration kKnown = kDay / 2;

// A start-up takes ten minutes; of a job that is over in half an hour they are its work.
constexpr Duration kStarts = std::chrono::minutes(30);
// The use that a horizontal autoscaler keeps at its target is that of the busy hours: at night, with the fewest replicas
// there may be, each uses less.
constexpr double kScaledShare = 0.9;
// Twice the tolerance of an autoscaler, for what it lets pass and for replicas that differ.
constexpr double kScaleNear = 0.2;
// A CPU limit that throttles is raised at least to so many times itself.
constexpr MilliCores kRaise = 2;
// What a leak holds grows on before it is looked at again.
constexpr double kAboveHeld = 1.05;
// A request is not kept that leaves less room than this above what is held now: the next version, or the next day, may
// need a little more than any before.
constexpr double kRoomToKeep = 1.1;

// A start that uses less than this times the target needs no boost.
constexpr double kLeastBoost = 1.25;
// A limit that is kept should leave this share of the seconds alone.
constexpr double kBurstShare = 0.999;

// A runtime needs this much beside its heap: stacks, code, buffers.
constexpr double kBesideHeap = 0.25;

double Lambda(double middle, double knob) {
  return middle * std::pow(kKnobRange, 2 * std::clamp(knob, 0.0, 1.0) - 1);
}

// In its first day a container has not shown all it does.
double FirstDay(Duration history, double more) {
  return 1 + more * std::max(0.0, 1 - Seconds(history) / 86'400);
}

double Confidence(Duration history) {
  return std::min(1.0, Seconds(history) / (7 * 86'400));
}

std::int64_t Whole(double amount) {
  return std::llround(std::ceil(std::min(amount, 1e14) - 1e-9));
}

// The peak that came on three days of the last four weeks, or was passed on them.
double RecurringPeak(const BlockPeaks& peaks, Wall now) {
  constexpr std::size_t kTimes = 3;
  std::vector<float> days = peaks.Days(now);
  if (days.size() < kTimes) return 0;
  std::ranges::nth_element(days, days.begin() + (kTimes - 1), std::ranges::greater());
  return days[kTimes - 1];
}

// How much it can hold with a request of that amount, in bytes, before its limit kills it.
double RoomAt(double request, const Context& context) {
  const std::int64_t limit = SafeLimit(context, Resource::kMemory, Whole(request));
  return limit > 0 ? static_cast<double>(limit) : request;
}

// A forecast with what it costs to be wrong; empty when nothing is known, or nothing was ever used.
struct Outlook {
  std::optional<Forecast> forecast;
  Forecast::Price price;
  double unit = 1;  // of the recommendation, per unit of the forecast
};

class Loadline final : public Algorithm {
 public:
  explicit Loadline(const LoadlineOptions& options) : options_(options) {}

  [[nodiscard]] std::string_view name() const override { return "loadline"; }
  [[nodiscard]] bool SizesByNodeClass() const override { return true; }
  [[nodiscard]] bool KeepsToRules() const override { return true; }

  [[nodiscard]] Recommendation Recommend(const ContainerUsage& usage, const Context& context,
                                         Wall now) const override {
    Recommendation recommendation;
    recommendation.cpu = SizeCpu(usage, context, now);
    recommendation.memory = SizeMemory(usage, context, now);
    recommendation.boost = StartupBoostFor(usage.cpu(), recommendation.cpu.target);
    ApplyPolicy(recommendation, context);
    ApplySurroundings(recommendation, context);
    SetLimits(recommendation, usage, context);
    return recommendation;
  }

 private:
  // How much more the first minutes used than the target gives, and until when. None before there is a steady
  // state to compare with.
  static StartupBoost StartupBoostFor(const CpuProfile& cpu, MilliCores target) {
    StartupBoost boost;
    if (cpu.minutes().IsEmpty()) return boost;
    for (std::size_t minute = 0; minute < cpu.startup().size(); ++minute) {
      const double factor =
          cpu.startup()[minute] * 1000 / static_cast<double>(std::max<MilliCores>(1, target));
      if (factor <= kLeastBoost) continue;
      boost.factor = std::max(boost.factor, factor);
      boost.duration = std::chrono::minutes(minute + 1);
    }
    return boost;
  }

  // Limits that go with the targets, and what to do about a CPU limit that throttles.
  static void SetLimits(Recommendation& recommendation, const ContainerUsage& usage, const Context& context) {
    for (const Resource resource : {Resource::kCpu, Resource::kMemory}) {
      const std::int64_t target = recommendation.Of(resource).target;
      std::int64_t& advised =
          resource == Resource::kCpu ? recommendation.limit.cpu : recommendation.limit.memory;
      advised = SafeLimit(context, resource, target);
    }
    if (context.limit.cpu == 0) return;
    const bool throttles = usage.cpu().throttling().share() > Throttling::kHeldBack;
    if (context.limits == LimitPolicy::kKeepProportion && !context.guaranteed)
      recommendation.limit.cpu =
          std::max(recommendation.limit.cpu, LeastCpuLimit(usage.cpu(), throttles, context));
    if (!throttles) return;
    // Removing the limit would change the class of a Guaranteed pod, which is not ours to do.
    recommendation.cpu_limit_advice = context.guaranteed ? LimitAdvice::kRaise : LimitAdvice::kRemove;
  }

  // A limit below the busiest seconds that were seen would throttle, and one above the node means nothing.
  static MilliCores LeastCpuLimit(const CpuProfile& cpu, bool throttles, const Context& context) {
    auto least = static_cast<MilliCores>(cpu.seconds().Quantile(kBurstShare) * 1000);
    if (throttles) least = std::max(least, kRaise * context.limit.cpu);
    return context.node_allocatable.cpu > 0 ? std::min(least, context.node_allocatable.cpu) : least;
  }

  [[nodiscard]] Outlook CpuOutlook(const FineHistogram& minutes, Duration history, double knob) const {
    Outlook outlook{.price = {.lambda = Lambda(options_.cpu_lambda, knob), .small = options_.small_cores},
                    .unit = 1000};
    outlook.price.lambda *= FirstDay(history, options_.cpu_first_day);
    const FineHistogram::Span span = minutes.span();
    const std::vector<float>& weights = *span.weights;
    if (weights.empty()) return outlook;
    const auto start = [&](std::size_t i) { return FineHistogram::Start(span.first + static_cast<int>(i)); };
    outlook.forecast.emplace(start(0), start(weights.size()));
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (weights[i] > 0) outlook.forecast->Add(start(i + 1), weights[i]);
    }
    outlook.forecast->AddZero(span.zero);
    outlook.forecast->Finish(options_.cpu_spread);
    return outlook;
  }

  // `seen` is when it was last seen, or not much later.
  [[nodiscard]] Outlook MemoryOutlook(const MemoryProfile& usage, Duration history, double knob, Wall seen,
                                      Wall now) const {
    Outlook outlook{.price = {.lambda = Lambda(options_.memory_lambda, knob),
                              .small = options_.small_bytes,
                              .usual = usage.mean()}};
    const std::vector<float> days = usage.peaks().Days(seen);
    const double each_day = std::exp2(-1 / options_.memory_half_life_days);
    std::vector<double> age_weight(days.size(), 1);
    for (std::size_t day = 1; day < days.size(); ++day) age_weight[day] = age_weight[day - 1] * each_day;
    double lowest = 0, highest = 0, total = 0;
    int known = 0;
    for (std::size_t day = 0; day < days.size(); ++day) {
      if (days[day] <= 0) continue;
      lowest = lowest == 0 ? days[day] : std::min<double>(lowest, days[day]);
      highest = std::max<double>(highest, days[day]);
      total += age_weight[day];
      ++known;
    }
    if (known == 0) return outlook;
    const double recent = usage.HeldAt(now);
    if (recent > 0) lowest = std::min(lowest, recent);
    outlook.price.usual += options_.memory_usual_from_peak * (highest - outlook.price.usual);
    outlook.price.lambda *= FirstDay(history, options_.memory_first_day);
    const double held = outlook.price.usual / (options_.memory_steady * highest);
    outlook.price.lambda *= std::pow(std::min(1.0, held), options_.memory_idle_power);
    outlook.forecast.emplace(lowest, highest);
    const double peak_weight = options_.memory_peak_weight / (1 + known / options_.memory_peak_days);
    const double recent_weight = recent > 0 ? options_.memory_recent_weight : 0;
    const double rest = (1 - peak_weight) * (1 - recent_weight) / total;
    for (std::size_t day = 0; day < days.size(); ++day) {
      if (days[day] <= 0) continue;
      outlook.forecast->Add(days[day], rest * age_weight[day]);
    }
    outlook.forecast->Add(highest, peak_weight);
    if (recent_weight > 0) outlook.forecast->Add(recent, recent_weight * (1 - peak_weight));
    outlook.forecast->Finish(options_.memory_spread);
    return outlook;
  }

  // Fills a sizing from a forecast: target, bounds, risk. Bounds are what a much thriftier and a much safer
  // price would choose, in units of the recommendation.
  static Sizing FromOutlook(const Outlook& outlook, Duration history) {
    Sizing sizing;
    if (!outlook.forecast) return sizing;
    const double lambda = outlook.price.lambda;
    std::array<Forecast::Choice, 3> choices;
    outlook.forecast->Cheapest(outlook.price, std::array{lambda / kBoundRange, lambda, lambda * kBoundRange},
                               choices);
    sizing.exact = choices[1].amount * outlook.unit;
    sizing.risk = choices[1].risk;
    // As upstream: without history nobody is moved on the strength of nothing.
    const double days = std::max(1e-3, Seconds(history) / 86'400);
    sizing.lower = Whole(choices[0].amount * outlook.unit / (1 + 0.01 / days));
    sizing.upper = Whole(choices[2].amount * outlook.unit * (1 + 1 / days));
    sizing.reason.cause = Cause::kUsage;
    return sizing;
  }

  // Keeps the present request when leaving it saves less than a change costs.
  static void HoldStill(Sizing& sizing, const Outlook& outlook, std::int64_t request, double change_price) {
    if (request <= 0 || !outlook.forecast) return;
    const Forecast::Choice best = outlook.forecast->At(sizing.exact / outlook.unit, outlook.price);
    const Forecast::Choice held =
        outlook.forecast->At(static_cast<double>(request) / outlook.unit, outlook.price);
    if (held.cost > best.cost + change_price) return;
    sizing.exact = static_cast<double>(request);
    sizing.risk = held.risk;
    sizing.reason.cause = Cause::kHold;
  }

  // The least request that would be kept, to a 512th of the target. Who goes by the bounds else waits until a request
  // is a tenth off, and one that is exceeded for an hour of each day may be less than that too small.
  static std::int64_t LeastKept(const Sizing& sizing, const Outlook& outlook, double change_price) {
    const auto cost_of = [&](double amount) {
      return outlook.forecast->At(amount / outlook.unit, outlook.price).cost;
    };
    const double dearest = cost_of(sizing.exact) + change_price;
    double left = sizing.exact / 2;
    double kept = sizing.exact;
    for (int halved = 0; halved < 8; ++halved) {
      const double middle = (left + kept) / 2;
      (cost_of(middle) > dearest ? left : kept) = middle;
    }
    return static_cast<std::int64_t>(left);
  }

  // The less is known, the more there has to be to gain.
  [[nodiscard]] double ChangePrice(double price, const ContainerUsage& usage) const {
    return price * FirstDay(usage.history(), options_.first_day_change);
  }

  // Keeps the present request of memory like that, unless its limit leaves hardly any room for what is held now.
  void HoldRoomy(Sizing& sizing, const Outlook& outlook, const ContainerUsage& usage, const Context& context,
                 Wall now) const {
    const double needed = kRoomToKeep * usage.memory().HeldAt(now);
    const auto present = static_cast<double>(context.request.memory);
    if (present > 0 && present < sizing.exact && RoomAt(present, context) < needed) {
      sizing.lower = std::max(sizing.lower, Whole(std::min(needed, sizing.exact)));
      return;
    }
    HoldStill(sizing, outlook, context.request.memory, ChangePrice(options_.memory_change_price, usage));
  }

  // What was seen for so short a time may only have begun: nothing goes below what somebody asked for.
  static void KeepFirstMinutes(Sizing& sizing, const ContainerUsage& usage, const Context& context,
                               std::int64_t request) {
    if (usage.history() >= context.first_minutes || request <= 0) return;
    if (static_cast<double>(request) < sizing.exact) return;
    sizing.exact = static_cast<double>(request);
    sizing.lower = std::max(sizing.lower, request);
    sizing.reason.cause = Cause::kEarly;
  }

  // What throttling tells, in millicores. Where the request is the limit, one that stops whose work is done within
  // each second is raised step by step: nothing says how far, and the request pays for it.
  static double CpuDemand(const Throttling& throttling, const Context& context, Wall now) {
    const double demand = throttling.NeedAt(now) * 1000;
    const bool at_limit = context.guaranteed && throttling.share() > Throttling::kHeldBack;
    return at_limit ? std::max(demand, static_cast<double>(throttling.limit())) : demand;
  }

  // At least `need` for that cause. A request below that is too small, whatever the forecast makes of it: whoever goes
  // by the bounds is not to wait.
  static void Require(Sizing& sizing, double need, double margin, Cause cause) {
    sizing.lower = std::max(sizing.lower, Whole(need));
    if (need * (1 + margin) <= sizing.exact) return;
    sizing.exact = need * (1 + margin);
    sizing.reason.cause = cause;
    sizing.reason.observed = std::llround(need);
    sizing.reason.margin = margin;
  }

  // A version that needs more than those before it is not to wait until they are forgotten, nor until it is old enough
  // to be moved for a tenth.
  static void KeepUp(Sizing& sizing, double needed) {
    sizing.lower = std::max(sizing.lower, Whole(needed));
    if (needed <= sizing.exact) return;
    sizing.exact = needed;
    sizing.reason.cause = Cause::kUsage;
  }

  // A horizontal autoscaler keeps use / request at its target by adding replicas; a request sized by anything
  // else would only move the number of replicas.
  static void FollowHpa(Sizing& sizing, double use, const Context& context, Resource resource) {
    const double utilization = context.hpa.Of(resource);
    if (utilization <= 0 || use <= 0) return;
    // So near to its target the autoscaler does nothing, and with some noise on top this is where it keeps the use: a
    // request that followed each time would climb, with ever fewer replicas.
    const auto request = static_cast<double>(context.request.Of(resource));
    const double times = request > 0 ? use / (utilization * request) : 0;
    const double kept = times > 1 - kScaleNear && times < 1 + kScaleNear ? request : use / utilization;
    // More replicas take the work off one that is busy, not the memory off one that is full.
    if (resource == Resource::kMemory && kept < sizing.exact) return;
    sizing.exact = kept;
    sizing.reason.cause = Cause::kHpa;
    sizing.reason.observed = std::llround(use);
    sizing.reason.margin = 0;
  }

  // A leak takes whatever it is given: the request stays while the limit leaves room for what is held, and a
  // person is told. Where the limit leaves none it would be killed before anybody looks: then it has what is
  // held and what came again and again, as a heap does that is emptied every few days.
  static bool HoldLeak(Sizing& sizing, const ContainerUsage& usage, const Context& context, Wall now) {
    const Growth growth = JudgeGrowth(usage.memory().peaks().Blocks(), BlockPeaks::kPerDay);
    if (!growth.leak) return false;
    if (context.request.memory > 0) {
      // But for what not even a day more of it asks for, as the step after a kill.
      const double tomorrow = kAboveHeld * (growth.level + growth.per_day);
      sizing.exact = std::min(static_cast<double>(context.request.memory), std::max(sizing.exact, tomorrow));
    }
    const BlockPeaks& peaks = usage.memory().peaks();
    const double needed =
        kAboveHeld * std::max({usage.memory().HeldAt(now), DuePeak(peaks, now), RecurringPeak(peaks, now)});
    if (RoomAt(sizing.exact, context) < needed) {
      sizing.exact = std::max(sizing.exact, needed);
      sizing.lower = Whole(sizing.exact);
    }
    sizing.reason.cause = Cause::kLeak;
    sizing.reason.observed = std::llround(growth.level);
    sizing.reason.growth_per_day = growth.per_day;
    const Bytes limit = context.pod_memory_limit > 0 ? context.pod_memory_limit : context.limit.memory;
    if (limit > 0) {
      const double left = std::max(0.0, static_cast<double>(limit) - growth.level);
      sizing.reason.seconds_to_limit = left / growth.per_day * 86'400;
    }
    return true;
  }

  static void Close(Sizing& sizing, const ContainerUsage& usage, std::int64_t floor) {
    sizing.target = sizing.uncapped = Whole(sizing.exact);
    sizing.lower = std::min(sizing.lower, sizing.target);
    sizing.upper = std::max(sizing.upper, sizing.target);
    sizing.confidence = Confidence(usage.history());
    sizing.reason.history_seconds = Seconds(usage.history());
    ApplyFloor(sizing, floor);
  }

  [[nodiscard]] Sizing SizeCpu(const ContainerUsage& usage, const Context& context, Wall now) const {
    const CpuProfile& cpu = usage.cpu();
    // Until there is a steady state to keep the start-up apart from, it counts.
    const std::optional<FineHistogram> all = cpu.minutes().IsEmpty() || usage.history() < kStarts
                                                 ? std::optional(cpu.AllMinutes(usage.last_seen()))
                                                 : std::nullopt;
    const FineHistogram& minutes = all ? *all : cpu.minutes();
    const Outlook outlook = CpuOutlook(minutes, usage.history(), context.knob);
    Sizing sizing = FromOutlook(outlook, usage.history());
    sizing.reason.observed = std::llround(minutes.Quantile(0.95) * 1000 * context.times_as_busy);
    const double needed = sizing.exact * context.times_as_busy;
    const double lower_price = ChangePrice(options_.cpu_change_price, usage);
    const double raise_price = options_.cpu_raise * lower_price;
    if (outlook.forecast && usage.history() >= kKnown)
      sizing.lower = std::max(sizing.lower, LeastKept(sizing, outlook, raise_price));
    const bool is_too_small = static_cast<double>(context.request.cpu) < sizing.exact;
    HoldStill(sizing, outlook, context.request.cpu, is_too_small ? raise_price : lower_price);
    if (context.times_as_busy > 1) KeepUp(sizing, needed);
    const Throttling& throttling = cpu.throttling();
    Require(sizing, CpuDemand(throttling, context, now), kDemandMargin, Cause::kThrottling);
    FollowHpa(sizing, minutes.Quantile(kScaledShare) * 1000, context, Resource::kCpu);
    KeepFirstMinutes(sizing, usage, context, context.request.cpu);
    Amounts floor = options_.pod_floor;
    if (usage.history() < kDay) floor.cpu = options_.first_day_cpu_floor;
    Close(sizing, usage, ContainerFloor(context, floor, Resource::kCpu));
    return sizing;
  }

  [[nodiscard]] Sizing SizeMemory(const ContainerUsage& usage, const Context& context, Wall now) const {
    const MemoryProfile& memory = usage.memory();
    const Wall seen = std::min(now, usage.last_seen() + MemoryProfile::kPause);
    const Outlook outlook = MemoryOutlook(memory, usage.history(), context.knob, seen, now);
    Sizing sizing = FromOutlook(outlook, usage.history());
    sizing.reason.observed = std::llround(memory.recent_peak());
    HoldRoomy(sizing, outlook, usage, context, now);
    // What may lower, or keep from growing.
    FollowHpa(sizing, memory.mean(), context, Resource::kMemory);
    const bool leaks = HoldLeak(sizing, usage, context, now);
    // What nothing may undercut: what is held now cannot be taken away without a kill, and what killed kills
    // again.
    if (!leaks) Require(sizing, memory.HeldAt(now), 0, Cause::kUsage);
    if (!leaks) Require(sizing, DuePeak(memory.peaks(), now), kSeasonMargin, Cause::kSeason);
    const Wall last_seen = std::min(now, usage.last_seen());
    Require(sizing, NeedAfterKills(usage.ooms(), last_seen), 0, Cause::kOomKill);
    Require(sizing, PeakThatKilled(usage.ooms(), memory.peaks(), last_seen), kSeasonMargin, Cause::kOomKill);
    Require(sizing, static_cast<double>(context.heap.max_heap), kBesideHeap, Cause::kUsage);
    KeepFirstMinutes(sizing, usage, context, context.request.memory);
    Close(sizing, usage, ContainerFloor(context, options_.pod_floor, Resource::kMemory));
    return sizing;
  }

  LoadlineOptions options_;
};

}  // namespace

std::unique_ptr<Algorithm> MakeLoadline(const LoadlineOptions& options) {
  return std::make_unique<Loadline>(options);
}

}  // namespace loadline::collector
