#include "collector/apply/rescue.h"

#include <algorithm>

#include "collector/apply/fit.h"
#include "schemas/base/saturating.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr double kFactor = 1.5;
constexpr double kMostAnHour = 3;
// Less is not worth a resize: it would be full again at once.
constexpr double kLeast = 1.05;
// After a choice not to raise, the same limit is not looked at again.
constexpr Duration kNotAgain = 10min;

Bytes Times(Bytes bytes, double factor) {
  const Bytes product = SaturatingWhole(static_cast<double>(bytes) * factor);
  return SaturatingSum(product, kMiB - 1) / kMiB * kMiB;
}

bool IsOf(const Rescue& rescue, const SizablePod& pod, const GrowthSign& sign) {
  return rescue.uid == pod.uid && rescue.container == sign.container;
}

// Its limit an hour ago, as far as we changed it since.
Bytes HourAgo(Bytes limit, const SizablePod& pod, const GrowthSign& sign, std::span<const Rescue> before,
              Wall now) {
  const auto first = std::ranges::find_if(before, [&](const Rescue& rescue) {
    return IsOf(rescue, pod, sign) && rescue.raised() && now - rescue.at < 1h;
  });
  return first == before.end() ? limit : std::min(limit, first->from);
}

bool WasDenied(Bytes limit, const SizablePod& pod, const GrowthSign& sign, std::span<const Rescue> before,
               Wall now) {
  return std::ranges::any_of(before, [&](const Rescue& rescue) {
    return IsOf(rescue, pod, sign) && !rescue.raised() && rescue.from == limit && now - rescue.at < kNotAgain;
  });
}

// The limit alone where the QoS class allows that: it takes nothing from the node that others may ask for.
bool SetLimit(PodSize& size, const std::string& name, Bytes limit, const std::string& qos) {
  const auto container = std::ranges::find(size, name, &ContainerSize::name);
  container->limit.memory = limit;
  if (QosOf(size) != qos) container->request.memory = limit;
  return QosOf(size) == qos;
}

}  // namespace

RescueChoice ChooseRescue(const SizablePod& pod, const ApplyBounds& bounds, const GrowthSign& sign,
                          std::span<const LimitCap> caps, std::span<const Rescue> before, Wall now) {
  RescueChoice choice;
  const auto container = std::ranges::find(pod.wanted, sign.container, &ContainerSize::name);
  if (pod.leaving || container == pod.wanted.end() || container->limit.memory <= 0) return choice;
  if (!MayChange(pod, sign.container, Resource::kMemory, bounds)) return choice;
  const Bytes limit = container->limit.memory;
  // The limit of another cgroup, or one that an order is about to change.
  if (!SameLimit(sign.limit, limit)) return choice;
  if (WasDenied(limit, pod, sign, before, now)) return choice;

  const Bytes in_an_hour = Times(HourAgo(limit, pod, sign, before, now), kMostAnHour);
  LimitCap least{.most = in_an_hour, .by = "the bound of threefold within an hour"};
  for (const LimitCap& cap : caps) {
    if (cap.most < least.most) least = cap;
  }
  const Bytes wanted = Times(limit, kFactor);
  if (least.most < wanted) choice.by = least.by;
  const Bytes to = std::min(wanted, least.most);
  choice.decision = {.uid = pod.uid, .container = sign.container, .from = limit, .to = limit, .at = now};
  choice.kind = RescueChoice::Kind::kNoRoom;
  if (static_cast<double>(to) < static_cast<double>(limit) * kLeast) return choice;
  choice.size = pod.wanted;
  if (!SetLimit(choice.size, sign.container, to, pod.qos)) {
    choice.by = "its QoS class, " + pod.qos;
    return choice;
  }
  choice.decision.to = to;
  choice.kind = RescueChoice::Kind::kRaise;
  return choice;
}

void Remember(std::vector<Rescue>& rescues, Rescue decision, Wall now) {
  std::erase_if(rescues, [&](const Rescue& old) {
    return old.uid == decision.uid && old.container == decision.container && now - old.at >= 1h &&
           old.to <= decision.to;
  });
  rescues.push_back(std::move(decision));
}

}  // namespace loadline::collector
