#include "schemas/wire/scheduled_event.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "schemas/base/time_text.h"

namespace loadline::wire {
namespace {

constexpr std::array<const char*, kScheduledKinds> kNames = {"Freeze", "Reboot", "Redeploy", "Preempt",
                                                             "Terminate"};
constexpr std::string_view kSuffix = "Scheduled";
constexpr std::string_view kStarted = "started";
constexpr std::string_view kNotBefore = "not before ";
constexpr std::string_view kAnyTime = "at any time";
constexpr std::string_view kFor = ", for ";
constexpr std::string_view kSeconds = " s";
constexpr std::string_view kForUnknown = ", for a time that is not known";
constexpr std::string_view kByPerson = ", by a person";
constexpr std::string_view kByPlatform = ", by the platform";
constexpr std::string_view kWhy = ": ";

bool Take(std::string_view& text, std::string_view front) {
  if (!text.starts_with(front)) return false;
  text.remove_prefix(front.size());
  return true;
}

std::string When(const ScheduledEvent& event) {
  if (event.started) return std::string(kStarted);
  if (!event.not_before) return std::string(kAnyTime);
  return std::string(kNotBefore) + Rfc3339(*event.not_before);
}

std::string MessageOf(const ScheduledEvent& event) {
  std::string text = When(event);
  if (event.lasts)
    text.append(kFor).append(std::to_string(event.lasts->count())).append(kSeconds);
  else
    text.append(kForUnknown);
  text.append(event.by_person ? kByPerson : kByPlatform);
  if (!event.description.empty()) text.append(kWhy).append(event.description);
  return text;
}

bool ReadWhen(std::string_view& text, ScheduledEvent& event) {
  if (Take(text, kAnyTime)) return true;
  if (Take(text, kStarted)) {
    event.started = true;
    return true;
  }
  if (!Take(text, kNotBefore)) return false;
  const std::size_t end = std::min(text.find(','), text.size());
  const auto at = ParseRfc3339(text.substr(0, end));
  if (!at || !*at) return false;
  event.not_before = **at;
  text.remove_prefix(end);
  return true;
}

bool ReadLength(std::string_view& text, ScheduledEvent& event) {
  if (Take(text, kForUnknown)) return true;
  if (!Take(text, kFor)) return false;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || seconds < 0 || seconds > kLongestScheduled.count()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  event.lasts = std::chrono::seconds(seconds);
  return Take(text, kSeconds);
}

std::optional<ScheduledEvent> ReadMessage(std::string_view text, ScheduledEvent::Kind kind) {
  ScheduledEvent event{.kind = kind};
  if (!ReadWhen(text, event) || !ReadLength(text, event)) return std::nullopt;
  event.by_person = Take(text, kByPerson);
  if (!event.by_person && !Take(text, kByPlatform)) return std::nullopt;
  if (Take(text, kWhy)) event.description = text;
  return event;
}

}  // namespace

const char* Name(ScheduledEvent::Kind kind) {
  return kNames.at(static_cast<std::size_t>(kind));
}

std::optional<ScheduledEvent::Kind> KindNamed(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<ScheduledEvent::Kind>(found - kNames.begin());
}

bool TakesTheMachine(ScheduledEvent::Kind kind) {
  using enum ScheduledEvent::Kind;
  return kind == kRedeploy || kind == kPreempt || kind == kTerminate;
}

HealthEvent HealthOf(const ScheduledEvent& event, Wall now) {
  return {.at_ns = now.time_since_epoch().count(),
          .source = kScheduledEvents,
          .condition = kMaintenanceScheduled,
          .reason = Name(event.kind) + std::string(kSuffix),
          .message = MessageOf(event)};
}

HealthEvent EndOfScheduledEvents(std::string why, Wall now) {
  return {.at_ns = now.time_since_epoch().count(),
          .source = kScheduledEvents,
          .condition = kMaintenanceScheduled,
          .reason = "NoneScheduled",
          .message = std::move(why),
          .ended = true};
}

std::optional<ScheduledEvent> ScheduledEventOf(std::string_view reason, std::string_view message) {
  if (!reason.ends_with(kSuffix)) return std::nullopt;
  const auto kind = KindNamed(reason.substr(0, reason.size() - kSuffix.size()));
  if (!kind) return std::nullopt;
  return ReadMessage(message, *kind).value_or(ScheduledEvent{.kind = *kind});
}

}  // namespace loadline::wire
