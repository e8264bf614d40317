// How an agent says what its machine's platform has announced for it: as a health event of the source kScheduledEvents, whose
// condition kMaintenanceScheduled holds until none is announced any more. Its reason says what will happen
// ("FreezeScheduled", the words of AKS's own node-problem-detector), and its message when, for how long, by whom and why:
//
//   not before 2026-04-11T22:26:58.000Z, for 5 s, by the platform: Virtual machine is being paused because of ...
//   started, for a time that is not known, by a person: ...
//
// Collectors that do not know of it show it as any other condition.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/base/clock.h"
#include "schemas/wire/health_sources.h"
#include "schemas/wire/records.h"

namespace loadline::wire {

inline constexpr const char* kMaintenanceScheduled = "VMEventScheduled";

struct ScheduledEvent {
  enum class Kind : std::uint8_t {
    kFreeze,     // stands still for some seconds
    kReboot,     // what is on its disks stays
    kRedeploy,   // starts anew on another host: local disks are lost
    kPreempt,    // a spot machine is taken back
    kTerminate,  // is deleted
  };
  Kind kind{};
  bool started = false;
  std::optional<Wall> not_before;  // it may be later; nothing: it has started, or that is not known
  std::optional<std::chrono::seconds> lasts;  // nothing: not known. Zero: no interruption
  bool by_person = false;                     // otherwise by the platform
  std::string description;
  bool operator==(const ScheduledEvent&) const = default;
};
inline constexpr std::size_t kScheduledKinds = 5;
// Longer than any that there is: what says more is cut, or not believed.
inline constexpr std::chrono::seconds kLongestScheduled = std::chrono::days(30);

const char* Name(ScheduledEvent::Kind kind);  // "Freeze", as Azure calls it
std::optional<ScheduledEvent::Kind> KindNamed(std::string_view name);
// What runs there, and local disks, do not outlive it.
bool TakesTheMachine(ScheduledEvent::Kind kind);

HealthEvent HealthOf(const ScheduledEvent& event, Wall now);
// None is announced any more.
HealthEvent EndOfScheduledEvents(std::string why, Wall now);
// What HealthOf has said; of a message in other words what its reason says alone. Nothing: the reason is none.
std::optional<ScheduledEvent> ScheduledEventOf(std::string_view reason, std::string_view message);

}  // namespace loadline::wire
