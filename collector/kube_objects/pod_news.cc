#include "collector/kube_objects/pod_news.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "collector/kube_objects/pod.h"
#include "collector/kube_objects/quantity.h"
#include "collector/kube_objects/time_stamp.h"
#include "schemas/base/json_fields.h"

namespace loadline::collector {
namespace {

using enum ClusterNews::Kind;

// The text between two words of the message; empty when they are not there.
std::string Between(const std::string& text, std::string_view before, std::string_view after) {
  const std::size_t at = text.find(before);
  if (at == text.npos) return {};
  const std::size_t begin = at + before.size();
  const std::size_t end = text.find(after, begin);
  return end == text.npos ? std::string() : text.substr(begin, end - begin);
}

Bytes BytesOf(const std::string& quantity) {
  return ParseWhole(quantity).value_or(0);
}

// "The node was low on resource: memory. Threshold quantity: 100Mi, available: 96Mi. Container a was using
// 300Mi, request is 10Mi, has larger consumption of memory. " Older ones lack some of the sentences.
void TakeFigures(ClusterNews& news) {
  const std::string& words = news.message;
  news.resource = Between(words, "low on resource: ", ".");
  news.threshold = BytesOf(Between(words, "Threshold quantity: ", ","));
  news.available = BytesOf(Between(words, "available: ", "."));
  news.container = Between(words, "Container ", " was using ");
  news.used = BytesOf(Between(words, " was using ", ","));
  news.request = BytesOf(Between(words, "request is ", ","));
}

// A kubelet under pressure says Evicted of pods that it does not let begin, too: "Pod was rejected: The node
// had condition: [MemoryPressure]. "
bool IsRejection(const std::string& message) {
  return message.find("The node had condition: ") != message.npos;
}

// What was frozen when it was written says more than what was added later.
const nlohmann::json* Disruption(const nlohmann::json& status) {
  for (const nlohmann::json& condition : Part(status, "conditions")) {
    if (Text(condition, "type") == "DisruptionTarget" && Text(condition, "status") == "True")
      return &condition;
  }
  return nullptr;
}

ClusterNews OfPod(const Pod& pod) {
  return {.node = pod.node,
          .pod_uid = pod.uid,
          .namespace_name = pod.namespace_name,
          .workload_id = fmt::format("{}/{}/{}", pod.namespace_name, pod.kind, pod.workload),
          .pod = pod.name};
}

bool IsOomKill(const nlohmann::json& status, const char* which) {
  return Text(Part(Part(status, which), "terminated"), "reason") == "OOMKilled";
}

void AddKills(const nlohmann::json& statuses, const Pod& pod, std::vector<ClusterNews>& found) {
  for (const nlohmann::json& status : statuses) {
    for (const char* which : {"lastState", "state"}) {
      if (!IsOomKill(status, which)) continue;
      const nlohmann::json& ended = Part(Part(status, which), "terminated");
      ClusterNews news = OfPod(pod);
      news.kind = kOutOfMemory;
      news.at = InstantOf(Text(ended, "finishedAt"));
      news.reason = "OOMKilled";
      news.container = Text(status, "name");
      const nlohmann::json& restarts = Part(status, "restartCount");
      news.message = fmt::format("container {} of pod {}, restarted {} times", news.container, pod.name,
                                 restarts.is_number_integer() ? restarts.get<std::int64_t>() : 0);
      found.push_back(std::move(news));
    }
  }
}

}  // namespace

std::vector<ClusterNews> NewsOfPod(const nlohmann::json& object) {
  std::vector<ClusterNews> found;
  const nlohmann::json& status = Part(object, "status");
  const nlohmann::json* disruption = Disruption(status);
  const bool evicted = Text(status, "reason") == "Evicted" && !IsRejection(Text(status, "message"));
  const bool killed = [&] {
    for (const char* statuses : {"initContainerStatuses", "containerStatuses"}) {
      for (const nlohmann::json& one : Part(status, statuses)) {
        if (IsOomKill(one, "state") || IsOomKill(one, "lastState")) return true;
      }
    }
    return false;
  }();
  if (!evicted && disruption == nullptr && !killed) return found;
  const std::optional<Pod> pod = ParsePod(object);
  if (!pod) return found;
  if (evicted || disruption != nullptr) {
    ClusterNews news = OfPod(*pod);
    news.kind = kPodStopped;
    news.reason = evicted ? "Evicted" : Text(*disruption, "reason");
    news.message = evicted ? Text(status, "message") : Text(*disruption, "message");
    news.at = disruption != nullptr ? InstantOf(Text(*disruption, "lastTransitionTime")) : Wall{};
    if (news.at == Wall{}) news.at = InstantOf(Text(status, "startTime"));
    TakeFigures(news);
    found.push_back(std::move(news));
  }
  AddKills(Part(status, "initContainerStatuses"), *pod, found);
  AddKills(Part(status, "containerStatuses"), *pod, found);
  return found;
}

std::optional<ContainerHeardOf> StartOf(const nlohmann::json& event) {
  const nlohmann::json& object = Part(event, "involvedObject");
  if (Text(event, "reason") != "Started" || Text(object, "kind") != "Pod") return std::nullopt;
  ContainerHeardOf heard{.pod_uid = Text(object, "uid"),
                         .namespace_name = Text(object, "namespace"),
                         .pod = Text(object, "name"),
                         .node = Text(Part(event, "source"), "host"),
                         // "spec.containers{app}"
                         .container = Between(Text(object, "fieldPath"), "{", "}")};
  if (heard.pod_uid.empty() || heard.pod.empty()) return std::nullopt;
  return heard;
}

std::optional<ClusterNews> NewsOfEvent(const nlohmann::json& event) {
  const std::string reason = Text(event, "reason");
  const bool evicted = reason == "Evicted";
  const bool node = reason == "EvictionThresholdMet";
  if (!evicted && !node && reason != "SystemOOM" && reason != "OOMKilling") return std::nullopt;
  const nlohmann::json& object = Part(event, "involvedObject");
  ClusterNews news{.kind = evicted ? kEvicted
                           : node  ? kNodeEvicts
                                   : kSystemOom,
                   .node = Text(Part(event, "source"), "host"),
                   .reason = reason,
                   .message = Text(event, "message")};
  news.at = LastTimeOf(event);
  if (evicted) {
    if (Text(object, "kind") != "Pod" || IsRejection(news.message)) return std::nullopt;
    news.pod_uid = Text(object, "uid");
    news.namespace_name = Text(object, "namespace");
    news.pod = Text(object, "name");
    if (news.pod_uid.empty()) return std::nullopt;
    TakeFigures(news);
  } else if (news.node.empty()) {
    news.node = Text(object, "name");
  }
  return news;
}

}  // namespace loadline::collector
