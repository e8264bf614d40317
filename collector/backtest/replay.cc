#include "collector/backtest/replay.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

namespace loadline::collector {
namespace {

constexpr std::size_t kLeastSamples = 3;
constexpr double kChange = 0.1;  // a move of a request by more than this share counts

// One resource over the whole replay.
struct Tally {
  double slack = 0;
  std::int64_t samples = 0;
  std::int64_t over = 0;
  std::int64_t windows = 0;
  std::int64_t windows_over = 0;
  bool over_now = false;

  void Add(double usage, double request) {
    slack += request > 0 ? std::max(0.0, request - usage) / request : 0;
    ++samples;
    over += usage > request;
    over_now |= usage > request;
  }
  void CloseWindow(std::size_t in_window) {
    if (in_window >= kLeastSamples) {
      ++windows;
      windows_over += over_now;
    }
    over_now = false;
  }
  [[nodiscard]] std::optional<double> Share(double part, std::int64_t whole) const {
    if (whole == 0) return std::nullopt;
    return part / static_cast<double>(whole);
  }
};

bool Measured(double value) {
  return !std::isnan(value);
}

class Run {
 public:
  Run(const Trace& trace, const Algorithm& algorithm, const ReplayOptions& options)
      : trace_(trace), algorithm_(algorithm), options_(options) {
    usage_.KeepSamples();
    context_.knob = options.knob;
    if (!options.floors) context_.pod_floor = Amounts{};
  }

  Figures Go() {
    std::span<const TracePoint> rest = trace_.points;
    Feed(TakeBefore(rest, Seconds(options_.warmup)));
    const double cadence = Seconds(options_.cadence);
    for (double now = Seconds(options_.warmup); !rest.empty(); now += cadence) {
      const auto window = TakeBefore(rest, now + cadence);
      if (window.size() >= kLeastSamples)
        Hold(window, now);
      else
        Feed(window);
    }
    return Result();
  }

 private:
  static std::span<const TracePoint> TakeBefore(std::span<const TracePoint>& rest, double end) {
    const auto past = std::ranges::lower_bound(rest, end, {}, &TracePoint::seconds);
    const auto taken = rest.first(static_cast<std::size_t>(past - rest.begin()));
    rest = rest.subspan(taken.size());
    return taken;
  }

  [[nodiscard]] Wall At(double seconds) const {
    return trace_.start + std::chrono::nanoseconds(std::llround(seconds * 1e9));
  }

  void Feed(std::span<const TracePoint> points) {
    for (const TracePoint& point : points) Feed(point, point.bytes);
  }

  void Feed(const TracePoint& point, double bytes) {
    const Wall end = At(point.seconds) + trace_.interval;
    if (Measured(point.cores)) {
      usage_.AddCpu({.at = end, .interval = trace_.interval, .usage_cores = point.cores});
    }
    if (Measured(bytes)) {
      usage_.AddMemory({.at = end,
                        .interval = trace_.interval,
                        .working_set = std::llround(bytes),
                        .limit = context_.limit.memory});
    }
  }

  // Asks, and applies the answer.
  void Ask(double now) {
    const Recommendation answer = algorithm_.Recommend(usage_, context_, At(now));
    const double cpu = answer.cpu.exact / 1000;
    const double memory = answer.memory.exact;
    if (asked_ > 0) changes_ += Moved(cores_, cpu) || Moved(bytes_, memory);
    ++asked_;
    cores_ = cpu;
    bytes_ = memory;
    context_.request = {.cpu = answer.cpu.target, .memory = answer.memory.target};
    context_.limit.memory = answer.memory.target;
  }

  static bool Moved(double from, double to) { return std::abs(to - from) > kChange * from; }

  void Hold(std::span<const TracePoint> window, double now) {
    Ask(now);
    days_ += Seconds(options_.cadence) / 86'400;
    std::size_t with_memory = 0;
    std::size_t with_cpu = 0;
    for (const TracePoint& point : window) {
      if (Measured(point.cores)) {
        cpu_.Add(point.cores, cores_);
        ++with_cpu;
      }
      if (Measured(point.bytes)) {
        memory_.Add(point.bytes, bytes_);
        ++with_memory;
      }
      if (options_.censored && point.bytes > bytes_) {
        Kill(point);
      } else {
        Feed(point, point.bytes);
      }
    }
    cpu_.CloseWindow(with_cpu);
    memory_.CloseWindow(with_memory);
  }

  void Kill(const TracePoint& point) {
    Feed(point, bytes_);
    usage_.AddOom({.at = At(point.seconds) + trace_.interval,
                   .usage = std::llround(bytes_),
                   .limit = context_.limit.memory,
                   .request = context_.request.memory});
    Ask(point.seconds + Seconds(trace_.interval));
  }

  [[nodiscard]] Figures Result() const {
    Figures figures;
    figures.memory_slack = memory_.Share(memory_.slack, memory_.samples);
    figures.oom_days = memory_.Share(static_cast<double>(memory_.windows_over), memory_.windows);
    figures.cpu_slack = cpu_.Share(cpu_.slack, cpu_.samples);
    figures.cpu_over = cpu_.Share(static_cast<double>(cpu_.over), cpu_.samples);
    if (days_ > 0) figures.changes_per_day = static_cast<double>(changes_) / days_;
    return figures;
  }

  const Trace& trace_;
  const Algorithm& algorithm_;
  const ReplayOptions& options_;
  ContainerUsage usage_;
  Context context_;
  double cores_ = 0;  // applied now
  double bytes_ = 0;
  Tally cpu_;
  Tally memory_;
  int asked_ = 0;
  int changes_ = 0;
  double days_ = 0;
};

}  // namespace

Figures Replay(const Trace& trace, const Algorithm& algorithm, const ReplayOptions& options) {
  return Run(trace, algorithm, options).Go();
}

}  // namespace loadline::collector
