// Recorded usage to replay: one folder a source, one gzipped CSV a series.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

struct TracePoint {
  double seconds = 0;  // since the first sample of the series
  double cores = 0;    // NaN: not measured
  double bytes = 0;    // NaN: not measured
};

struct Trace {
  std::string id;
  Wall start{};                    // of the first sample; an arbitrary Thursday when the source does not tell
  Duration interval{};             // between samples, where there is no gap
  std::vector<TracePoint> points;  // ascending
};

// The sources of a folder of traces: its sub-folders with a meta.csv, sorted by name.
Result<std::vector<std::string>> ListSources(const std::filesystem::path& traces);

// Every series that the source's meta.csv names, in its order. A damaged row fails the reading, with file and
// line.
Result<std::vector<Trace>> ReadSource(const std::filesystem::path& traces, const std::string& source);

// Replaces each memory value by the largest of the six hours that end with it: what a container, which seldom
// gives memory back, would hold where the trace tells only what a machine touched.
void HoldMemoryForSixHours(Trace& trace);

}  // namespace loadline::collector
