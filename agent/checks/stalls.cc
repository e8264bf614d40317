#include "agent/checks/stalls.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/host/machine.h"

namespace loadline::agent {
namespace {

constexpr double kMemoryBad = 0.5;
constexpr double kMemoryGood = 0.2;
constexpr double kLittleLeft = 0.1;
constexpr double kEnoughLeft = 0.15;
constexpr double kIoBad = 0.97;
constexpr double kIoGood = 0.8;

Judgement OfMemory(const StallShares& shares) {
  Judgement judgement{.condition = kMemoryLivelock, .reason = "MemoryStalled"};
  if (!shares.memory || !shares.available_left) {
    judgement.message = "not yet known for a minute";
    return judgement;
  }
  judgement.message = fmt::format(
      "all that had something to do waited for memory {:.0f} % of the last minute; {:.0f} % of memory are "
      "available",
      *shares.memory * 100, *shares.available_left * 100);
  if (*shares.memory < kMemoryGood || *shares.available_left > kEnoughLeft)
    judgement.health = Health::kGood;
  else if (*shares.memory >= kMemoryBad && *shares.available_left < kLittleLeft)
    judgement.health = Health::kBad;
  return judgement;
}

Judgement OfIo(const StallShares& shares) {
  Judgement judgement{.condition = kIoStalled, .reason = "IOStalled"};
  if (!shares.io) {
    judgement.message = "not yet known for three minutes";
    return judgement;
  }
  judgement.message = fmt::format(
      "all that had something to do waited for a disk {:.0f} % of the last three minutes", *shares.io * 100);
  if (*shares.io >= kIoBad) judgement.health = Health::kBad;
  if (*shares.io < kIoGood) judgement.health = Health::kGood;
  return judgement;
}

}  // namespace

std::vector<Judgement> JudgeStalls(const StallShares& shares) {
  return {OfMemory(shares), OfIo(shares)};
}

std::optional<double> Stalls::Share(const std::deque<Totals>& totals, Duration window,
                                    std::uint64_t Totals::* of) {
  if (totals.empty()) return std::nullopt;
  const Totals& last = totals.back();
  // The latest that is old enough.
  const auto first = std::find_if(totals.rbegin(), totals.rend(),
                                  [&](const Totals& one) { return last.at - one.at >= window; });
  if (first == totals.rend() || last.*of < (*first).*of) return std::nullopt;
  return static_cast<double>(last.*of - (*first).*of) / 1e6 / Seconds(last.at - first->at);
}

std::vector<Judgement> Stalls::Look(Mono now, const std::stop_token& /*stop*/) {
  const auto pressure = pressure_.Read();
  if (!pressure) return JudgeStalls({});
  totals_.push_back({.at = now, .memory_us = pressure->memory_full_us, .io_us = pressure->io_full_us});
  // One older than the longest window stays.
  while (totals_.size() > 2 && now - totals_[1].at >= kIoWindow) totals_.pop_front();
  return JudgeStalls({.memory = Share(totals_, kMemoryWindow, &Totals::memory_us),
                      .io = Share(totals_, kIoWindow, &Totals::io_us),
                      .available_left = ReadShareAvailable(host_)});
}

}  // namespace loadline::agent
