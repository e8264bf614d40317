#include "collector/kube_repair/node_steps.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "collector/kube_api/list.h"
#include "collector/kube_objects/event_body.h"
#include "collector/kube_repair/node_change.h"
#include "schemas/base/json_fields.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

constexpr std::string_view kAccount = "system:serviceaccount:";

OrderNews Done(std::string words) {
  return {OrderState::kDone, std::move(words)};
}

OrderNews Failed(std::string words) {
  return {OrderState::kFailed, std::move(words)};
}

// "LoadlineCordon"
std::string EventReason(RepairStep step) {
  std::string reason = "Loadline";
  bool begins = true;
  for (const char* at = Name(step); *at != '\0'; ++at) {
    if (*at != ' ') reason += begins ? static_cast<char>(*at - 'a' + 'A') : *at;
    begins = *at == ' ';
  }
  return reason;
}

}  // namespace

std::set<RepairStep> StepsOf(const NodeStepsOptions& options) {
  using enum RepairStep;
  switch (options.by) {
    case RepairBy::kKubernetes:
      return {kRestartAgent, kCordon, kDrain};
    case RepairBy::kAks:
      if (!options.aks.instances) return {kRestartAgent, kCordon, kDrain, kReplace};
      break;
    case RepairBy::kWebhook:
      break;
    case RepairBy::kCondition:
      return {kCordon, kDrain, kReboot, kReimage, kReplace};
  }
  return {kRestartAgent, kCordon, kDrain, kReboot, kReimage, kReplace};
}

Result<OrderNews> NodeSteps::Make(const RepairIntent& order, Progress& progress) {
  const bool taken_back = order.step == RepairStep::kUncordon;
  if (options_.by == RepairBy::kCondition) return taken_back ? Unsay(order) : Say(order);
  if (IsPosted(order.step)) return Hand(order, progress);
  if (IsAzures(order.step)) return aks_.Make(order, progress.aks);
  switch (order.step) {
    case RepairStep::kRestartAgent:
      return RestartAgent(order);
    case RepairStep::kCordon:
      return Cordon(order);
    case RepairStep::kDrain:
      return order.trouble == NodeTrouble::kGone ? GiveUp(order) : DrainOf(order, progress);
    case RepairStep::kUncordon:
      return Uncordon(order);
    case RepairStep::kReboot:
    case RepairStep::kReimage:
    case RepairStep::kReplace:
    case RepairStep::kPage:
      break;
  }
  return Failed(fmt::format("Kubernetes cannot {}", Name(order.step)));
}

Result<OrderNews> NodeSteps::AskAfter(const RepairIntent& order, Progress& progress) {
  if (IsPosted(order.step)) return webhook_.AskAfter(order, progress.webhook);
  if (IsAzures(order.step)) return aks_.AskAfter(order, progress.aks);
  const Result<json> node = nodes_.Get(order.node);
  if (!node) return Failure(node.error());
  if (LastOrderOf(*node) == order.id) return Done("done before the collector started again, or stood by");
  return OrderNews{OrderState::kNotBegun, ""};
}

Result<OrderNews> NodeSteps::Cordon(const RepairIntent& order) {
  if (auto done = nodes_.Patch(order.node, CordonPatch(order.id)); !done) return Failure(done.error());
  return Done("");
}

Result<OrderNews> NodeSteps::Uncordon(const RepairIntent& order) {
  const Result<json> node = nodes_.Get(order.node);
  if (!node) return Failure(node.error());
  if (auto done = nodes_.Patch(order.node, UncordonPatch(*node, order.id)); !done)
    return Failure(done.error());
  return Done("");
}

// Its DaemonSet makes another one.
Result<OrderNews> NodeSteps::RestartAgent(const RepairIntent& order) {
  const std::string_view account = options_.agent_account;
  const std::size_t colon = account.rfind(':');
  if (!account.starts_with(kAccount) || colon < kAccount.size())
    return Failed("its pod is not known: kubernetes.agent_account");
  const std::string_view space = account.substr(kAccount.size(), colon - kAccount.size());
  const std::string pods = fmt::format("/api/v1/namespaces/{}/pods", space);
  const std::string selector = UrlEncode(
      fmt::format("spec.nodeName={},spec.serviceAccountName={}", order.node, account.substr(colon + 1)));
  std::vector<std::string> names;
  const auto listed = ListAll(api_, {.path = pods, .selector = "&fieldSelector=" + selector},
                              [&](const json& pod) { names.push_back(Text(Part(pod, "metadata"), "name")); });
  if (!listed) return Failure(listed.error());
  if (names.empty()) return Failed("no pod of the agent is there");
  for (const std::string& name : names) {
    const auto deleted = api_.Do({.method = "DELETE", .path = fmt::format("{}/{}", pods, name)});
    if (!deleted && deleted.error().kind != ErrorKind::kNotFound) return Failure(deleted.error());
  }
  if (auto kept = nodes_.Patch(order.node, LastOrderPatch(order.id)); !kept) return Failure(kept.error());
  return Done(fmt::format("deleted {}", names.front()));
}

