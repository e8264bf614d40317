#include "collector/backtest/lives.h"
#include "collector/backtest/shapes.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using Demand = SimulatedContainer::Demand;
using Moment = LifeMoment;

// Requests of a web server with three replicas: busy by day, quiet by night and half as busy at the weekend.
double Requests(const Moment& moment) {
  const double day = 0.1 + 0.4 * DayWave(moment.at) * (IsWeekend(moment.at) ? 0.5 : 1);
  return day * (1 + 0.2 * Noise(moment.at, moment.place));
}

Demand Web(const Moment& moment) {
  return {.cores = Requests(moment), .bytes = (300 + 40 * Requests(moment)) * kMiBytes};
}

// One version a day, at ten.
int Daily(Duration at, int) {
  return 1 + static_cast<int>((at + 14h) / 24h);
}

Life Rollouts() {
  return {.name = "rollouts", .containers = {Having(1000, kGiB, Web)}, .places = 3, .version = Daily};
}

// Each Tuesday a version of which one pod of ten is tried for an hour; it needs a third more.
Life Canaries() {
  const auto version = [](Duration at, int place) {
    const Duration tuesday = 5 * 24h + 10h;
    const int released = at < tuesday ? 0 : static_cast<int>((at - tuesday) / (7 * 24h)) + 1;
    const bool trying = at >= tuesday && (at - tuesday) % (7 * 24h) < 1h;
    return 1 + released - (trying && place > 0 ? 1 : 0);
  };
  const auto demand = [](const Moment& moment) {
    const double more = 1 + 0.33 * (moment.version - 1) / 4;
    return Demand{.cores = 0.2 * more * (1 + 0.1 * Noise(moment.at, moment.place)),
                  .bytes = 400 * more * kMiBytes};
  };
  return {.name = "canaries", .containers = {Having(500, kGiB, demand)}, .places = 10, .version = version};
}

// Each week the other colour is started beside the one that serves, waits for an hour, and takes over.
Life BlueGreen() {
  const auto version = [](Duration at, int place) {
    const auto week = static_cast<int>(at / (7 * 24h));
    const bool mine = week % 2 == place;
    const bool coming = (week + 1) % 2 == place && at % (7 * 24h) >= 7 * 24h - 1h;
    return mine ? 1 + week : coming ? 2 + week : 0;
  };
  const auto demand = [](const Moment& moment) {
    const bool serves = moment.at / (7 * 24h) == moment.version - 1;
    const double cores = serves ? 0.8 * (1 + 0.1 * Noise(moment.at)) : 0.02;
    return Demand{.cores = cores, .bytes = (serves ? 900 : 300) * kMiBytes};
  };
  return {.name = "blue-green",
          .days = 42,
          .containers = {Having(2000, 2 * kGiB, demand)},
          .places = 2,
          .version = version};
}

// A version of 8 GiB for two days, then one of 500 MiB.
Life OldVersion() {
  const auto version = [](Duration at, int) { return at < 48h ? 1 : 2; };
  const auto demand = [](const Moment& moment) {
    return Demand{.cores = 0.1, .bytes = (moment.version == 1 ? 8192 : 500) * kMiBytes};
  };
  return {
      .name = "old-version", .days = 42, .containers = {Having(200, 9 * kGiB, demand)}, .version = version};
}

Life DaemonSet() {
  const auto demand = [](const Moment& moment) {
    const double size = moment.place < 2 ? 8 : 1;  // of the node
    return Demand{.cores = 0.05 * size * (1 + 0.2 * Noise(moment.at, moment.place)),
                  .bytes = 120 * size * kMiBytes};
  };
  return {.name = "daemonset",
          .containers = {Having(1000, 2 * kGiB, demand)},
          .places = 10,
          .node_class = [](int place) { return std::string(place < 2 ? "64 CPUs" : "4 CPUs"); }};
}

Demand LeaderOrFollower(const Moment& moment, int leader) {
  const bool leads = moment.place == leader;
  return {.cores = (leads ? 1.0 : 0.1) * (1 + 0.1 * Noise(moment.at, moment.place)),
          .bytes = (leads ? 2048 : 512) * kMiBytes};
}

Life LeaderAndFollowers() {
  const auto demand = [](const Moment& moment) { return LeaderOrFollower(moment, 0); };
  return {.name = "leader-and-followers", .containers = {Having(2000, 4 * kGiB, demand)}, .places = 3};
}

// Another leads each second day.
Life ElectedLeaders() {
  const auto demand = [](const Moment& moment) {
    return LeaderOrFollower(moment, static_cast<int>(moment.at / 48h) % 3);
  };
  return {.name = "elected-leaders", .containers = {Having(2000, 4 * kGiB, demand)}, .places = 3};
}

