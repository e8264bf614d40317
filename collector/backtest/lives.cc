#include "collector/backtest/lives.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "collector/backtest/random_life.h"

namespace loadline::collector {
namespace {

constexpr std::string_view kRandom = "random-";

// Where `loadline` is worse than the better peer, and why. A test asks that each is true, and that the document has it.
struct Excuse {
  std::string_view life;
  std::string_view text;
};

constexpr std::string_view kSafer =
    "fewer minutes short than with either peer, for more slack: another point of the same curve as vpa";
constexpr std::string_view kFewer = "fewer kills than with either peer, for more slack";
constexpr std::string_view kStep =
    "the day at 4.2 times what killed spares further kills, and is a large part of so few runs or days";
constexpr std::string_view kFirstPeak =
    "the first peak is not known before it comes; krr lowers nothing in its first week";
constexpr std::string_view kHeld =
    "what was asked for at first is a tenth or so too much, which is not worth a change";

constexpr std::string_view kScalePoint =
    "the scale point is kept, and the fewest replicas have room at night; vpa shrinks the pods until the "
    "autoscaler is at its maximum by day";
constexpr std::string_view kRemembered =
    "peaks of memory are remembered for four weeks, so that what comes again finds its room; by vpa for "
    "eight days";

constexpr std::array kExcuses = {
    Excuse{"restless", kSafer},
    Excuse{"rollouts", kSafer},
    Excuse{"two-containers", kSafer},
    Excuse{"launch", kSafer},
    Excuse{"leader-and-followers", kHeld},
    Excuse{"elected-leaders", kHeld},
    Excuse{"nightly-peak", kHeld},
    Excuse{"cpu-autoscaler", kScalePoint},
    Excuse{"autoscaler-added-later", kScalePoint},
    Excuse{"memory-autoscaler", kStep},
    Excuse{"cronjob-hourly", kStep},
    Excuse{"cronjob-weekly", kStep},
    Excuse{"uneven-batch", kFewer},
    Excuse{"month-end-peak", kFewer},
    Excuse{"weekly-report", kFirstPeak},
    Excuse{"weekly-peak", kFirstPeak},
    Excuse{
        "fortnightly-peak",
        "the first two peaks are not known before they come; krr lowers nothing in its first week, and then "
        "holds a peak for two"},
    Excuse{"peak-each-third-day", kFirstPeak},
    Excuse{"one-incident",
           "a kill at a limit of eight times the request is believed for weeks; vpa goes by the request, and "
           "krr by no "
           "kill"},
    Excuse{"go-memory-limit", "room is kept for GOMEMLIMIT and a quarter; the peers go by what was used"},
    Excuse{"leak-between-versions",
           "what each week ended with is remembered when the next begins at a tenth of it"},
    Excuse{"staging-copy", kSafer},
    Excuse{"weekly-deploy-warm-cache", kSafer},
    Excuse{"hot-shard",
           "one request for all shards is what the hot one needs, who is short of CPU with either peer"},
    Excuse{"bad-version", kFewer},
    Excuse{"retry-storms", kFewer},
    Excuse{"month-end-batch", kFewer},
    Excuse{"build-runners", kFewer},
    Excuse{"limit-raised-by-hand", kStep},
    Excuse{"customer-leaves", kRemembered},
    Excuse{"sale", kRemembered},
    Excuse{"other-region-away", kRemembered},
};

std::vector<Life> AllLives() {
  std::vector<Life> all;
  for (std::vector<Life>& lives : std::array{ServiceLives(), BatchLives(), MemoryLives(), EventLives()})
    std::ranges::move(lives, std::back_inserter(all));
  for (Life& life : all) {
    const auto excuse = std::ranges::find(kExcuses, life.name, &Excuse::life);
    if (excuse != kExcuses.end()) life.excuse = excuse->text;
  }
  return all;
}

}  // namespace

const std::vector<Life>& Lives() {
  static const std::vector<Life> kLives = AllLives();
  return kLives;
}

std::optional<Life> FindLife(std::string_view name) {
  const auto life = std::ranges::find(Lives(), name, &Life::name);
  if (life != Lives().end()) return *life;
  if (!name.starts_with(kRandom)) return std::nullopt;
  const std::string_view digits = name.substr(kRandom.size());
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), seed);
  if (digits.empty() || error != std::errc() || end != digits.end()) return std::nullopt;
  return RandomLife(seed);
}

}  // namespace loadline::collector
