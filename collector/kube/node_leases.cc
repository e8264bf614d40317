#include "collector/kube/node_leases.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "collector/http/http_client.h"
#include "schemas/base/json_fields.h"
#include "schemas/base/prompt_thread.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr Duration kAnswerWithin = 3s;
constexpr Duration kBetween = 50ms;
constexpr Duration kLongestWait = 1s;
// A permission may be given any time.
constexpr Duration kDeniedFor = 1min;

}  // namespace

NodeLeases::NodeLeases(KubeAccess access, const Clock& clock)
    : access_(std::move(access)),
      clock_(clock),
      asking_([this](const std::stop_token& stop) { Run(stop); }) {}

NodeLeases::~NodeLeases() {
  asking_.request_stop();
}

void NodeLeases::Doubt(const std::set<std::string, std::less<>>& nodes) {
  bool more = false;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(doubted_, [&](const auto& known) { return !nodes.contains(known.first); });
    const Mono now = clock_.Now();
    for (const std::string& node : nodes) more = doubted_.try_emplace(node, now).second || more;
  }
  if (more) changed_.notify_one();
}

std::optional<LeaseWitness> NodeLeases::Of(std::string_view node) const {
  const std::lock_guard lock(mutex_);
  const auto found = doubted_.find(node);
  if (found == doubted_.end() || denied_) return std::nullopt;
  return found->second.witness();
}

void NodeLeases::Run(const std::stop_token& stop) {
  BePrompt("leases");
  KubeClient api(access_, clock_, stop);
  while (!stop.stop_requested()) {
    const std::string node = NextDue(stop);
    if (node.empty()) continue;
    Ask(api, node);
    WaitUnlessStopped(kBetween, stop);
  }
}

std::string NodeLeases::NextDue(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const Mono now = clock_.Now();
  const auto first =
      std::ranges::min_element(doubted_, {}, [](const auto& one) { return one.second.next(); });
  Mono due = first != doubted_.end() ? first->second.next() : now + kLongestWait;
  if (denied_) due = std::max(due, asks_again_);
  if (due <= now && first != doubted_.end()) return first->first;
  changed_.wait_for(lock, stop, std::min<Duration>(due - now, kLongestWait), [] { return false; });
  return {};
}

void NodeLeases::Ask(KubeClient& api, const std::string& node) {
  const Mono asked = clock_.Now();
  const auto answer =
      api.Send({.path = fmt::format("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{}",
                                    UrlEncode(node)),
                .once = true,
                .timeout = kAnswerWithin});
  const bool there = answer && answer->ok();
  const bool missing = answer && answer->status == 404;
  const bool denied = answer && (answer->status == 401 || answer->status == 403);
  if (there || missing || denied) NoteDenied(denied, denied ? ErrorOf(*answer).message : "");
  const std::lock_guard lock(mutex_);
  const auto found = doubted_.find(node);
  if (found == doubted_.end()) return;
  if (there || missing)
    found->second.Answered(there ? Text(Part(answer->body, "spec"), "renewTime") : "", asked);
  else
    found->second.Failed(asked);
}

void NodeLeases::NoteDenied(bool denied, const std::string& words) {
  const std::lock_guard lock(mutex_);
  asks_again_ = clock_.Now() + kDeniedFor;
  if (std::exchange(denied_, denied) == denied) return;
  if (denied)
    spdlog::warn("kubernetes: the Leases of nodes cannot be asked for: {}", words);
  else
    spdlog::info("kubernetes: the Leases of nodes can be asked for");
}

}  // namespace loadline::collector
