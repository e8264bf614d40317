#include "collector/backtest/simulated_container.h"

#include <algorithm>
#include <cmath>

#include "collector/usage/bucket_scheme.h"

namespace loadline::collector {
namespace {

constexpr double kPeriod = 0.1;  // seconds of a CFS period
constexpr double kChange = 0.1;

bool Moved(std::int64_t from, std::int64_t to) {
  return std::abs(static_cast<double>(to - from)) > kChange * static_cast<double>(from);
}

}  // namespace

SimulatedContainer::SimulatedContainer(const Algorithm& algorithm, const Settings& settings)
    : algorithm_(algorithm), settings_(settings), now_(settings.begin) {
  if (algorithm.samples()) usage_.KeepSamples();
  context_.request = settings.request;
  ApplyLimits();
}

void SimulatedContainer::ApplyLimits() {
  if (settings_.cpu_limit) context_.limit.cpu = context_.request.cpu;
  if (settings_.memory_limit) context_.limit.memory = context_.request.memory;
}

void SimulatedContainer::Live(const Demand& demand) {
  now_ += settings_.step;
  killed_ = false;
  UseCpu(demand.cores);
  UseMemory(demand.bytes);
}

void SimulatedContainer::UseCpu(double cores) {
  const double limit = context_.limit.cpu > 0 ? static_cast<double>(context_.limit.cpu) / 1000 : HUGE_VAL;
  const double used = used_.cores = std::min(cores, limit);
  // Who wants more than a core has as many threads, and all of them have work left when they are stopped.
  const double busy_cpus = std::max(settings_.busy_cpus, std::ceil(cores));
  const bool held_back = cores > limit;
  throttled_share_ = held_back ? 1 : 0;
  const double seconds = Seconds(settings_.step);
  const auto periods = static_cast<std::uint32_t>(seconds / kPeriod);
  const auto per_second = static_cast<std::uint8_t>(std::min(250.0, seconds));
  const wire::CpuWindow::Bin bin{.bucket = static_cast<std::uint8_t>(BucketScheme::Cpu().Find(used)),
                                 .count = per_second};
  usage_.AddCpu({.at = now_,
                 .interval = settings_.step,
                 .usage_cores = used,
                 .one_second = {&bin, 1},
                 .limit = context_.limit.cpu,
                 .periods = context_.limit.cpu > 0 ? periods : 0,
                 .throttled_periods = held_back ? periods : 0,
                 .throttled_seconds = held_back ? (busy_cpus - used) * seconds : 0});
}

void SimulatedContainer::UseMemory(double bytes) {
  const Bytes limit = context_.limit.memory;
  killed_ = limit > 0 && bytes > static_cast<double>(limit);
  const Bytes held = killed_ ? limit : std::llround(bytes);
  used_.bytes = static_cast<double>(held);
  usage_.AddMemory({.at = now_, .interval = settings_.step, .working_set = held, .limit = limit});
  if (!killed_) return;
  ++kills_;
  usage_.AddOom({.at = now_, .usage = held, .limit = limit, .request = context_.request.memory});
}

void SimulatedContainer::Give(const Amounts& request, const Amounts& limit) {
  changes_ += Moved(context_.request.cpu, request.cpu) || Moved(context_.request.memory, request.memory);
  context_.request = request;
  context_.limit = limit;
}

void SimulatedContainer::Resize() {
  latest_ = algorithm_.Recommend(usage_, context_, now_);
  const Amounts wanted{.cpu = latest_.cpu.target, .memory = latest_.memory.target};
  Give(wanted, context_.limit);
  ApplyLimits();
}

}  // namespace loadline::collector
