// Server-sent events: a line to the page whenever there is something new, and a sign of life when there is
// not.
//
//   event: snapshot      the data is when it was built, and the summary of /api/v1/collector
//   event: alive         nothing new; the data is the time of the collector
//
// Events say that something changed, not what: the page then asks for what it shows.
#pragma once

#include <chrono>
#include <functional>

#include "collector/web/answer.h"
#include "collector/web/server.h"

namespace loadline::collector {

struct EventOptions {
  std::chrono::milliseconds at_most_every{1'000};  // a person reads no faster
  std::chrono::milliseconds alive_every{5'000};
};

// Writes events until nobody listens. `wait` sleeps for at most so long, and is false when the server stops.
void WriteEvents(const SnapshotSource& source, const Clock& clock, const EventOptions& options,
                 const std::function<bool(std::chrono::milliseconds)>& wait, const Writer& write);

}  // namespace loadline::collector
