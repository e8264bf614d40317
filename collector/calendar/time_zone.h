// Offsets from UTC over the years, from the system's database of time zones.
#pragma once

#include <memory>
#include <string>

#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

// The zone of this name ("Europe/Berlin", "UTC", "Local") from the system's files (tzdata).
class TimeZone;
Result<TimeZone> LoadTimeZone(const std::string& name);

class TimeZone {
 public:
  TimeZone() = default;  // UTC

  [[nodiscard]] Duration OffsetAt(Wall at) const;
  // What clocks there show, at any time within some thousand years: one hour before UTC and "CET".
  struct Shown {
    std::chrono::seconds offset{0};
    std::string name = "UTC";
  };
  [[nodiscard]] Shown ShownAt(std::chrono::sys_seconds at) const;

 private:
  friend Result<TimeZone> LoadTimeZone(const std::string& name);
  struct Zone;
  explicit TimeZone(std::shared_ptr<const Zone> zone) : zone_(std::move(zone)) {}

  std::shared_ptr<const Zone> zone_;  // null: UTC
};

}  // namespace loadline::collector
