// What the agent can lose, once: whoever adds up, subtracts, shows or says losses goes through this table.
#pragma once

#include <cstdint>
#include <iterator>

#include "schemas/wire/records.h"

namespace loadline::wire {

struct Loss {
  std::uint64_t LossCounts::* count;
  const char* name;   // in JSON and as the label `reason` of the metric
  const char* words;  // after a number, for people
};

inline constexpr Loss kLosses[] = {
    {&LossCounts::ring_full, "ring_full", "kernel events that found the ring full"},
    {&LossCounts::map_full, "map_full", "kernel figures that found their map full"},
    {&LossCounts::unknown_cgroup, "unknown_cgroup", "events of unknown cgroups"},
    {&LossCounts::bad_event, "bad_event", "malformed kernel events"},
    {&LossCounts::failed_readings, "failed_readings", "failed readings"},
    {&LossCounts::missed_samples, "missed_samples", "missed samples"},
    {&LossCounts::spool_dropped_reports, "spool_dropped_reports", "reports that fell out of the full spool"},
    {&LossCounts::spool_dropped_events, "spool_dropped_events", "events that fell out of the full spool"},
    {&LossCounts::log_records, "log_records",
     "records of the kernel's log that were overwritten before they were read"}};
static_assert(sizeof(LossCounts) == std::size(kLosses) * sizeof(std::uint64_t), "each has its row");

}  // namespace loadline::wire