// Nobody is there from eight in the evening to seven, nor at the weekend.
Life ZeroOvernight() {
  const auto version = [](Duration at, int) {
    const bool up = !IsWeekend(at) && HourOf(at) >= 7 && HourOf(at) < 20;
    return up ? 1 : 0;
  };
  return {.name = "zero-overnight", .containers = {Having(1000, kGiB, Web)}, .places = 2, .version = version};
}

// What all of them do together is shared by those that run.
Life CpuAutoscaler() {
  const auto demand = [](const Moment& moment) {
    const double all = 0.2 + 3 * DayWave(moment.at);
    return Demand{.cores = all / moment.running * (1 + 0.1 * Noise(moment.at, moment.place)),
                  .bytes = 250 * kMiBytes};
  };
  return {.name = "cpu-autoscaler",
          .containers = {Having(500, 512 * kMiB, demand)},
          .places = 10,
          .scaling = LifeScaling{.resource = Resource::kCpu, .target = 0.7, .least = 2, .most = 10}};
}

// A peak that each single pod comes to, while the mean says nothing.
Life MemoryAutoscaler() {
  const auto demand = [](const Moment& moment) {
    const bool peak = IsWithin(moment.at, 30min, moment.place * 7min, 2min);
    return Demand{.cores = 0.1, .bytes = (peak ? 900 : 250) * kMiBytes};
  };
  return {.name = "memory-autoscaler",
          .days = 14,
          .containers = {Having(100, 512 * kMiB, demand)},
          .places = 4,
          .scaling = LifeScaling{.resource = Resource::kMemory, .target = 0.8, .least = 2, .most = 4}};
}

Life TwoContainers() {
  const auto sidecar = [](const Moment& moment) {
    return Demand{.cores = 0.1 * Requests(moment), .bytes = 60 * kMiBytes};
  };
  return {.name = "two-containers",
          .containers = {Having(1000, kGiB, Web), Having(100, 256 * kMiB, sidecar)},
          .places = 3};
}

Life OfficeWeek() {
  const auto demand = [](const Moment& moment) {
    return Demand{.cores = (InOffice(moment.at) ? 1.0 : 0.05) * (1 + 0.05 * Noise(moment.at)),
                  .bytes = 300 * kMiBytes};
  };
  return {.name = "office-week", .containers = {Having(1500, 512 * kMiB, demand)}};
}

Life Sine() {
  const auto demand = [](const Moment& moment) {
    return Demand{.cores = 0.3 + 0.6 * DayWave(moment.at), .bytes = 300 * kMiBytes};
  };
  return {.name = "sine", .containers = {Having(1000, 512 * kMiB, demand)}};
}

Life Idle() {
  const auto demand = [](const Moment&) { return Demand{.cores = 0, .bytes = 3 * kMiBytes}; };
  return {.name = "idle", .containers = {Having(100, 128 * kMiB, demand)}};
}

Life Steady() {
  const auto demand = [](const Moment& moment) {
    return Demand{.cores = 0.5 * (1 + 0.1 * Noise(moment.at)), .bytes = 512 * kMiBytes};
  };
  return {.name = "steady", .containers = {Having(2000, 2 * kGiB, demand)}};
}

// From one minute to the next it wants what it likes.
Life Restless() {
  const auto demand = [](const Moment& moment) {
    const double much = std::exp(0.6 * (Noise(moment.at) + Noise(moment.at, 1) + Noise(moment.at, 2)));
    return Demand{.cores = 0.2 * much, .bytes = (400 + 20 * much) * kMiBytes};
  };
  return {.name = "restless", .containers = {Having(1000, kGiB, demand)}};
}

// A limit of 100m holds back what wants 500m, from the eighth day on.
Life HeldBack() {
  const auto demand = [](const Moment& moment) {
    return Demand{.cores = moment.at < 8 * 24h ? 0.08 : 0.5, .bytes = 100 * kMiBytes};
  };
  LifeContainer container = Having(100, 256 * kMiB, demand);
  container.limit.cpu = 100;
  return {.name = "held-back", .days = 21, .containers = {container}};
}

// Twice as many people from one day to the next.
Life Launch() {
  const auto demand = [](const Moment& moment) {
    const double times = moment.at < 14 * 24h ? 1 : 2;
    return Demand{.cores = times * Requests(moment),
                  .bytes = (300 + 40 * times * Requests(moment)) * kMiBytes};
  };
  return {.name = "launch", .containers = {Having(1000, kGiB, demand)}, .places = 3};
}

}  // namespace

std::vector<Life> ServiceLives() {
  return {Steady(),
          Restless(),
          Sine(),
          OfficeWeek(),
          Idle(),
          Rollouts(),
          Canaries(),
          BlueGreen(),
          OldVersion(),
          DaemonSet(),
          LeaderAndFollowers(),
          ElectedLeaders(),
          ZeroOvernight(),
          CpuAutoscaler(),
          MemoryAutoscaler(),
          TwoContainers(),
          HeldBack(),
          Launch()};
}

}  // namespace loadline::collector
