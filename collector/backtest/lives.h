// The lives, by what they are: each list in a file of its own.
#pragma once

#include <utility>
#include <vector>

#include "collector/backtest/life.h"

namespace loadline::collector {

// A container with these requests, whose memory limit is its request.
inline LifeContainer Having(MilliCores cpu, Bytes memory, LifeDemand demand) {
  return {
      .request = {.cpu = cpu, .memory = memory}, .limit = {.memory = memory}, .demand = std::move(demand)};
}

std::vector<Life> ServiceLives();  // what serves: versions, autoscalers, replicas that differ
std::vector<Life> BatchLives();    // what ends: CronJobs, jobs, reports
std::vector<Life> MemoryLives();   // what holds memory: heaps, leaks, data, peaks
std::vector<Life> EventLives();    // what happens to a workload once: a move, a person, an outage

}  // namespace loadline::collector
