#include "collector/web/events.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "collector/web/json.h"
#include "schemas/base/time_text.h"

namespace loadline::collector {
namespace {

std::string Event(const char* name, const Json& data) {
  return fmt::format("event: {}\ndata: {}\n\n", name, Text(data));
}

class Events final : public Feed {
 public:
  Events(SnapshotSource source, const Clock& clock, const EventOptions& options,
         std::shared_ptr<const void> open)
      : source_(std::move(source)), clock_(clock), options_(options), open_(std::move(open)) {}

  std::string Next() override {
    std::string news;
    if (!std::exchange(greeted_, true)) news = "retry: 2000\n\n";
    const Mono now = clock_.Now();
    std::shared_ptr<const Snapshot> latest = source_();
    if (latest && latest != shown_ && (!last_ || now - *last_ >= options_.at_most_every)) {
      shown_ = std::move(latest);
      last_ = now;
      news += Event("snapshot", {{"at", Rfc3339(shown_->at)},
                                 {"now", Rfc3339(clock_.WallNow())},
                                 {"summary", SummaryJson(*shown_)}});
    } else if (!last_ || now - *last_ >= options_.alive_every) {
      last_ = now;
      news += Event("alive", {{"now", Rfc3339(clock_.WallNow())}});
    }
    return news;
  }

 private:
  const SnapshotSource source_;
  const Clock& clock_;
  const EventOptions options_;
  const std::shared_ptr<const void> open_;
  bool greeted_ = false;
  std::shared_ptr<const Snapshot> shown_;
  std::optional<Mono> last_;
};

}  // namespace

std::unique_ptr<Feed> FollowEvents(SnapshotSource source, const Clock& clock, const EventOptions& options,
                                   std::shared_ptr<const void> open) {
  return std::make_unique<Events>(std::move(source), clock, options, std::move(open));
}

}  // namespace loadline::collector
