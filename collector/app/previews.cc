#include "collector/app/previews.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <tuple>

#include "collector/detect/example.h"
#include "collector/sink/preview.h"

namespace loadline::collector {
namespace {

auto Rank(const Alert& alert) {
  return std::tuple(alert.state != AlertState::kFiring, alert.state != AlertState::kPending, alert.severity,
                    -alert.since.time_since_epoch().count());
}

}  // namespace

Result<Json> Previews::Preview(const PreviewWish& wish) {
  const Wall now = clock_.WallNow();
  Result<Alert> alert =
      wish.example.empty() ? Find(wish.alert) : ExampleAlert(wish.example, detect_, plan_.own_labels, now);
  if (!alert) return Failure(alert.error());
  // What is pending would be told as firing.
  if (alert->state == AlertState::kPending) alert->state = AlertState::kFiring;
  return PreviewOf(plan_, wish.receiver, wish.resolved ? AsResolved(*alert, now) : *alert, lanes_, now);
}

Result<Alert> Previews::Find(const std::string& name) {
  const std::shared_ptr<const AlertsShown> shown = desk_.Shown();
  if (!shown) return Failure(ErrorKind::kUnavailable, "the collector is starting: try again");
  const Alert* found = nullptr;
  for (const auto& alert : shown->alerts()) {
    if (alert->fingerprint != name && alert->rule != name) continue;
    if (found == nullptr || Rank(*alert) < Rank(*found)) found = alert.get();
  }
  if (found != nullptr) return *found;
  return Failure(ErrorKind::kNotFound,
                 fmt::format("no alert '{}': a fingerprint or a rule is expected (loadlinectl get alerts -o "
                             "wide); an example of a rule can always be shown",
                             name));
}

}  // namespace loadline::collector
