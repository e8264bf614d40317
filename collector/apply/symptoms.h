// What a container suffered over some time, and whether that is worse than before.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collector/apply/subject.h"

namespace loadline::collector {

struct Symptoms {
  std::string container;
  Wall last_window{};
  Duration measured{};
  std::uint64_t periods = 0;
  std::uint64_t throttled_periods = 0;
  std::uint64_t memory_stall_us = 0;

  [[nodiscard]] double throttled_share() const;
  [[nodiscard]] double memory_stall_share() const;
};

// Adds the windows of one pod that began at `since` or later, each once.
void AddWindows(std::vector<Symptoms>& symptoms, const std::vector<PodWindow>& windows,
                const std::string& pod_uid, Wall since);

// How long every container of it was measured at least; zero when nothing was.
Duration Measured(const std::vector<Symptoms>& symptoms);

struct VerdictOptions {
  double throttled_more = 0.1;                   // of its periods: more than this share on top is worse
  double stalled_more = 0.05;                    // of its time
  Duration at_least = std::chrono::seconds(30);  // a shorter time proves nothing
};

// Why it is worse than before; nothing when it is not.
std::optional<std::string> Worse(const std::vector<Symptoms>& before, const std::vector<Symptoms>& after,
                                 const VerdictOptions& options);

}  // namespace loadline::collector
