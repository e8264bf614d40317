// A Lease of coordination.k8s.io/v1, as client-go's leader election reads and writes it. The times in it are for people:
// nobody decides by them.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "schemas/base/clock.h"

namespace loadline::collector {

// What says that it changed.
struct LeaseRecord {
  std::string holder;    // empty: nobody
  Duration lasts{};      // from when it was last seen to change; between a second and an hour
  std::string renewed;   // as it stands there
  std::string acquired;  // as it stands there
  std::int64_t transitions = 0;
  std::string version;
  bool operator==(const LeaseRecord&) const = default;
};

LeaseRecord ParseLease(const nlohmann::json& lease);

// The body of a request that makes it ours, or keeps it so: `lease` as it was read, with all that others wrote on it; null
// when there is none.
nlohmann::json ClaimedLease(nlohmann::json lease, const std::string& space, const std::string& name,
                            const std::string& holder, Duration lasts, Wall now);
// ... that leaves it to whoever asks first.
nlohmann::json ReleasedLease(nlohmann::json lease, Wall now);

}  // namespace loadline::collector
