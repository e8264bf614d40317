#include "collector/recommend/weigh.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "collector/recommend/caps.h"
#include "collector/usage/claims.h"

namespace loadline::collector {
namespace {

// Only nodes that are so far above the next one in some figure can move a target beyond what is believed; the
// others are not looked at closer, which costs a sizing each.
constexpr double kSuspect = 2;
constexpr MilliCores kWholeCpu = 1000;
// The one of several that leads, while the others stand by and do nothing, needs many times what they do. So
// little is believed of anybody.
constexpr MilliCores kCpuForAnybody = 250;
constexpr Bytes kMemoryForAnybody = 512 * kMiB;

struct Teller {
  std::size_t instance = 0;  // the first on that node
  Claims claims;
};
using Tellers = std::map<std::uint32_t, Teller>;

Tellers TellersOf(std::span<const Instance> instances, const std::vector<std::size_t>& members) {
  Tellers tellers;
  for (const std::size_t i : members) {
    const Instance& instance = instances[i];
    if (instance.gone || instance.teller == 0 || instance.usage->history() <= Duration::zero()) continue;
    const auto [teller, is_new] = tellers.try_emplace(instance.teller, Teller{.instance = i, .claims = {}});
    teller->second.claims.Raise(Claims::Of(*instance.usage));
  }
  return tellers;
}

// The highest of that figure, where it is so far above the others'.
template <typename Value, typename IsFar>
void SuspectHighest(const Tellers& tellers, Value value, IsFar is_far, std::vector<std::uint32_t>& suspects) {
  const auto top =
      std::ranges::max_element(tellers, {}, [&](const auto& one) { return value(one.second.claims); });
  Claims others;
  for (const auto& [teller, told] : tellers) {
    if (teller != top->first) others.Raise(told.claims);
  }
  if (is_far(top->second.claims, others)) suspects.push_back(top->first);
}

std::vector<std::uint32_t> Suspects(const Tellers& tellers, std::span<const OomSample> kills) {
  std::vector<std::uint32_t> suspects;
  for (const OomSample& kill : kills) {
    if (kill.teller != 0) suspects.push_back(kill.teller);
  }
  for (std::size_t figure = 0; figure < Claims::kFigures; ++figure) {
    SuspectHighest(
        tellers, [&](const Claims& claims) { return claims.figures[figure]; },
        [&](const Claims& top, const Claims& others) { return top.Exceeds(others, kSuspect, figure); },
        suspects);
  }
  SuspectHighest(
      tellers, [](const Claims& claims) { return claims.told_seconds; },
      [](const Claims& top, const Claims& others) {
        return top.told_seconds > kSuspect * others.told_seconds;
      },
      suspects);
  std::ranges::sort(suspects);
  const auto twice = std::ranges::unique(suspects);
  suspects.erase(twice.begin(), twice.end());
  return suspects;
}

ContainerUsage Without(std::uint32_t teller, std::span<const Instance> instances,
                       const std::vector<std::size_t>& members) {
  ContainerUsage others;
  for (const std::size_t i : members) {
    if (instances[i].teller != teller) others.Merge(*instances[i].usage);
  }
  others.ForgetKillsOf(teller);
  return others;
}

std::int64_t Times(double times, std::int64_t amount) {
  return static_cast<std::int64_t>(std::min(std::ceil(times * static_cast<double>(amount)), 1e18));
}

// How many times the others' target was asked for, where that is not believed; otherwise nothing.
std::optional<double> BoundTarget(const Recommendation& theirs, const Context& context, Resource resource,
                                  Recommendation& answer) {
  const Sizing& their = theirs.Of(resource);
  Sizing& sizing = answer.Of(resource);
  const std::int64_t anyway = resource == Resource::kCpu ? kCpuForAnybody : kMemoryForAnybody;
  std::int64_t most = std::max({Times(kBelievedAlone, their.target), context.request.Of(resource), anyway});
  if (context.whole_cpus && resource == Resource::kCpu) most = RoundUpTo(most, kWholeCpu);
  sizing.upper = std::min(sizing.upper, std::max(Times(kBelievedAlone, their.upper), most));
  const auto least = static_cast<std::int64_t>(static_cast<double>(their.target) / kBelievedAlone);
  if (sizing.target >= least && sizing.target <= most) return std::nullopt;
  const double theirs_alone = static_cast<double>(std::max<std::int64_t>(their.target, 1));
  const double times = static_cast<double>(sizing.target) / theirs_alone;
  if (sizing.target > most) {
    LowerToOthers(sizing, most);
  } else {
    RaiseToOthers(sizing, least);
  }
  return times;
}

// Of a limit as much is believed as of a target; the present one stays, and the target fits under it, in the
// others' proportion.
void BoundLimit(const Recommendation& theirs, const Context& context, Resource resource,
                Recommendation& answer) {
  std::int64_t& limit = resource == Resource::kCpu ? answer.limit.cpu : answer.limit.memory;
  const std::int64_t least = std::max(context.limit.Of(resource), answer.Of(resource).target);
  const std::int64_t their_limit = theirs.limit.Of(resource);
  limit = std::min(limit, std::max(Times(kBelievedAlone, their_limit), least));
  limit = std::max(limit, std::min(their_limit, ProportionalLimit(their_limit, theirs.Of(resource).target,
                                                                  answer.Of(resource).target)));
}

double BoostedCpu(const Recommendation& recommendation) {
  return static_cast<double>(recommendation.cpu.target) * recommendation.boost.factor;
}

// What these others ask for bounds the answer; `name` is told of each resource that it bounds.
template <typename Tell>
void BoundBy(const Recommendation& theirs, const Context& context, Recommendation& answer, Tell name) {
  for (const Resource resource : {Resource::kCpu, Resource::kMemory}) {
    const std::optional<double> times = BoundTarget(theirs, context, resource, answer);
    BoundLimit(theirs, context, resource, answer);
    if (!times) continue;
    if (resource == Resource::kCpu) answer.cpu_limit_advice = theirs.cpu_limit_advice;
    name(resource, *times);
  }
  if (BoostedCpu(answer) > kBelievedAlone * BoostedCpu(theirs)) answer.boost = theirs.boost;
}

void NameOdd(std::size_t instance, Resource resource, double times, std::vector<Outlier>& outliers) {
  const auto named = std::ranges::find_if(outliers, [&](const Outlier& one) {
    return one.instance == instance && one.resource == resource && !one.killed;
  });
  Outlier& odd =
      named != outliers.end()
          ? *named
          : outliers.emplace_back(
                Outlier{.instance = instance, .resource = resource, .times_the_median = 0, .killed = false});
  odd.times_the_others = times;
}

}  // namespace

void Weigh(const Algorithm& algorithm, std::span<const Instance> instances,
           const std::vector<std::size_t>& members, std::span<const OomSample> kills, const Context& context,
           Wall now, Recommendation& answer, std::vector<Outlier>& outliers) {
  const Tellers tellers = TellersOf(instances, members);
  if (tellers.size() < kLeastTellers) return;
  for (const std::uint32_t suspect : Suspects(tellers, kills)) {
    const Recommendation theirs = algorithm.Recommend(Without(suspect, instances, members), context, now);
    BoundBy(theirs, context, answer, [&](Resource resource, double times) {
      // Of one that is gone only its kills are known.
      if (const auto odd = tellers.find(suspect); odd != tellers.end())
        NameOdd(odd->second.instance, resource, times, outliers);
    });
  }
}

}  // namespace loadline::collector
