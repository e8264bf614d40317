#include "agent/app/cpu_budget.h"

#include <algorithm>
#include <array>
#include <utility>

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

constexpr std::array<Effort, CpuBudget::kSteps + 1> kEfforts = {{
    {.interval = 1s, .rotation = 12},
    {.interval = 1s, .rotation = 60},
    {.interval = 2s, .rotation = 60},
    {.interval = 5s, .rotation = 60},
    {.interval = 10s, .rotation = 60},
}};

// The first windows name every cgroup and say every limit, which is not what goes on.
constexpr int kStart = 3;
constexpr int kAboveToStepDown = 2;
// A step back at most triples what is used, so there is room for it.
constexpr int kRoom = 3;
constexpr int kBelowToStepUp = 6;

}  // namespace

Effort CpuBudget::EffortAt(int step) {
  return kEfforts[static_cast<std::size_t>(std::clamp(step, 0, kSteps))];
}

bool CpuBudget::Account(std::uint64_t cpu_us, Duration window) {
  const std::uint64_t grown = cpu_us - std::min(cpu_us, std::exchange(cpu_us_, cpu_us));
  if (budget_ == 0 || window <= Duration::zero()) return false;
  used_ = static_cast<MilliCores>(static_cast<double>(grown) / 1e3 / Seconds(window));
  if (++windows_ <= kStart) return false;
  above_ = used_ > budget_ ? above_ + 1 : 0;
  below_ = used_ * kRoom < budget_ ? below_ + 1 : 0;
  const int before = step_;
  if (above_ >= kAboveToStepDown) step_ = std::min(step_ + 1, kSteps);
  if (below_ >= kBelowToStepUp) step_ = std::max(step_ - 1, 0);
  if (step_ == before) return false;
  above_ = below_ = 0;
  return true;
}

}  // namespace loadline::agent
