#include "collector/alert_file/explain_route.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "schemas/base/units.h"

namespace loadline::collector {
namespace {

void ExplainBelow(const Route& route, const Labels& labels, int depth, std::string& out) {
  for (const Route& child : route.routes) {
    const bool matches = MatchAll(child.matchers, labels);
    out += fmt::format("{:{}}{} {}{}\n", "", depth * 2, MatchersText(child.matchers),
                       matches ? "matches" : "does not match",
                       matches && child.continue_matching ? ", and goes on" : "");
    if (!matches) continue;
    ExplainBelow(child, labels, depth + 1, out);
    if (!child.continue_matching) return;
  }
}

}  // namespace

std::string ExplainRoute(const AlertConfig& config, const Labels& labels, Wall now) {
  std::string out = "{} takes everything\n";
  ExplainBelow(config.plan.root, labels, 1, out);
  Alert alert;
  alert.labels = labels;
  const Mutes mutes({}, config.plan.time_intervals);
  for (const Route* route : MatchRoutes(config.plan.root, labels)) {
    out +=
        fmt::format("-> {} in group {}, after {} s, then every {} s, repeated every {} s\n", route->receiver,
                    GroupKey(*route, GroupLabels(*route, labels)), Seconds(route->group_wait),
                    Seconds(route->group_interval), Seconds(route->repeat_interval));
    if (auto muted = mutes.Why(alert, *route, now)) out += fmt::format("   not now: {}\n", Words(*muted));
    const auto receiver = std::ranges::find(config.plan.receivers, route->receiver, &Receiver::name);
    if (receiver->integrations.empty()) out += "   by nothing: the receiver has no way of being told\n";
    for (const Integration& way : receiver->integrations) {
      out += fmt::format("   by {}{}", way.name, way.send_resolved ? "" : ", not of resolved ones");
      if (way.min_severity < Severity::kSev4)
        out += fmt::format(", of {} and graver", Name(way.min_severity));
      if (!way.hours.empty()) out += fmt::format(", in the hours of {}", fmt::join(way.hours, ", "));
      out += "\n";
    }
  }
  return out;
}

}  // namespace loadline::collector
