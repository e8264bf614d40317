#include "collector/kube_repair/aks_steps.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "collector/kube_api/list.h"
#include "collector/kube_repair/node_change.h"
#include "schemas/base/json_fields.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

// AKS wants two for the cluster's own pods.
constexpr int kSystemNodes = 2;

AzureClient ClientOf(const AksOptions& options, const Clock& clock) {
  return {std::make_shared<AzureTokens>(options.credential, clock), options.endpoint + "/.default", clock};
}

OrderNews Failed(std::string words) {
  return {OrderState::kFailed, std::move(words)};
}

bool IsGone(const Result<json>& node) {
  return !node && node.error().kind == ErrorKind::kNotFound;
}

}  // namespace

AksSteps::AksSteps(KubeClient& api, const AksOptions& options, const Clock& clock, std::stop_token stop)
    : api_(api),
      nodes_(api),
      options_(options),
      clock_(clock),
      stop_(std::move(stop)),
      cluster_(ArmId::Parse(options.cluster)),
      changes_(ClientOf(options, clock), options.endpoint, clock) {}

Result<OrderNews> AksSteps::Make(const RepairIntent& order, Progress& progress) {
  if (!progress.begun) progress.begun = clock_.Now();
  if (Waits(progress)) return OrderNews{OrderState::kUnderWay, progress.words};
  if (!progress.operation.empty()) return Look(order, progress);
  if (IsLate(progress)) {
    return OrderNews{progress.perhaps_begun ? OrderState::kUnclear : OrderState::kFailed,
                     fmt::format("put off until its deadline: {}", progress.words)};
  }
  return First(order, progress);
}

Result<OrderNews> AksSteps::First(const RepairIntent& order, Progress& progress) {
  const Result<json> node = nodes_.Get(order.node);
  if (IsGone(node)) return Gone(order);
  if (!node) return Failure(node.error());
  if (!cluster_) return Failed("repair.aks_cluster is no cluster's resource id");
  const Result<AksMachine> machine = AksMachineOf(*node, *cluster_);
  if (!machine) return Failed(machine.error().message);
  const Result<AksRequest> request = AksRequestOf(order.step, *machine, *cluster_);
  if (!request) return Failed(request.error().message);
  if (order.step == RepairStep::kReplace) {
    if (auto may = CheckPool(*machine); !may) {
      if (may.error().kind == ErrorKind::kInvalid) return Failed(may.error().message);
      return Failure(may.error());
    }
  }
  if (auto kept = nodes_.Patch(order.node, OperationPatch(order.id, "")); !kept) return Failure(kept.error());
  return Taken(order, changes_.Begin(request->path, request->body, stop_), progress);
}

OrderNews AksSteps::Taken(const RepairIntent& order, ArmNews news, Progress& progress) {
  progress.words = std::move(news.words);
  progress.next = clock_.Now() + news.wait;
  // A machine is deleted once, however often that is asked for.
  if (news.state == ArmState::kUnclear && order.step == RepairStep::kReplace) {
    progress.perhaps_begun = true;
    return {OrderState::kUnderWay, progress.words};
  }
  switch (news.state) {
    case ArmState::kRunning:
      progress.operation = std::move(news.operation);
      Keep(order.node, OperationPatch(order.id, progress.operation));
      return {OrderState::kUnderWay, progress.words};
    case ArmState::kDone:
      return Done(order);
    case ArmState::kUnclear:
      return {OrderState::kUnclear, progress.words};
    case ArmState::kLater:
    case ArmState::kRefused:
    case ArmState::kFailed:
      break;
  }
  const bool later = news.state == ArmState::kLater;
  // What was heard the first time may be refused because it is done.
  if (progress.perhaps_begun) return {later ? OrderState::kUnderWay : OrderState::kUnclear, progress.words};
  Keep(order.node, NoOperationPatch());
  return {later ? OrderState::kUnderWay : OrderState::kFailed, progress.words};
}

OrderNews AksSteps::Look(const RepairIntent& order, Progress& progress) {
  ArmNews news = changes_.Look(progress.operation, stop_);
  if (news.state == ArmState::kRunning && IsLate(progress))
    return {OrderState::kUnclear, "not over by its deadline"};
  progress.words = std::move(news.words);
  progress.next = clock_.Now() + news.wait;
  switch (news.state) {
    case ArmState::kDone:
      return Done(order);
    case ArmState::kFailed:
      return Failed(progress.words);
    case ArmState::kUnclear:
    case ArmState::kRefused:
      return {OrderState::kUnclear, progress.words};
    case ArmState::kRunning:
    case ArmState::kLater:
      break;
  }
  return {OrderState::kUnderWay, progress.words};
}

Result<OrderNews> AksSteps::AskAfter(const RepairIntent& order, Progress& progress) {
  if (!progress.begun) progress.begun = clock_.Now();
  if (Waits(progress)) return OrderNews{OrderState::kUnderWay, progress.words};
  if (!progress.operation.empty()) return Look(order, progress);
  const Result<json> node = nodes_.Get(order.node);
  if (IsGone(node)) return Gone(order);
  if (!node) return Failure(node.error());
  if (LastOrderOf(*node) == order.id)
    return OrderNews{OrderState::kDone, "done before the collector started again, or stood by"};
  const OperationUnderWay under_way = OperationOf(*node);
  if (under_way.order_id != order.id) return OrderNews{OrderState::kNotBegun, ""};
  if (under_way.url.empty()) {
    return OrderNews{OrderState::kUnclear,
                     "the collector ended while Azure was asked: the activity log of the cluster has it"};
  }
  progress.operation = under_way.url;
  return Look(order, progress);
}

OrderNews AksSteps::Done(const RepairIntent& order) {
  Keep(order.node, DonePatch(order.id));
  return {OrderState::kDone,
          order.step == RepairStep::kReplace
              ? "its machine is deleted: its pool has one less until somebody, or an autoscaler, "
                "adds one"
              : ""};
}

// What Azure has begun goes on though it cannot be written down: this process knows of it, and a later one asks Azure again.
void AksSteps::Keep(const std::string& node, json patch) {
  const auto kept = nodes_.Patch(node, std::move(patch));
  if (!kept && kept.error().kind != ErrorKind::kNotFound)
    spdlog::warn("kubernetes: node {}: {}", node, kept.error().message);
}

OrderNews AksSteps::Gone(const RepairIntent& order) {
  const bool deleted = order.step == RepairStep::kReplace;
  return {deleted ? OrderState::kDone : OrderState::kUnclear, "the cluster has no such node any more"};
}

// The envelope knows nothing of what AKS needs to run the cluster.
Result<void> AksSteps::CheckPool(const AksMachine& machine) {
  if (!machine.system) return {};
  int nodes = 0;
  const std::string selector = "&labelSelector=" + UrlEncode("kubernetes.azure.com/mode=system");
  const auto listed =
      ListAll(api_, {.path = "/api/v1/nodes", .selector = selector}, [&](const json&) { ++nodes; });
  if (!listed) return Failure(listed.error());
  if (nodes > kSystemNodes) return {};
  return Failure(
      ErrorKind::kInvalid,
      fmt::format("it is of the last {} nodes of system pools, which are not deleted", kSystemNodes));
}

}  // namespace loadline::collector
