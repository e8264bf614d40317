// Does the machine do anything but wait for memory, or for its disks? By PSI "full": the share of time in which no task
// that had something to do could do it.
//
// The share alone says little of memory: on a machine with nothing else to do, one container that reclaims at its own
// limit is "full", too. Only where little memory is left to all is it the machine.
#pragma once

#include <deque>
#include <optional>

#include "agent/checks/check.h"
#include "agent/host/pressure.h"
#include "schemas/base/units.h"

namespace loadline::agent {

inline constexpr const char* kMemoryLivelock = "MemoryLivelock";
inline constexpr const char* kIoStalled = "IOStalled";

struct StallShares {
  std::optional<double> memory;          // of the last minute; nothing: not that long known
  std::optional<double> io;              // of the last three
  std::optional<double> available_left;  // MemAvailable of MemTotal
};

// Memory: bad from 50 % with less than 10 % left, good below 20 % or with more than 15 % left. I/O: bad from 97 %, which
// a machine that only copies hardly reaches; good below 80 %.
std::vector<Judgement> JudgeStalls(const StallShares& shares);

class Stalls final : public Check {
 public:
  static constexpr Duration kMemoryWindow = std::chrono::minutes(1);
  static constexpr Duration kIoWindow = std::chrono::minutes(3);

  explicit Stalls(HostRoot host) : host_(std::move(host)), pressure_(host_) {}
  std::vector<Judgement> Look(Mono now, const std::stop_token& stop) override;

  // Totals of "full" at a moment.
  struct Totals {
    Mono at{};
    std::uint64_t memory_us = 0;
    std::uint64_t io_us = 0;
  };
  // Of the last `window`, by totals in the order of time; nothing while they do not reach that far back.
  static std::optional<double> Share(const std::deque<Totals>& totals, Duration window,
                                     std::uint64_t Totals::* of);

 private:
  const HostRoot host_;
  MachinePressure pressure_;
  std::deque<Totals> totals_;
};

}  // namespace loadline::agent
