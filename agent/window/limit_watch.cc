#include "agent/window/limit_watch.h"

#include <algorithm>

#include "schemas/wire/memory_growth.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

// A growth is told when the limit is near both in time and in share: a start that ends at two thirds is none, and
// whoever is to raise the limit needs a second or two.
constexpr double kNearShare = 0.75;
// So near, it is looked at closely.
constexpr Duration kSuspect = 20s;
constexpr double kSuspectShare = 0.5;
constexpr Duration kQuiet = 10s;
// A growth is seen over this time at least, so that one step does not look like one; and a reading is as old at most.
constexpr Duration kLook = 1500ms;
// The kernel kills before the last page: CPUs hold some in stock, and the code that runs is page cache.
constexpr double kFullShare = 0.98;
constexpr Duration kNever = Duration::max();

Bytes CacheOf(const MemoryCounters& memory) {
  return std::max<Bytes>(memory.file - memory.shmem, 0);
}

double Share(Bytes part, Bytes limit) {
  return static_cast<double>(part) / static_cast<double>(limit);
}

// Until what is held now is all of the limit, having grown since then.
Duration UntilFull(Bytes limit, Bytes held, Bytes then, Duration within) {
  if (held <= then || within <= 0s) return kNever;
  const double missing = std::max(kFullShare * static_cast<double>(limit) - static_cast<double>(held), 0.0);
  const double seconds = missing / static_cast<double>(held - then) * Seconds(within);
  if (seconds > Seconds(1h)) return kNever;
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

std::vector<LimitWatch::Near> LimitWatch::Add(std::span<const CgroupCounters> samples, Mono now,
                                              Depth depth) {
  std::vector<Near> near;
  ++number_;
  wants_all_ = false;
  for (const CgroupCounters& sample : samples) Take(sample, now, depth, near);
  if (depth == Depth::kAll) {
    std::erase_if(cgroups_, [this](const auto& each) { return each.second.seen != number_; });
  }
  before_last_ = last_;
  last_ = now;
  return near;
}

void LimitWatch::Take(const CgroupCounters& sample, Mono now, Depth depth, std::vector<Near>& near) {
  if (sample.used || !sample.memory || sample.memory->limit <= 0) {
    cgroups_.erase(sample.ref);
    return;
  }
  const MemoryCounters& memory = *sample.memory;
  const auto [place, is_new] = cgroups_.try_emplace(sample.ref);
  Watched& watched = place->second;
  watched.cache = CacheOf(memory);
  const Bytes held = std::max<Bytes>(memory.current - watched.cache, 0);
  if (is_new) {
    // The first one has all of it, whatever the depth of the others.
    watched = {.seen = number_, .cache = watched.cache, .guessed = held, .guessed_before = held};
    watched.readings.fill({held, now});
    return;
  }
  const bool skipped = watched.seen + 1 != number_;
  watched.seen = number_;
  watched.guessed_before = skipped ? watched.guessed : watched.guessed_before;
  const Duration within = before_last_ == Mono{} ? now - last_ : now - before_last_;
  const bool is_suspect = Share(held, memory.limit) >= kSuspectShare &&
                          UntilFull(memory.limit, held, watched.guessed_before, within) <= kSuspect;
  wants_all_ = wants_all_ || is_suspect;
  watched.guessed_before = watched.guessed;
  watched.guessed = held;
  if (depth == Depth::kAll) Look(sample.ref, memory, watched, now, near);
}

void LimitWatch::Look(std::uint32_t ref, const MemoryCounters& memory, Watched& watched, Mono now,
                      std::vector<Near>& near) {
  const Bytes held = watched.guessed;
  const Reading since = now - watched.readings[1].at >= kLook ? watched.readings[1] : watched.readings[0];
  watched.readings = {watched.readings[1], Reading{held, now}};
  const Duration full = UntilFull(memory.limit, held, since.held, now - since.at);
  if (full <= kSuspect && Share(held, memory.limit) >= kSuspectShare) wants_all_ = true;
  if (full > wire::kFullWithin || Share(held, memory.limit) < kNearShare) return;
  const bool is_told = watched.told_limit == memory.limit && now - watched.told < kQuiet;
  watched.told = now;
  watched.told_limit = memory.limit;
  if (is_told) return;
  near.push_back({.ref = ref, .held = held, .limit = memory.limit});
}

}  // namespace loadline::agent
