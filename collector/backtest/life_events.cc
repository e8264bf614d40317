#include <algorithm>
#include <cmath>

#include "collector/backtest/lives.h"
#include "collector/backtest/shapes.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using Demand = SimulatedContainer::Demand;
using Moment = LifeMoment;

// Of a service by day and night, around 1.
double Busy(const Moment& moment) {
  return (0.5 + DayWave(moment.at)) * (1 + 0.1 * Noise(moment.at, moment.place));
}

Demand Service(const Moment& moment, double times = 1) {
  return {.cores = 0.3 * times * Busy(moment), .bytes = (350 + 100 * times * Busy(moment)) * kMiBytes};
}

bool IsBetween(Duration at, Duration from, Duration length) {
  return at >= from && at < from + length;
}

// A version that takes thrice the CPU and the memory is taken back after six hours.
Life BadVersion() {
  const auto version = [](Duration at, int) { return IsBetween(at, 10 * 24h + 10h, 6h) ? 2 : 1; };
  const auto demand = [](const Moment& moment) {
    Demand usual = Service(moment);
    if (moment.version == 2) usual = {.cores = 3 * usual.cores, .bytes = 3 * usual.bytes};
    return usual;
  };
  return {.name = "bad-version", .containers = {Having(1000, kGiB, demand)}, .places = 3, .version = version};
}

// Three replicas of what is shared, until somebody adds an autoscaler.
Life AutoscalerAddedLater() {
  const auto demand = [](const Moment& moment) {
    const double all = 0.6 + 2.4 * DayWave(moment.at);
    return Demand{.cores = all / moment.running * (1 + 0.1 * Noise(moment.at, moment.place)),
                  .bytes = 300 * kMiBytes};
  };
  return {.name = "autoscaler-added-later",
          .containers = {Having(1500, 512 * kMiB, demand)},
          .places = 10,
          .scaling = LifeScaling{
              .resource = Resource::kCpu, .target = 0.7, .least = 3, .most = 10, .from = 10 * 24h + 9h}};
}

// The manifests of production, with a tenth of its load.
Life StagingCopy() {
  const auto demand = [](const Moment& moment) { return Service(moment, InOffice(moment.at) ? 0.3 : 0.05); };
  return {.name = "staging-copy", .containers = {Having(4000, 4 * kGiB, demand)}, .places = 2};
}

// One of five shards has four times the work of another, and after two weeks it is another one.
Life HotShard() {
  const auto demand = [](const Moment& moment) {
    const int hot = moment.at < 14 * 24h ? 0 : 3;
    const double times = moment.place == hot ? 4 : 1;
    return Demand{.cores = 0.2 * times * Busy(moment), .bytes = (400 + 300 * times) * kMiBytes};
  };
  return {.name = "hot-shard", .days = 35, .containers = {Having(1500, 2 * kGiB, demand)}, .places = 5};
}

// Twice what it calls is away for twenty minutes; then all who waited come at once.
Life RetryStorms() {
  const auto demand = [](const Moment& moment) {
    for (const Duration outage : {9 * 24h + 14h, 25 * 24h + 11h}) {
      if (IsBetween(moment.at, outage, 20min)) return Service(moment, 0.05);
      if (IsBetween(moment.at, outage + 20min, 15min)) return Service(moment, 6);
    }
    return Service(moment);
  };
  return {.name = "retry-storms", .days = 42, .containers = {Having(1000, kGiB, demand)}, .places = 3};
}

// A version a week, whose cache is full after two days.
Life WarmCache() {
  const auto demand = [](const Moment& moment) {
    const double warm = std::min(1.0, HoursOf(moment.up) / 48);
    return Demand{.cores = (0.6 - 0.3 * warm) * Busy(moment), .bytes = (400 + 1600 * warm) * kMiBytes};
  };
  return {.name = "weekly-deploy-warm-cache",
          .days = 42,
          .containers = {Having(1500, 3 * kGiB, demand)},
          .places = 2,
          .version = [](Duration at, int) { return 1 + static_cast<int>((at + 48h) / (7 * 24h)); }};
}

// A nightly job, and on each thirtieth night all of the month.
Life MonthEndBatch() {
  const auto demand = [](const Moment& moment) {
    const bool month_end = static_cast<int>(DaysOf(moment.at)) % 30 == 27;
    const double full = std::min(1.0, 0.2 + HoursOf(moment.up));
    return Demand{.cores = 1, .bytes = full * (month_end ? 4000 : 800) * kMiBytes};
  };
  return {.name = "month-end-batch",
          .days = 98,
          .containers = {Having(1200, 2 * kGiB, demand)},
          .version = [](Duration at, int) { return IsWithin(at, 24h, 1h, 2h) ? 1 : 0; },
          .is_cron_job = true};
}

