#include "collector/kube/cluster_uid.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "collector/kube_api/backoff.h"
#include "collector/kube_api/kube_client.h"
#include "schemas/base/json_fields.h"

namespace loadline::collector {
namespace {

Result<std::string> Ask(const KubeAccess& access, const Clock& clock, const std::stop_token& stop) {
  KubeClient api(access, clock, stop);
  Backoff backoff;
  for (;;) {
    const auto found = api.Do({.path = "/api/v1/namespaces/kube-system"});
    if (found) return Text(Part(*found, "metadata"), "uid");
    const bool later = found.error().kind == ErrorKind::kUnavailable;
    if (!later || !WaitUnlessStopped(backoff.Next(), stop)) return Failure(found.error());
  }
}

}  // namespace

// On a thread of its own: one request may take longer than there is patience.
Result<std::string> ClusterUid(const KubeAccess& access, const Clock& clock, Duration patience) {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Result<std::string>> uid;
  std::jthread asking([&](const std::stop_token& stop) {
    Result<std::string> answer = Ask(access, clock, stop);
    const std::lock_guard lock(mutex);
    uid = std::move(answer);
    changed.notify_all();
  });
  {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, patience, [&] { return uid.has_value(); });
  }
  asking.request_stop();
  asking.join();
  return *std::move(uid);
}

}  // namespace loadline::collector
