#include "collector/detect/scheduled.h"

#include <fmt/format.h>

#include "collector/model/announced.h"

namespace loadline::collector {

void FindScheduled(const NodeSeen& seen, const std::function<bool(wire::ScheduledEvent::Kind)>& tells,
                   Found& found) {
  for (const auto& [event, told] : AnnouncedIn(seen.node.findings.all())) {
    if (!tells(event.kind)) continue;
    const std::string& why = event.description;
    found.Add({.labels = {{"node", seen.node.name},
                          {"condition", wire::kMaintenanceScheduled},
                          {"event", wire::Name(event.kind)}},
               .summary = fmt::format("The machine of node {} {}", seen.node.name, WordsOf(event)),
               .reason = fmt::format("{} has announced it{}{}", event.by_person ? "A person" : "Azure",
                                     why.empty() ? "" : ": ", why)});
  }
}

}  // namespace loadline::collector
