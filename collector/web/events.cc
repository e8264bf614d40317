#include "collector/web/events.h"

#include <fmt/format.h>

#include <optional>

#include "collector/web/json.h"
#include "schemas/base/time_text.h"

namespace loadline::collector {
namespace {

// How late an event may be after its snapshot. Looking costs one atomic load.
constexpr std::chrono::milliseconds kLookEvery{100};

std::string Event(const char* name, const Json& data) {
  return fmt::format("event: {}\ndata: {}\n\n", name, Text(data));
}

}  // namespace

void WriteEvents(const SnapshotSource& source, const Clock& clock, const EventOptions& options,
                 const std::function<bool(std::chrono::milliseconds)>& wait, const Writer& write) {
  if (!write("retry: 2000\n\n")) return;
  std::shared_ptr<const Snapshot> shown;
  std::optional<Mono> last;
  do {
    const Mono now = clock.Now();
    std::shared_ptr<const Snapshot> latest = source();
    if (latest && latest != shown && (!last || now - *last >= options.at_most_every)) {
      shown = std::move(latest);
      last = now;
      if (!write(Event("snapshot", {{"at", Rfc3339(shown->at)},
                                    {"now", Rfc3339(clock.WallNow())},
                                    {"summary", SummaryJson(*shown)}}))) {
        return;
      }
    } else if (!last || now - *last >= options.alive_every) {
      last = now;
      if (!write(Event("alive", {{"now", Rfc3339(clock.WallNow())}}))) return;
    }
  } while (wait(kLookEvery));
}

}  // namespace loadline::collector
