#include "collector/alert_file/interval_config.h"

#include <fmt/core.h>

#include <vector>

namespace loadline::collector {
namespace {

std::vector<IntRange> ReadRanges(YamlMap& map, const std::string& key,
                                 Result<IntRange> (*parse)(std::string_view)) {
  std::vector<IntRange> ranges;
  const YAML::Node list = map.List(key);
  const std::vector<std::string> texts = map.Texts(key);
  // Null is as with Alertmanager from 0 to 0: Sunday, or never.
  for (std::size_t i = 0; i < texts.size(); ++i)
    ranges.push_back(list[i].IsNull() ? IntRange{} : Expect(parse(texts[i]), map, key));
  return ranges;
}

TimeInterval ReadTimeInterval(const YAML::Node& node, const std::string& what) {
  YamlMap map(node, what);
  TimeInterval interval;
  const YAML::Node times = map.List("times");
  for (std::size_t i = 0; i < times.size(); ++i) {
    YamlMap range(times[i], what + ".times");
    if (times[i].IsNull()) {  // as with Alertmanager a time that never comes
      interval.times.emplace_back();
      continue;
    }
    const TimeInterval::Times read{Expect(ParseTimeOfDay(range.Text("start_time")), range, "start_time"),
                                   Expect(ParseTimeOfDay(range.Text("end_time")), range, "end_time")};
    if (read.from >= read.to) range.Fail("the start is not before the end");
    range.Finish();
    interval.times.push_back(read);
  }
  interval.weekdays = ReadRanges(map, "weekdays", ParseWeekdays);
  interval.days_of_month = ReadRanges(map, "days_of_month", ParseDaysOfMonth);
  interval.months = ReadRanges(map, "months", ParseMonths);
  interval.years = ReadRanges(map, "years", ParseYears);
  interval.zone = Expect(LoadTimeZone(map.Text("location")), map, "location");
  map.Finish();
  return interval;
}

}  // namespace

void ReadTimeIntervals(YamlMap& top, const std::string& key,
                       std::map<std::string, TimeIntervals>& intervals_by_name) {
  for (const YAML::Node& node : top.List(key)) {
    YamlMap map(node, key);
    const std::string name = map.Text("name");
    if (name.empty()) map.Fail("an interval without a name");
    TimeIntervals intervals;
    const YAML::Node parts = map.List("time_intervals");
    for (std::size_t i = 0; i < parts.size(); ++i) {
      intervals.push_back(ReadTimeInterval(parts[i], fmt::format("{} '{}'", key, name)));
    }
    if (!intervals_by_name.emplace(name, std::move(intervals)).second) {
      map.Fail(fmt::format("time interval '{}' twice", name));
    }
    map.Finish();
  }
}

}  // namespace loadline::collector
