#include "collector/kube/in_place.h"

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "collector/kube_api/kube_client.h"
#include "collector/kube_objects/event_body.h"

namespace loadline::collector {
namespace {

// Orders are few; when the API server is away they are worked out anew.
constexpr std::size_t kMaxTasks = 1000;
constexpr const char* kOptedIn = "in-place";

std::string NamespaceOf(const std::string& workload_id) {
  return workload_id.substr(0, workload_id.find('/'));
}

}  // namespace

InPlace::InPlace(KubeAccess access, const Clock& clock, const WorkloadObjects& workloads)
    : access_(std::move(access)),
      clock_(clock),
      workloads_(workloads),
      working_([this](const std::stop_token& stop) { Work(stop); }) {}

InPlace::~InPlace() {
  working_.request_stop();
}

std::map<std::string, std::vector<SizablePod>> InPlace::OptedIn() const {
  std::map<std::string, std::vector<SizablePod>> all;
  workloads_.ForEach([&](const WorkloadObject& workload) {
    if (workload.apply == kOptedIn) all.try_emplace(workload.Id());
  });
  if (all.empty()) return all;
  pods_.ForEach([&](const std::string&, const SizablePod& pod) {
    if (const auto it = all.find(pod.workload_id); it != all.end()) it->second.push_back(pod);
  });
  return all;
}

std::optional<SizablePod> InPlace::OptedIn(const std::string& workload_id, const std::string& pod) const {
  if (!synced()) return std::nullopt;
  const std::optional<WorkloadObject> workload = Find(workload_id);
  if (!workload || workload->apply != kOptedIn) return std::nullopt;
  std::optional<SizablePod> found = pods_.Find(workload->namespace_name + "/" + pod);
  return found && found->workload_id == workload_id ? found : std::nullopt;
}

template <typename Task>
void InPlace::Add(std::deque<Task>& tasks, Task task) {
  const std::lock_guard lock(mutex_);
  if (tasks.size() >= kMaxTasks) return;
  tasks.push_back(std::move(task));
  more_.notify_one();
}

void InPlace::Order(ResizeOrder order) {
  Add(orders_, std::move(order));
}

void InPlace::Tell(const ApplyNews& news) {
  Add(news_, news);
}

std::vector<RefusedOrder> InPlace::TakeRefused() {
  const std::lock_guard lock(mutex_);
  return std::exchange(refused_, {});
}

void InPlace::Work(const std::stop_token& stop) {
  KubeClient api(access_, clock_, stop);
  while (!stop.stop_requested()) {
    std::unique_lock lock(mutex_);
    if (!more_.wait(lock, stop, [this] { return !orders_.empty() || !news_.empty(); })) return;
    // What is ordered may be a matter of seconds; what is told of it is not.
    if (!orders_.empty()) {
      const ResizeOrder order = std::move(orders_.front());
      orders_.pop_front();
      lock.unlock();
      Carry(api, order);
    } else {
      const ApplyNews news = std::move(news_.front());
      news_.pop_front();
      lock.unlock();
      Post(api, news);
    }
  }
}

void InPlace::Carry(KubeClient& api, const ResizeOrder& order) {
  auto done = api.Do(
      {.method = "PATCH",
       .path = fmt::format("/api/v1/namespaces/{}/pods/{}/resize", NamespaceOf(order.workload_id), order.pod),
       .body = ResizePatch(order.pod_uid, order.size),
       .content_type = kStrategicPatch});
  if (done) return;
  spdlog::warn("kubernetes: resizing pod {}/{}: {}", NamespaceOf(order.workload_id), order.pod,
               done.error().message);
  const std::lock_guard lock(mutex_);
  refused_.push_back({order, done.error().message});
}

std::optional<WorkloadObject> InPlace::Find(const std::string& workload_id) const {
  std::optional<WorkloadObject> found;
  workloads_.ForEach([&](const WorkloadObject& workload) {
    if (workload.Id() == workload_id) found = workload;
  });
  return found;
}

void InPlace::Post(KubeClient& api, const ApplyNews& news) {
  const std::optional<WorkloadObject> workload = Find(news.workload_id);
  if (!workload) return;
  const bool good = news.kind == ApplyNews::Kind::kBegun || news.kind == ApplyNews::Kind::kDone ||
                    news.kind == ApplyNews::Kind::kRaised;
  const EventOfOurs event{.api_version = "apps/v1",
                          .kind = workload->kind,
                          .namespace_name = workload->namespace_name,
                          .name = workload->name,
                          .uid = workload->uid,
                          .reason = Name(news.kind),
                          .message = news.text,
                          .warning = !good};
  auto done =
      api.Do({.method = "POST", .path = EventPath(event), .body = EventBody(event, clock_.WallNow())});
  if (!done) spdlog::warn("kubernetes: an event of {}: {}", news.workload_id, done.error().message);
}

}  // namespace loadline::collector
