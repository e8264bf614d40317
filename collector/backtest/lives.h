// The lives, by what they are: each list in a file of its own.
#pragma once

#include <vector>

#include "collector/backtest/life.h"

namespace loadline::collector {

std::vector<Life> ServiceLives();  // what serves: versions, autoscalers, replicas that differ
std::vector<Life> BatchLives();    // what ends: CronJobs, jobs, reports
std::vector<Life> MemoryLives();   // what holds memory: heaps, leaks, data, peaks
std::vector<Life> EventLives();    // what happens to a workload once: a move, a person, an outage

}  // namespace loadline::collector
