#include "collector/backtest/lives.h"
#include "collector/backtest/shapes.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using Demand = SimulatedContainer::Demand;
using Moment = LifeMoment;

// A CronJob: a run of that length each period, beginning `offset` after its start.
struct Schedule {
  Duration period;
  Duration offset;
  Duration length;
};

Life CronJob(std::string name, int days, const Schedule& schedule, const Amounts& request,
             LifeDemand demand) {
  const auto version = [schedule](Duration at, int) {
    return IsWithin(at, schedule.period, schedule.offset, schedule.length) ? 1 : 0;
  };
  return {
      .name = std::move(name),
      .days = days,
      .containers = {{.request = request, .limit = {.memory = request.memory}, .demand = std::move(demand)}},
      .version = version,
      .is_cron_job = true};
}

// Work that fills up to that much within a third of the run.
LifeDemand Filling(double cores, double mib, Duration length) {
  return [=](const Moment& moment) {
    const double filled = std::min(1.0, 3 * Seconds(moment.up) / Seconds(length));
    return Demand{.cores = cores * (1 + 0.1 * Noise(moment.at)),
                  .bytes = (0.3 + 0.7 * filled) * mib * kMiBytes};
  };
}

Life Hourly() {
  return CronJob("cronjob-hourly", 14, {1h, 0h, 5min}, {.cpu = 100, .memory = 256 * kMiB},
                 Filling(0.5, 300, 5min));
}
Life Nightly() {
  return CronJob("cronjob-nightly", 28, {24h, 2h, 2h}, {.cpu = 500, .memory = kGiB}, Filling(2, 3000, 2h));
}
Life Weekly() {
  return CronJob("cronjob-weekly", 42, {7 * 24h, 2h, 6h}, {.cpu = 500, .memory = kGiB}, Filling(1, 2500, 6h));
}
Life Monthly() {
  return CronJob("cronjob-monthly", 98, {30 * 24h, 2h, 2h}, {.cpu = 500, .memory = kGiB},
                 Filling(1, 3000, 2h));
}

// Each night there is a fiftieth more to work on.
Life GrowingBatch() {
  const auto demand = [](const Moment& moment) {
    const double size = std::pow(1.02, std::floor(DaysOf(moment.at)));
    return Demand{.cores = 1, .bytes = std::min(1.0, HoursOf(moment.up) + 0.2) * 1500 * size * kMiBytes};
  };
  return CronJob("growing-batch", 42, {24h, 2h, 2h}, {.cpu = 1000, .memory = 2 * kGiB}, demand);
}

// The data of each run is another: from half to twice as much.
Life UnevenBatch() {
  const auto demand = [](const Moment& moment) {
    const double size = std::exp2(Noise(std::chrono::floor<std::chrono::hours>(moment.at) / 3 * 3, 5));
    return Demand{.cores = 1, .bytes = std::min(1.0, 2 * HoursOf(moment.up) + 0.2) * 1000 * size * kMiBytes};
  };
  return CronJob("uneven-batch", 28, {3h, 0h, 1h}, {.cpu = 1000, .memory = kGiB}, demand);
}

// Ten minutes at four cores, then two at a tenth of one.
Life ShortJobs() {
  const auto demand = [](const Moment& moment) {
    return Demand{.cores = moment.up < 10min ? 4 : 0.1, .bytes = 500 * kMiBytes};
  };
  return CronJob("jobs-of-twelve-minutes", 7, {1h, 0h, 12min}, {.cpu = 1000, .memory = kGiB}, demand);
}

// A workflow of three kinds of pods one after the other, that belong to one owner.
Life Workflow() {
  const auto demand = [](const Moment& moment) {
    const Duration in = moment.at % 6h;
    if (in < 15min) return Demand{.cores = 0.5, .bytes = 300 * kMiBytes};
    if (in < 75min) return Demand{.cores = 3, .bytes = 2000 * kMiBytes};
    return Demand{.cores = 0.2, .bytes = 600 * kMiBytes};
  };
  return CronJob("workflow", 21, {6h, 0h, 90min}, {.cpu = 1000, .memory = 2 * kGiB}, demand);
}

// A service that makes a report each Monday: for three hours it takes six times as much.
Life WeeklyReport() {
  const auto demand = [](const Moment& moment) {
    const bool report = IsWithin(moment.at, 7 * 24h, 4 * 24h + 6h, 3h);
    return Demand{.cores = (report ? 1.2 : 0.2) * (1 + 0.1 * Noise(moment.at)),
                  .bytes = (report ? 2400 : 400) * kMiBytes};
  };
  return {
      .name = "weekly-report",
      .days = 42,
      .containers = {
          {.request = {.cpu = 1500, .memory = 3 * kGiB}, .limit = {.memory = 3 * kGiB}, .demand = demand}}};
}

}  // namespace

std::vector<Life> BatchLives() {
  return {Hourly(),      Nightly(),   Weekly(),   Monthly(),     GrowingBatch(),
          UnevenBatch(), ShortJobs(), Workflow(), WeeklyReport()};
}

}  // namespace loadline::collector
