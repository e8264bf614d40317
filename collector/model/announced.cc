#include "collector/model/announced.h"

#include <fmt/format.h>

#include <utility>

#include "schemas/base/time_text.h"
#include "schemas/base/units.h"

namespace loadline::collector {
namespace {

using wire::ScheduledEvent;
using Kind = ScheduledEvent::Kind;

std::string LengthOf(const ScheduledEvent& event) {
  if (!event.lasts || event.lasts->count() == 0) return "";
  return fmt::format(" for {}", FormatSeconds(static_cast<double>(event.lasts->count())));
}

std::string Does(const ScheduledEvent& event) {
  switch (event.kind) {
    case Kind::kFreeze:
      return "freezes" + LengthOf(event);
    case Kind::kReboot:
      return "reboots" + LengthOf(event);
    case Kind::kRedeploy:
      return "moves to another host and loses its local disks";
    case Kind::kPreempt:
      return "is taken back, as a spot machine may be";
    case Kind::kTerminate:
      return "is deleted";
  }
  return "is maintained";
}

}  // namespace

std::vector<AnnouncedEvent> AnnouncedIn(const std::vector<NodeFinding>& findings) {
  std::vector<AnnouncedEvent> all;
  for (const NodeFinding& finding : findings) {
    if (finding.source != wire::kScheduledEvents || finding.condition != wire::kMaintenanceScheduled)
      continue;
    if (auto event = wire::ScheduledEventOf(finding.reason, finding.message))
      all.push_back({*std::move(event), finding.last});
  }
  return all;
}

std::string WordsOf(const ScheduledEvent& event) {
  if (event.started) return Does(event) + ", and that has begun";
  if (!event.not_before) return Does(event) + ", at any time";
  return fmt::format("{}, not before {}", Does(event), Rfc3339(*event.not_before));
}

}  // namespace loadline::collector
