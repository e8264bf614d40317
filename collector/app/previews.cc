#include "collector/app/previews.h"

#include <fmt/format.h>

#include <optional>
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
  Result<Alert> alert = wish.example.empty() ? Find(wish.alert) : ExampleAlert(wish.example, detect_, now);
  if (!alert) return Failure(alert.error());
  // What is pending would be told as firing.
  if (alert->state == AlertState::kPending) alert->state = AlertState::kFiring;
  return PreviewOf(plan_, wish.receiver, wish.resolved ? AsResolved(*alert, now) : *alert, lanes_, now);
}

Result<Alert> Previews::Find(const std::string& name) {
  std::optional<Alert> found;
  const bool done = desk_.With([&](Alerting& alerting, Wall /*now*/) {
    for (const auto& [fingerprint, alert] : alerting.book().alerts()) {
      if (fingerprint != name && alert.rule != name) continue;
      if (!found || Rank(alert) < Rank(*found)) found = alert;
    }
  });
  if (!done)
    return Failure(ErrorKind::kUnavailable, "the collector is starting, stopping or too busy: try again");
  if (found) return std::move(*found);
  return Failure(ErrorKind::kNotFound,
                 fmt::format("no alert '{}': a fingerprint or a rule is expected (loadlinectl get alerts -o "
                             "wide); an example of a rule can always be shown",
                             name));
}

}  // namespace loadline::collector
