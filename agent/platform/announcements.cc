#include "agent/platform/announcements.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "schemas/base/foreign_json.h"
#include "schemas/base/json_fields.h"
#include "schemas/base/letter_case.h"
#include "schemas/wire/text.h"

namespace loadline::agent {
namespace {

using nlohmann::json;
using wire::ScheduledEvent;

constexpr std::size_t kLongestDescription = 300;

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

bool Digits(std::string_view text, unsigned& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// "Mon, 11 Apr 2026 22:26:58 GMT", of RFC 1123; nothing of any other form.
std::optional<Wall> ReadInstant(std::string_view text) {
  constexpr std::string_view kForm = "ddd, 00 mmm 0000 00:00:00 GMT";
  if (text.size() != kForm.size() || text.substr(3, 2) != ", " || !text.ends_with(" GMT") || text[7] != ' ' ||
      text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':')
    return std::nullopt;
  unsigned day = 0, year = 0, hour = 0, minute = 0, second = 0;
  const auto month = std::ranges::find(kMonths, text.substr(8, 3));
  const bool read = Digits(text.substr(5, 2), day) && Digits(text.substr(12, 4), year) &&
                    Digits(text.substr(17, 2), hour) && Digits(text.substr(20, 2), minute) &&
                    Digits(text.substr(23, 2), second) && month != kMonths.end();
  const std::chrono::year_month_day date{
      std::chrono::year(static_cast<int>(year)),
      std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1), std::chrono::day(day)};
  if (!read || !date.ok() || year < 2000 || year > 2200 || hour > 23 || minute > 59 || second > 60)
    return std::nullopt;
  return Wall(std::chrono::sys_days(date)) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

bool Names(const json& event, std::string_view machine) {
  const json& resources = Part(event, "Resources");
  return resources.is_array() && std::ranges::any_of(resources, [&](const json& one) {
           return one.is_string() && SameButForCase(one.get_ref<const std::string&>(), machine);
         });
}

std::optional<std::chrono::seconds> ReadLength(const json& event) {
  const json& value = Part(event, "DurationInSeconds");
  if (!value.is_number_integer()) return std::nullopt;
  const auto seconds = value.get<std::int64_t>();
  if (seconds < 0) return std::nullopt;
  return std::chrono::seconds(std::min<std::int64_t>(seconds, wire::kLongestScheduled.count()));
}

std::optional<ScheduledEvent> ReadEvent(const json& event) {
  const auto kind = wire::KindNamed(Text(event, "EventType"));
  if (!kind) return std::nullopt;
  ScheduledEvent read{.kind = *kind,
                      .started = Text(event, "EventStatus") == "Started",
                      .lasts = ReadLength(event),
                      .by_person = Text(event, "EventSource") == "User",
                      .description = wire::CleanText(Text(event, "Description"), kLongestDescription)};
  // Empty once it has started.
  if (!read.started) read.not_before = ReadInstant(Text(event, "NotBefore"));
  return read;
}

// What comes first: what has started, then what may come any time, then by time.
auto Order(const ScheduledEvent& event) {
  return std::pair(!event.started, event.not_before.value_or(Wall{}));
}

}  // namespace

Result<std::vector<wire::HealthEvent>> Announcements::Read(std::string_view document, Wall now) {
  const json parsed = ParseForeign(document);
  const json& all = Part(parsed, "Events");
  if (!all.is_array())
    return Failure(ErrorKind::kUnavailable, "the answer is no document of scheduled events");
  const json& number = Part(parsed, "DocumentIncarnation");
  const auto incarnation =
      number.is_number_integer() ? std::optional(number.get<std::int64_t>()) : std::nullopt;
  std::vector<wire::HealthEvent> tell;
  // Each other document has another number.
  if (read_ && incarnation && incarnation == incarnation_) return tell;
  Events events;
  for (const json& one : all) {
    if (!Names(one, machine_)) continue;
    const auto event = ReadEvent(one);
    if (!event) continue;
    const auto [known, is_new] = events.try_emplace(event->kind, *event);
    if (!is_new && Order(*event) < Order(known->second)) known->second = *event;
  }
  const bool some_ended =
      std::ranges::any_of(told_, [&](const auto& told) { return !events.contains(told.first); });
  // Those of one condition end together: the others are told anew.
  if (some_ended || (!read_ && events.empty())) tell.push_back(wire::EndOfScheduledEvents(WhyOver(now), now));
  for (const auto& [kind, event] : events) {
    const auto told = told_.find(kind);
    if (some_ended || told == told_.end() || told->second != event)
      tell.push_back(wire::HealthOf(event, now));
  }
  read_ = true;
  incarnation_ = incarnation;
  told_ = std::move(events);
  return tell;
}

std::string Announcements::WhyOver(Wall now) const {
  if (told_.empty()) return "nothing is announced";
  const auto over = [now](const auto& told) {
    return told.second.started || (told.second.not_before && *told.second.not_before <= now);
  };
  return std::ranges::any_of(told_, over) ? "it is over, and not announced any more"
                                          : "it was cancelled before it began";
}

}  // namespace loadline::agent
