// What a node's agent was told that its platform has announced for its machine, and how that is said to people.
#pragma once

#include <string>
#include <vector>

#include "collector/snapshot/snapshot.h"
#include "schemas/base/clock.h"
#include "schemas/wire/scheduled_event.h"

namespace loadline::collector {

struct AnnouncedEvent {
  wire::ScheduledEvent event;
  Wall told{};  // last
  bool operator==(const AnnouncedEvent&) const = default;
};

// Those among what is known of a node's health.
std::vector<AnnouncedEvent> AnnouncedIn(const std::vector<NodeFinding>& findings);

// What is behind "the machine": "freezes for 5 s, not before 2026-04-11T22:26:58.000Z".
std::string WordsOf(const wire::ScheduledEvent& event);

}  // namespace loadline::collector
