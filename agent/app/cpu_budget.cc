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
// Part of what is used is the same at every step, and may be more than a third of a small budget. So where it was below
// two thirds for minutes a step back is tried; what comes of it decides when the next one is.
constexpr int kFirstPatience = 30;
constexpr int kLongestPatience = 960;
constexpr int kTryFails = 6;

}  // namespace

CpuBudget::CpuBudget(MilliCores budget) : budget_(budget), patience_(kFirstPatience), since_try_(kTryFails) {}

Effort CpuBudget::EffortAt(int step) {
  return kEfforts[static_cast<std::size_t>(std::clamp(step, 0, kSteps))];
}

bool CpuBudget::Account(std::uint64_t cpu_us, Duration window) {
  const std::uint64_t grown = cpu_us - std::min(cpu_us, std::exchange(cpu_us_, cpu_us));
  if (budget_ == 0 || window <= Duration::zero()) return false;
  used_ = static_cast<double>(grown) / 1e3 / Seconds(window);
  if (++windows_ <= kStart) return false;
  const auto budget = static_cast<double>(budget_);
  above_ = used_ > budget ? above_ + 1 : 0;
  below_ = used_ * kRoom < budget ? below_ + 1 : 0;
  fair_ = used_ * 3 < budget * 2 ? fair_ + 1 : 0;
  ++since_try_;
  if (step_ < kSteps && above_ >= kAboveToStepDown) {
    if (since_try_ <= kTryFails) patience_ = std::min(patience_ * 2, kLongestPatience);
    return StepTo(step_ + 1);
  }
  if (step_ == 0) return false;
  if (below_ >= kBelowToStepUp) {
    patience_ = kFirstPatience;
    return StepTo(step_ - 1);
  }
  if (fair_ < patience_) return false;
  since_try_ = 0;
  return StepTo(step_ - 1);
}

bool CpuBudget::StepTo(int step) {
  step_ = step;
  above_ = below_ = fair_ = 0;
  return true;
}

}  // namespace loadline::agent