// From the deployment of the ninth day on a proxy runs beside it, as its chart sizes it.
Life SidecarInjected() {
  const auto proxy = [](const Moment& moment) {
    return Demand{.cores = 0.04 * Busy(moment), .bytes = 70 * kMiBytes};
  };
  LifeContainer sidecar = Having(100, 128 * kMiB, proxy);
  sidecar.from = 9 * 24h;
  const auto demand = [](const Moment& moment) { return Service(moment); };
  return {.name = "sidecar-injected",
          .containers = {Having(1000, kGiB, demand), sidecar},
          .places = 3,
          .version = [](Duration at, int) { return at < 9 * 24h + 10h ? 1 : 2; }};
}

// Data that no longer fit: somebody doubles the limit, but not the request.
Life LimitRaisedByHand() {
  const auto demand = [](const Moment& moment) {
    const double more = std::clamp((DaysOf(moment.at) - 10) / 2, 0.0, 1.0);
    const bool peak = IsWithin(moment.at, 24h, 13h, 5min);
    return Demand{.cores = 0.2, .bytes = (500 + 300 * more) * (peak ? 1.5 : 1) * kMiBytes};
  };
  return {
      .name = "limit-raised-by-hand",
      .days = 35,
      .containers = {Having(300, kGiB, demand)},
      .edits = {
          {.at = 11 * 24h + 15h, .request = {.cpu = 300, .memory = kGiB}, .limit = {.memory = 2 * kGiB}}}};
}

// The same, under another name: nothing is known of it.
Life MovedToAnotherNamespace() {
  const auto demand = [](const Moment& moment) { return Service(moment); };
  return {.name = "moved-to-another-namespace",
          .containers = {Having(1000, kGiB, demand)},
          .places = 3,
          .moved_at = 14 * 24h + 10h};
}

// A large customer leaves.
Life CustomerLeaves() {
  const auto demand = [](const Moment& moment) { return Service(moment, moment.at < 14 * 24h ? 3 : 1); };
  return {.name = "customer-leaves", .days = 42, .containers = {Having(2000, kGiB, demand)}, .places = 3};
}

// Three days of a sale.
Life Sale() {
  const auto demand = [](const Moment& moment) {
    return Service(moment, IsBetween(moment.at, 15 * 24h, 72h) ? 4 : 1);
  };
  return {.name = "sale", .days = 35, .containers = {Having(1000, kGiB, demand)}, .places = 4};
}

// Restarted every night, and fuller by the hour.
Life NightlyRestart() {
  const auto demand = [](const Moment& moment) {
    return Demand{.cores = 0.2 * Busy(moment), .bytes = (300 + 40 * HoursOf(moment.up)) * kMiBytes};
  };
  return {.name = "nightly-restart",
          .containers = {Having(500, 2 * kGiB, demand)},
          .places = 2,
          .version = [](Duration at, int) { return 1 + static_cast<int>((at + 21h) / 24h); }};
}

// What serves one half of the people serves all of them while the other region is away for a day.
Life OtherRegionAway() {
  const auto demand = [](const Moment& moment) {
    const bool alone = IsBetween(moment.at, 12 * 24h + 8h, 24h) || IsBetween(moment.at, 33 * 24h + 8h, 24h);
    return Service(moment, alone ? 2 : 1);
  };
  return {.name = "other-region-away", .days = 49, .containers = {Having(1000, kGiB, demand)}, .places = 3};
}

// Runners of a build farm: a pod for each build, some of which are large.
Life BuildRunners() {
  const auto version = [](Duration at, int place) {
    const Duration begun = at % 40min;
    const bool wanted = InOffice(at) && Noise(at - begun, place) > -0.2;
    return wanted && begun < 25min ? 1 + static_cast<int>(at / 40min) : 0;
  };
  const auto demand = [](const Moment& moment) {
    const double size = std::exp2(2 * Noise(moment.at - moment.up, 40 + moment.place));
    const double full = std::min(1.0, 0.3 + Seconds(moment.up) / 900);
    return Demand{.cores = moment.up < 18min ? 2 : 0.2, .bytes = 600 * size * full * kMiBytes};
  };
  return {.name = "build-runners",
          .containers = {Having(2000, 2 * kGiB, demand)},
          .places = 4,
          .version = version};
}

}  // namespace

std::vector<Life> EventLives() {
  return {BadVersion(),        AutoscalerAddedLater(),
          StagingCopy(),       HotShard(),
          RetryStorms(),       WarmCache(),
          MonthEndBatch(),     SidecarInjected(),
          LimitRaisedByHand(), MovedToAnotherNamespace(),
          CustomerLeaves(),    Sale(),
          NightlyRestart(),    OtherRegionAway(),
          BuildRunners()};
}

}  // namespace loadline::collector
