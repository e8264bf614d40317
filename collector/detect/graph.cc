#include "collector/detect/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "schemas/base/units.h"

namespace loadline::collector {
namespace {

// Eight heights of a column.
constexpr std::array<const char*, 8> kHeights = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

std::string Columns(const std::vector<double>& values, std::size_t columns, double scale) {
  std::string out;
  const std::size_t count = std::min(columns, values.size());
  for (std::size_t column = 0; column < count; ++column) {
    const auto from = values.begin() + static_cast<std::ptrdiff_t>(column * values.size() / count);
    const auto to = values.begin() + static_cast<std::ptrdiff_t>((column + 1) * values.size() / count);
    const double share = scale > 0 ? std::clamp(*std::max_element(from, to) / scale, 0.0, 1.0) : 0.0;
    out += kHeights.at(static_cast<std::size_t>(std::lround(share * (kHeights.size() - 1))));
  }
  return out;
}

template <typename Value, typename Words>
std::string Graph(const UsageHistory& history, std::size_t columns, Value value, Words words) {
  const std::vector<UsagePoint> points = history.Points();
  if (points.size() < 3) return "";
  std::vector<double> values;
  for (const UsagePoint& point : points) values.push_back(value(point));
  const double highest = std::ranges::max(values);
  const double seconds = static_cast<double>(points.back().at_ms - points.front().at_ms) / 1000;
  return fmt::format("{} up to {} in {}", Columns(values, columns, highest), words(highest),
                     FormatSeconds(seconds));
}

}  // namespace

std::string CpuGraph(const UsageHistory& history, std::size_t columns) {
  return Graph(
      history, columns, [](const UsagePoint& point) { return static_cast<double>(point.cpu_cores); },
      [](double cores) { return FormatCpu(std::llround(cores * 1000)); });
}

std::string MemoryGraph(const UsageHistory& history, std::size_t columns) {
  return Graph(
      history, columns, [](const UsagePoint& point) { return static_cast<double>(point.memory_bytes); },
      [](double bytes) { return FormatBytes(std::llround(bytes)); });
}

std::string ThrottlingGraph(const UsageHistory& history, std::size_t columns) {
  return Graph(
      history, columns, [](const UsagePoint& point) { return static_cast<double>(point.throttled_share); },
      [](double share) { return fmt::format("{:.0f} % of periods", share * 100); });
}

}  // namespace loadline::collector
