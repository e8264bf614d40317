// Server-sent events: a line to the page whenever there is something new, and a sign of life when there is
// not.
//
//   event: snapshot      the data is when it was built, and the summary of /api/v1/collector
//   event: alive         nothing new; the data is the time of the collector
//
// Events say that something changed, not what: the page then asks for what it shows.
#pragma once

#include <chrono>
#include <memory>

#include "collector/serve/reply.h"
#include "collector/web/server.h"

namespace loadline::collector {

struct EventOptions {
  std::chrono::milliseconds at_most_every{1'000};  // a person reads no faster
  std::chrono::milliseconds alive_every{5'000};
};

// For one listener. The first word comes at once; `clock` and `open`, whatever that is, outlive it.
std::unique_ptr<Feed> FollowEvents(SnapshotSource source, const Clock& clock, const EventOptions& options,
                                   std::shared_ptr<const void> open);

}  // namespace loadline::collector
