#include "collector/fleet/announced.h"

#include <fmt/format.h>

#include <algorithm>

#include "collector/model/announced.h"
#include "schemas/wire/scheduled_event.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using wire::ScheduledEvent;
using Kind = ScheduledEvent::Kind;

// From its beginning on, beside what Azure says of its length: a freeze of nine seconds was seen to last for more, a machine
// has to start, and agent and collector to find each other.
Duration SilentFor(const ScheduledEvent& event) {
  const Duration said = event.lasts.value_or(0s);
  switch (event.kind) {
    case Kind::kFreeze:
      return said + 2min;
    case Kind::kReboot:
      return said + 10min;
    case Kind::kRedeploy:
      return said + 20min;
    case Kind::kPreempt:
    case Kind::kTerminate:
      return said + 10min;
  }
  return said;
}

// Of one without a time: longer than any notice.
constexpr Duration kAtAnyTime = 30min;

// It may be put off, never to before it was told of.
Wall EndOf(const AnnouncedEvent& one) {
  const ScheduledEvent& event = one.event;
  const Wall begins = event.started ? one.told : event.not_before.value_or(one.told + kAtAnyTime);
  return std::max(begins, one.told) + SilentFor(event);
}

}  // namespace

std::optional<Maintenance> AnnouncedOf(const std::vector<NodeFinding>& findings, Wall now) {
  std::optional<ScheduledEvent> most;
  for (const AnnouncedEvent& one : AnnouncedIn(findings)) {
    if (now < EndOf(one) && (!most || one.event.kind > most->kind)) most = one.event;
  }
  if (!most) return std::nullopt;
  return Maintenance{.kind = MaintenanceKind::kScheduledEvent,
                     .words = fmt::format("its machine {} ({} has announced it)", WordsOf(*most),
                                          most->by_person ? "a person" : "Azure"),
                     .takes = wire::TakesTheMachine(most->kind)};
}

}  // namespace loadline::collector
