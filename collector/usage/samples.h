// What the recommender is told about a container. Values only; times are those of the samples, never of the
// reader.
#pragma once

#include <cstdint>
#include <span>

#include "schemas/base/clock.h"
#include "schemas/base/units.h"
#include "schemas/wire/records.h"

namespace loadline::collector {

// Use of CPU during one window of one container. What is not known stays zero.
struct CpuSample {
  Wall at{};               // the end of the window
  Duration interval{};     // its length
  double usage_cores = 0;  // the mean over the window
  // One-second samples of the window by bucket of BucketScheme::Cpu(), ascending; may be empty.
  std::span<const wire::CpuWindow::Bin> one_second{};
  MilliCores limit = 0;       // 0: none
  std::uint32_t periods = 0;  // CFS periods, and those in which the container was stopped
  std::uint32_t throttled_periods = 0;
  double throttled_seconds = 0;       // summed over CPUs
  double run_queue_wait_seconds = 0;  // summed over tasks
};

// Memory of one container at one moment, with what happened since the sample before.
struct MemorySample {
  Wall at{};
  Duration interval{};    // since the sample before
  Bytes working_set = 0;  // usage less inactive file cache, as the kubelet computes it
  Bytes peak = 0;         // the highest usage since the sample before; 0: not known
  Bytes anon = 0;         // anon, file, kernel and shmem are 0 together when not known
  Bytes file = 0;
  Bytes kernel = 0;
  Bytes shmem = 0;
  Bytes limit = 0;  // 0: none
  double pressure_some_seconds = 0;
  std::uint64_t refaults = 0;
};

// One kill at the container's own memory limit.
struct OomSample {
  Wall at{};
  Bytes usage = 0;    // of the container at the kill; 0: not known
  Bytes limit = 0;    // 0: none
  Bytes request = 0;  // 0: none
  // It had lived close to that limit for long before. Filled by ContainerUsage.
  bool near_limit = false;
  std::uint32_t teller = 0;  // by whose word it is known, see TellerOf; 0: not known
};

}  // namespace loadline::collector
