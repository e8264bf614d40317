#include "tests/support/pagerduty.h"

#include <algorithm>
#include <set>

#include "tests/support/json_schema.h"

namespace loadline::test {
namespace {

using nlohmann::json;

constexpr std::size_t kMostBytes = 512'000;

void CheckPayload(const json& payload, std::vector<std::string>& wrong) {
  const Shape shape{{"summary", Text(1, 1024)},
                    {"source", Text(1)},
                    {"severity", OneOf({"critical", "error", "warning", "info"})},
                    {"timestamp", Text(1)},
                    {"component", Text()},
                    {"group", Text()},
                    {"class", Text()},
                    {"custom_details", Object()}};
  Check(payload, shape, {"summary", "source", "severity"}, "payload", wrong);
}

}  // namespace

std::vector<std::string> WhatPagerdutyRefuses(const json& event) {
  std::vector<std::string> wrong;
  const Shape shape{
      {"routing_key", Text(1)},    {"event_action", OneOf({"trigger", "acknowledge", "resolve"})},
      {"dedup_key", Text(1, 255)}, {"payload", Object()},
      {"client", Text()},          {"client_url", Text()},
      {"images", List()},          {"links", List()}};
  Check(event, shape, {"routing_key", "event_action"}, "event", wrong);
  if (!wrong.empty()) return wrong;
  const bool triggers = event["event_action"] == "trigger";
  if (!triggers && !event.contains("dedup_key")) wrong.emplace_back("'dedup_key' is missing or blank");
  if (triggers && !event.contains("payload")) wrong.emplace_back("'payload' is missing or blank");
  if (event.contains("payload")) CheckPayload(event["payload"], wrong);
  for (const json& image : event.value("images", json::array()))
    Check(image, {{"src", Text(1)}, {"href", Text()}, {"alt", Text()}}, {"src"}, "image", wrong);
  for (const json& link : event.value("links", json::array()))
    Check(link, {{"href", Text(1)}, {"text", Text()}}, {"href"}, "link", wrong);
  return wrong;
}

std::vector<std::string> WhatPagerdutyOneRefuses(const json& event) {
  std::vector<std::string> wrong;
  const Shape shape{
      {"service_key", Text(1)},       {"event_type", OneOf({"trigger", "acknowledge", "resolve"})},
      {"incident_key", Text(1, 255)}, {"description", Text(1, 1024)},
      {"details", Object()},          {"client", Text()},
      {"client_url", Text()},         {"contexts", List()}};
  Check(event, shape, {"service_key", "event_type", "description"}, "event", wrong);
  return wrong;
}

std::map<std::string, Pagerduty::Incident> Pagerduty::incidents() const {
  const std::lock_guard lock(mutex_);
  return incidents_;
}

std::vector<std::string> Pagerduty::complaints() const {
  const std::lock_guard lock(mutex_);
  return complaints_;
}

Reply Pagerduty::Answer(const SeenRequest& request) {
  const bool one = request.path == "/generic/2010-04-15/create_event.json";
  if (request.method != "POST" || (!one && request.path != "/v2/enqueue"))
    return {.status = 404, .body = "Not Found"};
  if (request.body.size() > kMostBytes) return {.status = 413, .body = "Request Entity Too Large"};
  const json event = json::parse(request.body, nullptr, false);
  const auto type = request.headers.find("content-type");
  std::vector<std::string> wrong;
  if (type == request.headers.end() || !type->second.starts_with("application/json") ||
      event.is_discarded()) {
    wrong.emplace_back("the body is no JSON");
  } else {
    wrong = one ? WhatPagerdutyOneRefuses(event) : WhatPagerdutyRefuses(event);
  }
  const std::lock_guard lock(mutex_);
  if (!wrong.empty()) {
    complaints_.insert(complaints_.end(), wrong.begin(), wrong.end());
    return {
        .status = 400,
        .body = json{{"status", "invalid event"}, {"message", "Event object is invalid"}, {"errors", wrong}}
                    .dump()};
  }
  const std::string key = event.value(one ? "incident_key" : "dedup_key", "made-up");
  Incident& incident = incidents_[key];
  const bool triggers = event.value(one ? "event_type" : "event_action", "") == "trigger";
  incident.triggers += triggers ? 1 : 0;
  incident.open = triggers;
  incident.last = event;
  return {.status = one ? 200 : 202,
          .body = json{{"status", "success"}, {"message", "Event processed"}, {"dedup_key", key}}.dump()};
}

}  // namespace loadline::test
