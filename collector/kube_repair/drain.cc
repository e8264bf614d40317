#include "collector/kube_repair/drain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "collector/http/http_client.h"
#include "collector/kube_api/list.h"

namespace loadline::collector {
namespace {

// More than anybody reads in one line.
constexpr std::size_t kNamed = 5;

std::string PathOf(const NodePod& pod) {
  return fmt::format("/api/v1/namespaces/{}/pods/{}", pod.namespace_name, pod.name);
}

// Another pod of the same name is not meant.
nlohmann::json OnlyThis(const NodePod& pod) {
  return {{"preconditions", {{"uid", pod.uid}}}};
}

std::string Counted(std::size_t count) {
  return fmt::format("{} pod{}", count, count == 1 ? "" : "s");
}

std::string Named(const std::vector<std::string>& all) {
  const std::size_t named = std::min(all.size(), kNamed);
  const std::string some =
      fmt::format("{}", fmt::join(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(named), "; "));
  return all.size() > named ? fmt::format("{}; and {} more", some, all.size() - named) : some;
}

bool ToGo(const NodePod& pod) {
  return pod.fate == PodFate::kEvicted;
}

// Those that nobody may take, each with its reason.
std::vector<std::string> Held(const std::vector<NodePod>& pods) {
  std::vector<std::string> held;
  for (const NodePod& pod : pods) {
    if (pod.fate == PodFate::kHeld) held.push_back(fmt::format("{}: {}", pod.Id(), pod.why));
  }
  return held;
}

}  // namespace

Result<std::vector<NodePod>> PodsOf(KubeClient& api, const std::string& node, const DrainPermits& permits) {
  std::vector<NodePod> pods;
  const auto listed = ListAll(
      api, {.path = "/api/v1/pods", .selector = "&fieldSelector=" + UrlEncode("spec.nodeName=" + node)},
      [&](const nlohmann::json& pod) { pods.push_back(ParseNodePod(pod, permits)); });
  if (!listed) return Failure(listed.error());
  if (listed->expired)
    return Failure(ErrorKind::kUnavailable, "the list of its pods changed while it was read");
  return pods;
}

Result<OrderNews> Drain::Look(KubeClient& api, Mono now) {
  const Result<std::vector<NodePod>> pods = PodsOf(api, node_, permits_);
  if (!pods) return Failure(pods.error());
  if (std::ranges::none_of(*pods, ToGo)) {
    const std::vector<std::string> held = Held(*pods);
    const std::string evicted = fmt::format("{} evicted", Counted(asked_.size()));
    if (held.empty()) return OrderNews{OrderState::kDone, evicted};
    return OrderNews{OrderState::kFailed,
                     fmt::format("{}, {} not: {}", evicted, Counted(held.size()), Named(held))};
  }
  if (now >= deadline_) return Late(*pods);
  for (const NodePod& pod : *pods) {
    if (ToGo(pod) && !pod.ending) Evict(api, pod);
  }
  return OrderNews{OrderState::kUnderWay, ""};
}

void Drain::Evict(KubeClient& api, const NodePod& pod) {
  const auto answer =
      api.Send({.method = "POST",
                .path = PathOf(pod) + "/eviction",
                .body = {{"apiVersion", "policy/v1"},
                         {"kind", "Eviction"},
                         {"metadata", {{"name", pod.name}, {"namespace", pod.namespace_name}}},
                         {"deleteOptions", OnlyThis(pod)}},
                .once = true});
  if (answer && (answer->ok() || answer->status == 404)) {
    asked_.insert(pod.uid);
    refusals_.erase(pod.uid);
  } else {
    refusals_[pod.uid] = answer ? ErrorOf(*answer).message : answer.error().message;
  }
}

OrderNews Drain::Late(const std::vector<NodePod>& left) const {
  std::vector<std::string> words = Held(left);
  for (const NodePod& pod : left) {
    if (!ToGo(pod)) continue;
    const auto refusal = refusals_.find(pod.uid);
    words.push_back(
        fmt::format("{}: {}", pod.Id(), refusal != refusals_.end() ? refusal->second : "it is still ending"));
  }
  return {OrderState::kFailed,
          fmt::format("{} left at the deadline: {}", Counted(words.size()), Named(words))};
}

Result<OrderNews> ForgetPods(KubeClient& api, const std::string& node, const DrainPermits& permits) {
  // What was kept on the node is not lost by this.
  const Result<std::vector<NodePod>> pods =
      PodsOf(api, node, {.unmanaged = permits.unmanaged, .local_data = true});
  if (!pods) return Failure(pods.error());
  std::size_t deleted = 0;
  for (const NodePod& pod : *pods) {
    if (!ToGo(pod) || (pod.unmanaged && !permits.unmanaged)) continue;
    nlohmann::json options = OnlyThis(pod);
    options["gracePeriodSeconds"] = 0;
    const auto answer = api.Do({.method = "DELETE", .path = PathOf(pod), .body = std::move(options)});
    if (!answer && answer.error().kind != ErrorKind::kNotFound) return Failure(answer.error().In(pod.Id()));
    ++deleted;
  }
  const std::vector<std::string> held = Held(*pods);
  const std::string words = fmt::format("{} deleted at the API server", Counted(deleted));
  return OrderNews{
      OrderState::kDone,
      held.empty() ? words : fmt::format("{}, {} not: {}", words, Counted(held.size()), Named(held))};
}

}  // namespace loadline::collector
