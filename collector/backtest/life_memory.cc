#include <algorithm>

#include "collector/backtest/lives.h"
#include "collector/backtest/shapes.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using Moment = LifeMoment;

// Of one pod that uses a tenth of a core: what it holds, in MiB. Its limit is its request.
template <typename Held>
Life Holding(std::string name, int days, Bytes request, Held held) {
  const auto demand = [held](const Moment& moment) {
    return SimulatedContainer::Demand{.cores = 0.1, .bytes = held(moment) * kMiBytes};
  };
  return {.name = std::move(name),
          .days = days,
          .containers = {
              {.request = {.cpu = 150, .memory = request}, .limit = {.memory = request}, .demand = demand}}};
}

// One hour at ten times the usual, on the eighth day; it may use eight times what it asks for.
Life OneIncident() {
  Life life = Holding("one-incident", 42, kGiB, [](const Moment& moment) {
    const bool incident = moment.at >= 7 * 24h && moment.at < 7 * 24h + 1min;
    return incident ? 9000.0 : 500.0;
  });
  life.containers[0].limit.memory = 8 * kGiB;
  return life;
}

// Its parts are started one after the other; a new version each day.
Life SlowStart() {
  Life life = Holding("slow-start", 14, kGiB, [](const Moment& moment) {
    return 60 + 840 * std::min(1.0, Seconds(moment.up) / 240);
  });
  life.version = [](Duration at, int) { return 1 + static_cast<int>(at / 24h); };
  return life;
}

// 100 MiB more a day, there again after each restart.
Life PersistedData() {
  return Holding("data-100-mib-a-day", 60, 1536 * kMiB,
                 [](const Moment& moment) { return 1024 + 100 * DaysOf(moment.at); });
}

// A store that takes up a hundredth more each day.
Life SlowGrowth() {
  return Holding("data-one-percent-a-day", 56, 3 * kGiB,
                 [](const Moment& moment) { return 2000 * std::pow(1.01, DaysOf(moment.at)); });
}

// Emptied every two and a half days.
Life Sawtooth() {
  return Holding("sawtooth", 42, 2 * kGiB,
                 [](const Moment& moment) { return 300 + 1200 * std::fmod(DaysOf(moment.at), 2.5) / 2.5; });
}

Life Step() {
  return Holding("step", 28, kGiB,
                 [](const Moment& moment) { return moment.at < 14 * 24h ? 600.0 : 3072.0; });
}

Life HeapThatFollowsTheLimit() {
  return Holding("heap-follows-limit", 28, kGiB,
                 [](const Moment& moment) { return std::min(0.9 * moment.limit / kMiBytes, 64.0 * 1024); });
}

// A JVM: two cores for its first two minutes, and a heap that grows to its bound in a day and stays; restarted weekly.
Life Jvm() {
  Life life;
  life.name = "jvm";
  life.version = [](Duration at, int) { return 1 + static_cast<int>(at / (7 * 24h)); };
  life.containers = {{.request = {.cpu = 500, .memory = 2560 * kMiB},
                      .limit = {.memory = 2560 * kMiB},
                      .demand =
                          [](const Moment& moment) {
                            const double heap = 300 + 1748 * std::min(1.0, HoursOf(moment.up) / 24);
                            return SimulatedContainer::Demand{.cores = moment.up < 2min ? 2 : 0.15,
                                                              .bytes = (heap + 250) * kMiBytes};
                          },
                      .max_heap = 2048 * kMiB}};
  return life;
}

// Go with GOMEMLIMIT: garbage is kept up to a bound that the load seldom comes to.
Life Go() {
  Life life = Holding("go-memory-limit", 28, kGiB, [](const Moment& moment) {
    return 250 + 500 * DayWave(moment.at) * (1 + 0.1 * Noise(moment.at));
  });
  life.containers[0].max_heap = 800 * kMiB;
  return life;
}

// From one restart to the next 20 MiB an hour; a version each week.
Life LeakBetweenVersions() {
  Life life = Holding("leak-between-versions", 42, 5 * kGiB,
                      [](const Moment& moment) { return 400 + 20 * HoursOf(moment.up); });
  life.version = [](Duration at, int) { return 1 + static_cast<int>(at / (7 * 24h)); };
  return life;
}

// 100 MiB an hour until it is killed.
Life LeakUntilKilled() {
  return Holding("leak-until-killed", 28, 2 * kGiB,
                 [](const Moment& moment) { return 300 + 100 * HoursOf(moment.up); });
}

// Needs four times what it has, from its first minute on.
Life RestartStorm() {
  return Holding("restart-storm", 7, 256 * kMiB,
                 [](const Moment& moment) { return 150 + 850 * std::min(1.0, Seconds(moment.up) / 300); });
}

// Killed every other day by a request that is too large for it.
Life RareKills() {
  return Holding("rare-large-requests", 42, 600 * kMiB, [](const Moment& moment) {
    const bool large = IsWithin(moment.at, 44h, 30h, 2min);
    return large ? 1000.0 : 400.0;
  });
}

Life NightlyPeak() {
  return Holding("nightly-peak", 28, 4 * kGiB,
                 [](const Moment& moment) { return IsWithin(moment.at, 24h, 2h, 1h) ? 3072.0 : 400.0; });
}
Life PeakEachThirdDay() {
  return Holding("peak-each-third-day", 28, 12 * kGiB, [](const Moment& moment) {
    return IsWithin(moment.at, 72h, 50h, 10min) ? 9.0 * 1024 : 5.0 * 1024;
  });
}
Life WeeklyPeak() {
  return Holding("weekly-peak", 56, 4 * kGiB, [](const Moment& moment) {
    return IsWithin(moment.at, 7 * 24h, 4 * 24h + 9h, 1h) ? 3072.0 : 400.0;
  });
}
Life FortnightlyPeak() {
  return Holding("fortnightly-peak", 70, 4 * kGiB, [](const Moment& moment) {
    return IsWithin(moment.at, 14 * 24h, 4 * 24h + 9h, 1h) ? 3072.0 : 400.0;
  });
}
Life MonthEndPeak() {
  return Holding("month-end-peak", 95, 4 * kGiB, [](const Moment& moment) {
    return IsWithin(moment.at, 30 * 24h, 28 * 24h, 4h) ? 3072.0 : 400.0;
  });
}

}  // namespace

std::vector<Life> MemoryLives() {
  return {OneIncident(),
          SlowStart(),
          PersistedData(),
          SlowGrowth(),
          Sawtooth(),
          Step(),
          HeapThatFollowsTheLimit(),
          Jvm(),
          Go(),
          LeakBetweenVersions(),
          LeakUntilKilled(),
          RestartStorm(),
          RareKills(),
          NightlyPeak(),
          PeakEachThirdDay(),
          WeeklyPeak(),
          FortnightlyPeak(),
          MonthEndPeak()};
}

}  // namespace loadline::collector
