#include "collector/repair/envelope.h"

#include <fmt/format.h>

#include <array>

#include "schemas/base/units.h"

namespace loadline::collector {

const char* Name(HoldKind kind) {
  static constexpr std::array<const char*, kHoldKinds> kNames = {
      "blind",     "settling", "stand-by", "off",       "no rule",     "too soon", "patience",
      "under way", "asked",    "refused",  "told",      "maintenance", "upgrade",  "cool-down",
      "storm",     "unfit",    "last fit", "in flight", "rate",        "day rate"};
  return kNames.at(static_cast<std::size_t>(kind));
}

template <typename Do>
void EnvelopeTally::Each(std::string_view pool, std::string_view zone, Do each) {
  const auto in = [&](auto& scopes, std::string_view name, const ScopeLimits& limits, const char* what) {
    auto found = scopes.find(name);
    if (found == scopes.end()) {
      found = scopes.emplace(std::string(name), Scope{}).first;
      found->second.name =
          name.empty() ? fmt::format("the nodes without a {}", what) : fmt::format("{} '{}'", what, name);
      found->second.limits = &limits;
    }
    each(found->second);
  };
  in(pools_, pool, limits_->pool, "pool");
  if (!zone.empty()) in(zones_, zone, limits_->zone, "zone");
  each(cluster_);
}

void EnvelopeTally::AddCase(const RepairCase& repair, Wall now) {
  if (!repair.taken || (!repair.real() && !dry_)) return;
  // What seems to lie ahead was written by a clock that was wrong: it counts as just now.
  const Duration age = now - *repair.taken;
  Each(repair.pool, repair.zone, [&](Scope& scope) {
    if (repair.InFlight()) ++scope.in_flight;
    if (age < limits_->window) ++scope.starts;
    if (age < kDay) ++scope.starts_day;
  });
}

void EnvelopeTally::AddNode(const RepairNode& node, bool ours) {
  const bool maintained = WorkedOn(node);
  const bool unfit = ours || maintained || node.cordoned || node.trouble != NodeTrouble::kNone;
  const bool others = !ours && maintained && node.maintenance->kind == MaintenanceKind::kOtherRepair;
  const bool upgraded = maintained && node.maintenance->kind == MaintenanceKind::kUpgrade;
  Each(node.pool, node.zone, [&](Scope& scope) {
    ++scope.nodes;
    if (unfit) ++scope.unfit;
    if (others) ++scope.in_flight;
    scope.upgrading = scope.upgrading || upgraded;
  });
}

void EnvelopeTally::Begin(std::string_view pool, std::string_view zone) {
  Each(pool, zone, [](Scope& scope) {
    ++scope.in_flight;
    ++scope.starts;
    ++scope.starts_day;
  });
}

bool EnvelopeTally::Upgrading(std::string_view pool) const {
  const auto found = pools_.find(pool);
  return found != pools_.end() && found->second.upgrading;
}

std::optional<Hold> EnvelopeTally::AgainstScope(const Scope& scope, bool begun) const {
  const ScopeLimits& limits = *scope.limits;
  const int unfit_at_most = ShareOf(limits.unfit_share, scope.nodes, 1);
  if (scope.unfit > static_cast<std::size_t>(unfit_at_most)) {
    return Hold{HoldKind::kUnfit, fmt::format("{} of the {} nodes of {} are unfit, and at most {} may be",
                                              scope.unfit, scope.nodes, scope.name, unfit_at_most)};
  }
  if (begun) return std::nullopt;
  if (scope.in_flight >= limits.in_flight) {
    return Hold{
        HoldKind::kInFlight,
        fmt::format("{} of {} {} being repaired, and at most {} may be at the same time", scope.in_flight,
                    scope.name, scope.in_flight == 1 ? "is" : "are", limits.in_flight)};
  }
  if (scope.starts >= limits.starts) {
    return Hold{HoldKind::kRate,
                fmt::format("{} of {} were begun within {}, and at most {} may be", scope.starts, scope.name,
                            FormatSeconds(Seconds(limits_->window)), limits.starts)};
  }
  const int a_day = ShareOf(limits.day_share, scope.nodes, limits.day_least);
  if (scope.starts_day >= a_day) {
    return Hold{HoldKind::kDayRate, fmt::format("{} of {} were begun within a day, and at most {} may be",
                                                scope.starts_day, scope.name, a_day)};
  }
  return std::nullopt;
}

std::optional<Hold> EnvelopeTally::Against(const RepairNode& node, bool begun) const {
  const Scope& pool = pools_.find(node.pool)->second;
  const std::size_t fit = pool.nodes - pool.unfit;
  if (fit < static_cast<std::size_t>(limits_->fit_left)) {
    return Hold{HoldKind::kLastFit, fmt::format("{} other nodes of {} are fit, and {} must be", fit,
                                                pool.name, limits_->fit_left)};
  }
  if (auto hold = AgainstScope(pool, begun)) return hold;
  if (const auto zone = zones_.find(node.zone); zone != zones_.end()) {
    if (auto hold = AgainstScope(zone->second, begun)) return hold;
  }
  return AgainstScope(cluster_, begun);
}

}  // namespace loadline::collector
