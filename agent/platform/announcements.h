// What Azure has announced for this machine: its document of scheduled events, read again and again, and what of it is to be
// told.
//
//   {"DocumentIncarnation": 2, "Events": [{"EventId": "...", "EventType": "Freeze", "ResourceType": "VirtualMachine",
//     "Resources": ["aks-web-123-vmss_0"], "EventStatus": "Scheduled", "NotBefore": "Mon, 11 Apr 2026 22:26:58 GMT",
//     "Description": "...", "EventSource": "Platform", "DurationInSeconds": 5}]}
//
// The same document goes to all machines of a set: an event is of those that it names. One that was cancelled, or is over, is
// not in it any more. Pure: no I/O and no clock. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/base/clock.h"
#include "schemas/base/result.h"
#include "schemas/wire/records.h"
#include "schemas/wire/scheduled_event.h"

namespace loadline::agent {

class Announcements {
 public:
  // The machine's name as Azure has it, which is not the node's: "aks-web-123-vmss_0".
  explicit Announcements(std::string machine) : machine_(std::move(machine)) {}

  // What is to be told, in order: what is new, or another; and the end when none is left. The first document that has none
  // says so too: an agent before this one may have told of some. Fails on what is no such document; then all is as it was.
  Result<std::vector<wire::HealthEvent>> Read(std::string_view document, Wall now);

 private:
  using Events = std::map<wire::ScheduledEvent::Kind, wire::ScheduledEvent>;  // of one kind the nearest

  [[nodiscard]] std::string WhyOver(Wall now) const;

  const std::string machine_;
  bool read_ = false;
  std::optional<std::int64_t> incarnation_;
  Events told_;
};

}  // namespace loadline::agent
