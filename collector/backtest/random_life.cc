#include "collector/backtest/random_life.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/backtest/shapes.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using Demand = SimulatedContainer::Demand;
using Moment = LifeMoment;

// By what a container's usual use is multiplied at a moment.
using Factor = std::function<double(const Moment&)>;

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : random_(seed) {}

  bool Is(double share) { return Between(0, 1) < share; }
  // The lines of std::uniform_real_distribution differ between libraries; these do not.
  double Between(double low, double high) {
    return low + (high - low) * static_cast<double>(random_() >> 11) * 0x1p-53;
  }
  double Log(double low, double high) { return std::exp(Between(std::log(low), std::log(high))); }
  template <typename T, std::size_t kSize>
  T OneOf(const std::array<T, kSize>& of) {
    return of[static_cast<std::size_t>(Between(0, kSize - 1e-9))];
  }

 private:
  std::mt19937_64 random_;
};

// What a life is put together from; each piece adds a word to its name.
class Maker {
 public:
  explicit Maker(std::uint64_t seed) : chance_(seed) { life_.name = fmt::format("random-{}", seed); }

  Life Make() {
    life_.days = chance_.OneOf(std::array{21, 28, 42, 56});
    if (chance_.Is(0.25)) {
      Schedule();
    } else {
      Serve();
    }
    const int containers = !life_.is_cron_job && chance_.Is(0.15) ? 2 : 1;
    for (int i = 0; i < containers; ++i) AddContainer();
    if (!life_.is_cron_job && life_.places >= 3 && chance_.Is(0.3)) Autoscale();
    return std::move(life_);
  }

 private:
  void Say(std::string_view word) { life_.name += fmt::format(", {}", word); }
  // An instant of the life, no matter which.
  Duration SomeTime(double from = 0, double to = 1) {
    return std::chrono::floor<std::chrono::minutes>(
        std::chrono::duration_cast<Duration>(chance_.Between(from, to) * life_.days * kDay));
  }

  // ---- when pods run, and of which version

  void Schedule() {
    const Duration period = chance_.OneOf(std::array<Duration, 5>{1h, 3h, 12h, 24h, 7 * 24h});
    const auto length = std::chrono::floor<std::chrono::minutes>(
        std::chrono::duration_cast<Duration>(period * chance_.Log(0.01, 0.5)));
    const Duration lasts = std::clamp<Duration>(length, 2min, 8h);
    life_.is_cron_job = chance_.Is(0.8);
    life_.version = [period, lasts](Duration at, int) { return IsWithin(at, period, 0h, lasts) ? 1 : 0; };
    runs_for_ = lasts;
    Say(fmt::format("{} min each {} h", lasts / 1min, period / 1h));
  }

  void Serve() {
    life_.places = chance_.OneOf(std::array{1, 1, 2, 3, 5});
    Say(fmt::format("{} pods", life_.places));
    const Duration first = SomeTime(0.1, 0.5);
    switch (static_cast<int>(chance_.Between(0, 6))) {
      case 0:
        Say("a version a day");
        life_.version = [](Duration at, int) { return 1 + static_cast<int>((at + 14h) / 24h); };
        break;
      case 1:
        Say("a version a week");
        life_.version = [](Duration at, int) { return 1 + static_cast<int>((at + 2 * 24h) / (7 * 24h)); };
        break;
      case 2:
        Say("a rollback");
        life_.version = [first, back = first + chance_.OneOf(std::array<Duration, 3>{1h, 6h, 48h})](
                            Duration at, int) { return at >= first && at < back ? 2 : 1; };
        break;
      case 3:
        Say("nobody at night");
        life_.version = [](Duration at, int) { return HourOf(at) >= 6 && HourOf(at) < 21 ? 1 : 0; };
        break;
      default:
        break;
    }
  }

  void Autoscale() {
    const Resource resource = chance_.Is(0.75) ? Resource::kCpu : Resource::kMemory;
    life_.scaling = LifeScaling{.resource = resource,
                                .target = chance_.Between(0.5, 0.9),
                                .least = 1 + static_cast<int>(chance_.Between(0, 2)),
                                .most = life_.places};
    Say(fmt::format("an autoscaler of {}", resource == Resource::kCpu ? "CPU" : "memory"));
  }

  // ---- what a container does

  void AddContainer() {
    const double cores = chance_.Log(0.01, 4);
    const double bytes = chance_.Log(40, 6000) * kMiBytes;
    Factor cpu = CpuFactor();
    Factor memory = MemoryFactor();
    const auto most = [&](const Factor& of) {
      double highest = 0;
      for (Duration at{}; at < life_.days * kDay; at += 30min)
        highest = std::max(highest, of({.at = at, .up = at % 24h, .running = 1}));
      return highest;
    };
    // What somebody guessed: from too little to far too much.
    const double asked_cores = cores * most(cpu) * chance_.Log(0.3, 4);
    const double asked_bytes = bytes * most(memory) * chance_.Log(0.6, 4);
    LifeContainer container{
        .request = {.cpu = std::max<MilliCores>(1, std::llround(asked_cores * 1000)),
                    .memory = std::max<Bytes>(kMiB, std::llround(asked_bytes))},
        .demand = [cores, bytes, cpu = std::move(cpu), memory = std::move(memory)](const Moment& moment) {
          const double own = 1 + 0.05 * Noise(moment.at, moment.place + 31);
          return Demand{.cores = cores * cpu(moment) * own,
                        .bytes = std::min(bytes * memory(moment) * (1 + 0.1 * (own - 1)), 0.99e12)};
        }};
    container.limit.memory = static_cast<Bytes>(static_cast<double>(container.request.memory) *
                                                chance_.OneOf(std::array{1, 1, 2, 4}));
    if (chance_.Is(0.3)) container.limit.cpu = container.request.cpu * chance_.OneOf(std::array{1, 2, 4});
    life_.containers.push_back(std::move(container));
  }

