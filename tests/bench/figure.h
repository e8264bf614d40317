// One figure of a benchmark: a JSON object a line with --json, words otherwise.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>

namespace loadline::bench {

struct Figure {
  std::string metric;
  double value = 0;
  std::string unit;
  std::string baseline;  // empty: none
  double baseline_value = 0;
};

inline void Print(const std::string& bench, const Figure& figure, bool json) {
  const double ratio = figure.value != 0 ? figure.baseline_value / figure.value : 0;
  std::string line;
  if (json) {
    line = fmt::format(R"({{"bench":"{}","metric":"{}","value":{:.6g},"unit":"{}")", bench, figure.metric,
                       figure.value, figure.unit);
    if (!figure.baseline.empty()) {
      line += fmt::format(R"(,"baseline":"{}","baseline_value":{:.6g},"ratio":{:.4g})", figure.baseline,
                          figure.baseline_value, ratio);
    }
    line += "}";
  } else {
    line = fmt::format("{:<34} {:>12.6g} {}", figure.metric, figure.value, figure.unit);
    if (!figure.baseline.empty()) {
      line +=
          fmt::format("   {}: {:.6g}, {:.4g} times as much", figure.baseline, figure.baseline_value, ratio);
    }
  }
  std::puts(line.c_str());
  std::fflush(stdout);
}

}  // namespace loadline::bench
