#include "collector/kube_objects/event_body.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "collector/kube_objects/time_stamp.h"

namespace loadline::collector {
namespace {

std::string NamespaceOf(const EventOfOurs& event) {
  return event.namespace_name.empty() ? "default" : event.namespace_name;
}

}  // namespace

std::string EventPath(const EventOfOurs& event) {
  return fmt::format("/api/v1/namespaces/{}/events", NamespaceOf(event));
}

nlohmann::json EventBody(const EventOfOurs& event, Wall now) {
  const std::string at = TimeStamp(now);
  nlohmann::json object = {
      {"apiVersion", event.api_version}, {"kind", event.kind}, {"name", event.name}, {"uid", event.uid}};
  if (!event.namespace_name.empty()) object["namespace"] = event.namespace_name;
  return {{"metadata", {{"generateName", event.name + "."}, {"namespace", NamespaceOf(event)}}},
          {"involvedObject", std::move(object)},
          {"reason", event.reason},
          {"message", event.message},
          {"type", event.warning ? "Warning" : "Normal"},
          {"source", {{"component", "loadline"}}},
          {"reportingComponent", "loadline.io/collector"},
          {"firstTimestamp", at},
          {"lastTimestamp", at},
          {"count", 1}};
}

}  // namespace loadline::collector