Result<OrderNews> NodeSteps::DrainOf(const RepairIntent& order, Progress& progress) {
  if (!progress.drain) {
    progress.drain =
        std::make_unique<Drain>(order.node, options_.permits, clock_.Now() + options_.drain_within);
  }
  Result<OrderNews> news = progress.drain->Look(api_, clock_.Now());
  if (news && news->state == OrderState::kDone) {
    if (auto kept = nodes_.Patch(order.node, LastOrderPatch(order.id)); !kept) return Failure(kept.error());
  }
  return news;
}

// Of a node whose machine does not run: what it held is freed for others.
Result<OrderNews> NodeSteps::GiveUp(const RepairIntent& order) {
  const Result<json> node = nodes_.Get(order.node);
  if (!node) return Failure(node.error());
  if (auto done = nodes_.Patch(order.node,
                               WithTaint(*node, {kOutOfService, "nodeshutdown", TaintEffect::kNoExecute}));
      !done)
    return Failure(done.error());
  Result<OrderNews> news = ForgetPods(api_, order.node, options_.permits);
  if (!news) return news;
  if (auto kept = nodes_.Patch(order.node, LastOrderPatch(order.id)); !kept) return Failure(kept.error());
  return news;
}

// ---- executor `condition`

Result<OrderNews> NodeSteps::Say(const RepairIntent& order) {
  if (order.step == RepairStep::kCordon) {
    const Result<json> node = nodes_.Get(order.node);
    if (!node) return Failure(node.error());
    const Taint taint{kUnhealthyTaint, "", TaintEffect::kNoSchedule};
    if (auto done = nodes_.Patch(order.node, WithTaint(*node, taint)); !done) return Failure(done.error());
  }
  if (auto done = nodes_.PatchStatus(order.node, NeedsRepairPatch(order, clock_.WallNow())); !done)
    return Failure(done.error());
  return Done(fmt::format("said in its condition {}", kRepairCondition));
}

Result<OrderNews> NodeSteps::Unsay(const RepairIntent& order) {
  const Result<json> node = nodes_.Get(order.node);
  if (!node) return Failure(node.error());
  if (auto done = nodes_.Patch(order.node, WithoutTaint(*node, kUnhealthyTaint)); !done)
    return Failure(done.error());
  if (auto done = nodes_.PatchStatus(order.node, NoLongerPatch(order.id, clock_.WallNow())); !done)
    return Failure(done.error());
  return Done("");
}

// ---- executor `webhook`

bool NodeSteps::IsPosted(RepairStep step) const {
  if (options_.by != RepairBy::kWebhook) return false;
  return !options_.webhook.machines_only || Destroys(step);
}

Result<OrderNews> NodeSteps::Hand(const RepairIntent& order, Progress& progress) {
  std::string provider_id;
  if (!progress.webhook.taken) {
    const Result<json> node = nodes_.Get(order.node);
    if (!node && node.error().kind != ErrorKind::kNotFound) return Failure(node.error());
    if (node) provider_id = Text(Part(*node, "spec"), "providerID");
    if (auto may = api_.MayChange(); !may) return Failure(may.error());
  }
  return webhook_.Make(order, provider_id, progress.webhook);
}

// ---- executor `aks`

bool NodeSteps::IsAzures(RepairStep step) const {
  return options_.by == RepairBy::kAks && Destroys(step);
}

// ----

void NodeSteps::Post(const RepairIntent& order, const OrderNews& news) {
  const bool failed = news.state != OrderState::kDone;
  const EventOfOurs event{
      .api_version = "v1",
      .kind = "Node",
      .name = order.node,
      .uid = order.node,  // as the kubelet's Events of a node have it
      .reason = EventReason(order.step),
      .message = fmt::format("{}{}{}", order.reason, news.detail.empty() ? "" : ": ", news.detail),
      .warning = failed || order.step != RepairStep::kUncordon};
  const auto done =
      api_.Do({.method = "POST", .path = EventPath(event), .body = EventBody(event, clock_.WallNow())});
  if (!done) spdlog::warn("kubernetes: an event of node {}: {}", order.node, done.error().message);
}

}  // namespace loadline::collector