  static void Times(Factor& factor, Factor other) {
    factor = [before = std::move(factor), other = std::move(other)](const Moment& moment) {
      return before(moment) * other(moment);
    };
  }

  Factor CpuFactor() {
    Factor factor = [](const Moment&) { return 1.0; };
    if (chance_.Is(0.5)) {
      Say("busy by day");
      Times(factor, [deep = chance_.Between(0.2, 0.95), weekend = chance_.Between(0.2, 1)](const Moment& m) {
        return (1 - deep + deep * DayWave(m.at)) * (IsWeekend(m.at) ? weekend : 1);
      });
    }
    if (chance_.Is(0.3)) Times(factor, Peak("CPU", 6));
    if (chance_.Is(0.3)) {
      const double more = chance_.Log(1.5, 8);
      const Duration start = chance_.OneOf(std::array<Duration, 3>{1min, 3min, 8min});
      Say(fmt::format("starts with {:.1f} times the CPU", more));
      Times(factor, [=](const Moment& m) { return m.up < start ? more : 1.0; });
    }
    if (chance_.Is(0.2)) Times(factor, Step("CPU"));
    if (chance_.Is(0.2)) {
      const double grows = chance_.Between(0.02, 0.2);
      Say(fmt::format("{:.0f} % more CPU with each version", 100 * grows));
      Times(factor, [=](const Moment& m) { return 1 + grows * std::min(10, m.version - 1); });
    }
    if (life_.places > 1 && chance_.Is(0.2)) Times(factor, Hot("CPU"));
    return factor;
  }

  Factor MemoryFactor() {
    Factor factor = [](const Moment&) { return 1.0; };
    if (chance_.Is(0.3)) {
      Say("more memory by day");
      Times(factor,
            [deep = chance_.Between(0.1, 0.6)](const Moment& m) { return 1 - deep + deep * DayWave(m.at); });
    }
    if (chance_.Is(0.35)) Times(factor, Peak("memory", 5));
    if (chance_.Is(0.25)) Times(factor, Step("memory"));
    if (chance_.Is(0.4)) {
      const Duration fills = life_.is_cron_job ? std::max<Duration>(1min, runs_for_ / 3)
                                               : chance_.OneOf(std::array<Duration, 4>{2min, 30min, 6h, 48h});
      Say(fmt::format("fills in {} min", fills / 1min));
      Times(factor,
            [=](const Moment& m) { return 0.2 + 0.8 * std::min(1.0, Seconds(m.up) / Seconds(fills)); });
    }
    if (chance_.Is(0.15)) {
      const double a_day = chance_.Log(0.002, 0.08);
      Say(fmt::format("data grow by {:.1f} % a day", 100 * a_day));
      Times(factor, [=](const Moment& m) { return 1 + a_day * DaysOf(m.at); });
    } else if (!life_.is_cron_job && chance_.Is(0.15)) {
      const double a_day = chance_.Log(0.02, 1);
      Say(fmt::format("leaks {:.0f} % a day", 100 * a_day));
      Times(factor, [=](const Moment& m) { return 1 + a_day * DaysOf(m.up); });
    }
    if (life_.is_cron_job && chance_.Is(0.4)) {
      const double spread = chance_.Between(0.2, 1);
      Say("runs differ");
      Times(factor, [=](const Moment& m) { return std::exp2(spread * Noise(m.at - m.up, 7)); });
    }
    if (life_.places > 1 && chance_.Is(0.2)) Times(factor, Hot("memory"));
    return factor;
  }

  Factor Peak(std::string_view of, double most) {
    const Duration period =
        chance_.OneOf(std::array<Duration, 8>{30min, 3h, 24h, 48h, 72h, 120h, 7 * 24h, 14 * 24h});
    const double high = chance_.Log(1.3, most);
    const Duration length =
        std::min<Duration>(period / 4, chance_.OneOf(std::array<Duration, 4>{1min, 10min, 1h, 4h}));
    const Duration offset = std::chrono::floor<std::chrono::minutes>(
        std::chrono::duration_cast<Duration>(chance_.Between(0, 1) * period));
    Say(fmt::format("{:.1f} times the {} for {} min each {:.1f} h", high, of, length / 1min,
                    HoursOf(period)));
    return [=](const Moment& m) { return IsWithin(m.at, period, offset, length) ? high : 1.0; };
  }

  Factor Step(std::string_view of) {
    const double high = chance_.Log(0.3, 4);
    const Duration from = SomeTime(0.1, 0.7);
    const Duration until = chance_.Is(0.4) ? from + SomeTime(0.02, 0.2) : life_.days * kDay;
    Say(fmt::format("{:.1f} times the {} from day {:.1f} to {:.1f}", high, of, DaysOf(from), DaysOf(until)));
    return [=](const Moment& m) { return m.at >= from && m.at < until ? high : 1.0; };
  }

  Factor Hot(std::string_view of) {
    const double high = chance_.Log(1.3, 5);
    Say(fmt::format("the first pod {:.1f} times the {}", high, of));
    return [=](const Moment& m) { return m.place == 0 ? high : 1.0; };
  }

  Chance chance_;
  Life life_;
  Duration runs_for_{};
};

}  // namespace

Life RandomLife(std::uint64_t seed) {
  return Maker(seed).Make();
}

}  // namespace loadline::collector
