#include "collector/apply/fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "collector/recommend/caps.h"
#include "schemas/base/saturating.h"

namespace loadline::collector {
namespace {

constexpr double kAbovePeak = 1.2;
constexpr MilliCores kReadBack = 10;

std::int64_t& Of(Amounts& amounts, Resource resource) {
  return resource == Resource::kCpu ? amounts.cpu : amounts.memory;
}

std::int64_t WholeMiB(std::int64_t bytes) {
  return SaturatingSum(bytes, kMiB - 1) / kMiB * kMiB;
}

std::string Text(std::int64_t amount, Resource resource) {
  return resource == Resource::kCpu ? FormatCpu(amount) : FormatBytes(amount);
}

// The request to have, before the limit is looked at.
std::int64_t Wanted(std::int64_t now, std::int64_t target, Resource resource, const ApplyBounds& bounds,
                    const FitOptions& options) {
  const auto present = static_cast<double>(now);
  const double within =
      std::clamp(static_cast<double>(target), present / options.max_factor, present * options.max_factor);
  std::int64_t amount = SaturatingWhole(std::ceil(within));
  if (resource == Resource::kMemory) amount = WholeMiB(amount);
  amount = std::max(amount, bounds.least.Of(resource));
  if (const std::int64_t most = bounds.most.Of(resource); most > 0) amount = std::min(amount, most);
  return amount;
}

// The least memory limit that is safe: a fifth above the peak that was seen.
Bytes AbovePeak(const ContainerAdvice& advice) {
  return WholeMiB(SaturatingWhole(static_cast<double>(advice.memory_peak) * kAbovePeak));
}

// Of a limit, or of a request without one: it is no more than that, or than it was.
bool IsWithin(const ContainerSize& from, const ContainerSize& to, const Amounts& most, Resource resource) {
  const auto of = [&](const ContainerSize& size) {
    return size.limit.Of(resource) > 0 ? size.limit.Of(resource) : size.request.Of(resource);
  };
  return most.Of(resource) == 0 || of(to) <= std::max(most.Of(resource), of(from));
}

// A rescued limit is kept, and given to all: what one replica has grown to another will.
void KeepHeld(ContainerSize& size, Bytes held) {
  if (size.limit.memory <= 0 || size.limit.memory >= held) return;
  if (size.request.memory == size.limit.memory) size.request.memory = held;
  size.limit.memory = held;
}

// Of one resource of one container; whether it changes.
bool FitResource(ContainerSize& size, Resource resource, const ContainerAdvice& advice,
                 const ApplyBounds& bounds, const FitOptions& options) {
  std::int64_t& request = Of(size.request, resource);
  std::int64_t& limit = Of(size.limit, resource);
  if (request <= 0) return false;
  std::int64_t wanted = Wanted(request, advice.target.Of(resource), resource, bounds, options);
  const Context present{
      .request = size.request,
      .limit = size.limit,
      .limits = advice.limits_stay ? LimitPolicy::kRequestsOnly : LimitPolicy::kKeepProportion};
  std::int64_t wanted_limit = SafeLimit(present, resource, wanted);
  if (limit > 0 && !advice.limits_stay) {
    if (const std::int64_t most = bounds.most.Of(resource); most > 0)
      wanted_limit = std::min(wanted_limit, most);
    // Bounds are for what is given: what is held already cannot be taken away without a kill.
    if (resource == Resource::kMemory)
      wanted_limit = WholeMiB(std::max(wanted_limit, std::min(limit, AbovePeak(advice))));
  }
  if (limit > 0 && limit == request) wanted = wanted_limit;
  if (limit > 0) wanted = std::min(wanted, wanted_limit);
  const double change = std::abs(static_cast<double>(wanted - request)) / static_cast<double>(request);
  if (change < options.min_change) return false;
  request = wanted;
  limit = wanted_limit;
  return true;
}

}  // namespace

bool MayChange(const SizablePod& pod, const std::string& container, Resource resource,
               const ApplyBounds& bounds) {
  const bool is_cpu = resource == Resource::kCpu;
  const std::string name = container + (is_cpu ? "/cpu" : "/memory");
  return (is_cpu ? bounds.cpu : bounds.memory) &&
         std::ranges::find(pod.restarting, name) == pod.restarting.end();
}

std::string QosOf(const PodSize& size) {
  bool any = false;
  bool all = true;
  for (const ContainerSize& container : size) {
    for (const Resource resource : {Resource::kCpu, Resource::kMemory}) {
      const std::int64_t request = container.request.Of(resource);
      const std::int64_t limit = container.limit.Of(resource);
      any = any || request > 0 || limit > 0;
      all = all && limit > 0 && (request == 0 || request == limit);
    }
  }
  if (!any) return "BestEffort";
  return all ? "Guaranteed" : "Burstable";
}

bool SameLimit(Bytes a, Bytes b) {
  return std::abs(a - b) < 4 * kKiB;
}

bool Same(const PodSize& wanted, const PodSize& given) {
  const auto near = [](const Amounts& a, const Amounts& b) {
    return std::abs(a.cpu - b.cpu) <= kReadBack && a.memory == b.memory;
  };
  return std::ranges::all_of(wanted, [&](const ContainerSize& container) {
    const auto it = std::ranges::find(given, container.name, &ContainerSize::name);
    return it != given.end() && near(it->request, container.request) && near(it->limit, container.limit);
  });
}

bool MayFollow(const SizablePod& pod, const PodSize& size, const Subject& subject) {
  if (QosOf(size) != pod.qos) return false;
  return std::ranges::equal(pod.wanted, size, [&](const ContainerSize& from, const ContainerSize& to) {
    const auto advice = std::ranges::find(subject.advice, to.name, &ContainerAdvice::name);
    const Bytes least = advice == subject.advice.end() ? 0 : std::min(from.limit.memory, AbovePeak(*advice));
    const Amounts& most = subject.bounds.most;
    return from.name == to.name && (to.limit.memory == 0 || to.limit.memory >= least) &&
           IsWithin(from, to, most, Resource::kCpu) && IsWithin(from, to, most, Resource::kMemory);
  });
}

Fit FitAfterKill(const SizablePod& pod, const Subject& subject, const FitOptions& options) {
  FitOptions at_once = options;
  at_once.max_factor = std::numeric_limits<double>::infinity();
  Fit fit{.size = pod.wanted, .why = "its advice asks for no more memory"};
  std::string changes;
  for (ContainerSize& container : fit.size) {
    const auto advice = std::ranges::find(subject.advice, container.name, &ContainerAdvice::name);
    if (advice == subject.advice.end()) continue;
    if (!MayChange(pod, container.name, Resource::kMemory, subject.bounds)) continue;
    ContainerSize raised = container;
    if (!FitResource(raised, Resource::kMemory, *advice, subject.bounds, at_once)) continue;
    if (raised.request.memory < container.request.memory || raised.limit.memory < container.limit.memory)
      continue;
    changes += fmt::format("{}{} memory {} to {}", changes.empty() ? "" : ", ", container.name,
                           FormatBytes(container.request.memory), FormatBytes(raised.request.memory));
    container = raised;
  }
  if (changes.empty() || QosOf(fit.size) != pod.qos) return {.size = pod.wanted, .why = fit.why};
  fit.changes = true;
  fit.why = changes;
  return fit;
}

Fit FitPod(const SizablePod& pod, const Subject& subject, const FitOptions& options, const HeldLimits& held) {
  Fit fit{.size = pod.wanted, .why = "what it asks for is what it should"};
  std::string changes;
  for (ContainerSize& container : fit.size) {
    const auto advice = std::ranges::find(subject.advice, container.name, &ContainerAdvice::name);
    if (advice == subject.advice.end()) continue;
    if (advice->history < options.min_history) {
      fit.why =
          fmt::format("the usage of container {} is known for less than apply.min_history", container.name);
      continue;
    }
    for (const Resource resource : {Resource::kCpu, Resource::kMemory}) {
      if (!MayChange(pod, container.name, resource, subject.bounds)) continue;
      const std::int64_t before = container.request.Of(resource);
      if (!FitResource(container, resource, *advice, subject.bounds, options)) continue;
      changes += fmt::format("{}{} {} {} to {}", changes.empty() ? "" : ", ", container.name, Name(resource),
                             Text(before, resource), Text(container.request.Of(resource), resource));
    }
  }
  if (changes.empty()) return fit;
  for (ContainerSize& container : fit.size) {
    if (const auto raised = held.find(container.name); raised != held.end())
      KeepHeld(container, raised->second);
  }
  if (QosOf(fit.size) != pod.qos) {
    return {.size = pod.wanted,
            .why = fmt::format("{} would change its QoS class from {}", changes, pod.qos)};
  }
  fit.changes = true;
  fit.why = changes;
  return fit;
}

}  // namespace loadline::collector
