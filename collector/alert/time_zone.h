// Offsets from UTC over the years, from the compiled zone files of the system (TZif, RFC 8536).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

class TimeZone {
 public:
  TimeZone() = default;  // UTC

  // Reads the bytes of a zone file. Those of Debian name every change up to 2037; after the last one its
  // offset goes on.
  static Result<TimeZone> FromTzif(std::string_view bytes);

  [[nodiscard]] Duration OffsetAt(Wall at) const;

 private:
  struct Change {
    std::int64_t at;  // seconds since the epoch
    std::int32_t offset;
  };
  std::int32_t before_ = 0;
  std::vector<Change> changes_;  // by time
};

// The zone of this name ("Europe/Berlin", "UTC", "Local") from the system's files.
Result<TimeZone> LoadTimeZone(const std::string& name);

}  // namespace loadline::collector
