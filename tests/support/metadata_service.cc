#include "tests/support/metadata_service.h"

namespace loadline::test {

using nlohmann::json;

std::vector<std::string> MetadataService::faults() const {
  const std::lock_guard lock(mutex_);
  return faults_;
}

int MetadataService::asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

void MetadataService::Announce(const std::string& id, json event) {
  const std::lock_guard lock(mutex_);
  event["EventId"] = id;
  events_[id] = std::move(event);
  ++incarnation_;
}

void MetadataService::Remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  events_.erase(id);
  ++incarnation_;
}

Reply MetadataService::Fault(const std::string& what) {
  faults_.push_back(what);
  return {.status = 400, .body = json{{"error", what}}.dump()};
}

Reply MetadataService::Answer(const SeenRequest& request) {
  const std::lock_guard lock(mutex_);
  const auto metadata = request.headers.find("metadata");
  if (metadata == request.headers.end() || metadata->second != "true")
    return Fault("Bad request. Required metadata header not specified");
  if (request.headers.contains("x-forwarded-for"))
    return Fault("Bad request. X-Forwarded-For is not allowed");
  if (request.method != "GET") return Fault("Bad request. Nothing is approved by an agent");
  if (request.path == "/metadata/instance/compute/name?api-version=2021-02-01&format=text")
    return {.headers = {{"Content-Type", "text/plain; charset=utf-8"}}, .body = machine_};
  if (request.path != "/metadata/scheduledevents?api-version=2020-07-01")
    return Fault("Bad request. " + request.path);
  ++asked_;
  json events = json::array();
  for (const auto& [id, event] : events_) events.push_back(event);
  return {.headers = {{"Content-Type", "application/json; charset=utf-8"}},
          .body = json{{"DocumentIncarnation", incarnation_}, {"Events", events}}.dump()};
}

json EventOf(const std::string& type, const std::vector<std::string>& machines, const std::string& not_before,
             int seconds) {
  return {{"EventType", type},         {"ResourceType", "VirtualMachine"},
          {"Resources", machines},     {"EventStatus", "Scheduled"},
          {"NotBefore", not_before},   {"Description", "Host server is undergoing maintenance."},
          {"EventSource", "Platform"}, {"DurationInSeconds", seconds}};
}

}  // namespace loadline::test
