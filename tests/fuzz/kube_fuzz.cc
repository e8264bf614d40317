// What the API server answers, and what people put into objects that it hands on.
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>

#include "collector/azure/arm_change.h"
#include "collector/kube/token_review.h"
#include "collector/kube_api/access.h"
#include "collector/kube_api/bearer.h"
#include "collector/kube_api/kube_client.h"
#include "collector/kube_api/list.h"
#include "collector/kube_objects/cluster_objects.h"
#include "collector/kube_objects/fault_objects.h"
#include "collector/kube_objects/metered_pod.h"
#include "collector/kube_objects/pod.h"
#include "collector/kube_objects/pod_metrics.h"
#include "collector/kube_objects/pod_news.h"
#include "collector/kube_objects/quantity.h"
#include "collector/kube_objects/sizable_pod.h"
#include "collector/kube_objects/workload_objects.h"
#include "collector/kube_repair/aks_machine.h"
#include "collector/kube_repair/node_change.h"
#include "collector/kube_repair/repairs_on_lease.h"
#include "collector/kube_vpa/vpa.h"
#include "collector/kube_vpa/vpa_checkpoint.h"
#include "collector/usage/container_usage.h"
#include "schemas/base/foreign_json.h"
#include "tests/fuzz/canned_http.h"
#include "tests/fuzz/readers.h"
#include "tests/support/saved_usage.h"
#include "tests/support/temporary_folder.h"

namespace loadline::fuzz {
namespace {

using namespace collector;
using nlohmann::json;

const Wall kNow = Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});

void RequireAmounts(const Amounts& amounts) {
  Require(amounts.cpu >= 0 && amounts.memory >= 0);
}

void Checkpoint(const json& object) {
  const auto parsed = ParseVpaCheckpoint(object);
  if (!parsed) return Require(!parsed.error().message.empty());
  // Instants are written in whole seconds: from the second writing on nothing changes.
  const json document = CheckpointDocument(*parsed, kNow);
  const auto again = ParseVpaCheckpoint(document);
  Require(again.has_value() && CheckpointDocument(*again, kNow) == document);
  const auto usage = ContainerUsage::FromCheckpoint(parsed->data);
  if (!usage) return Require(!usage.error().message.empty());
  for (const double share : {0.5, 0.95, 1.0}) {
    Require(std::isfinite(usage->vpa().cpu().Percentile(share)));
    Require(std::isfinite(usage->cpu().minutes().Quantile(share)));
  }
  Require(test::LoadedUsage(test::SavedUsage(*usage)).has_value());
}

void PodObject(const json& object) {
  if (const auto pod = ParsePod(object)) Require(!pod->uid.empty() && !pod->name.empty());
  if (const auto pod = ParseSizablePod(object)) {
    for (const ContainerSize& size : pod->wanted) RequireAmounts(size.request), RequireAmounts(size.limit);
    (void)ResizePatch(pod->uid, pod->given).dump();
  }
  if (const auto pod = ParseMeteredPod(object)) {
    MetricsReports reports(Wall{});
    (void)reports.Kills(*pod);
    const auto metrics = ParsePodMetrics(object);
    if (metrics)
      (void)reports.Report({*metrics}, [&](const auto&) { return pod; }, kNow, std::chrono::minutes(1));
  }
  if (const auto pending = ParsePendingPod(object)) Require(pending->cpu >= 0 && pending->memory >= 0);
  for (const ClusterNews& news : NewsOfPod(object)) Require(news.threshold >= 0 && news.used >= 0);
}

// A request acts on one machine, or none is made.
void Machine(const json& node) {
  static const ArmId cluster =
      ArmId::Parse("/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c")
          .value();
  (void)OperationOf(node);
  const auto machine = AksMachineOf(node, cluster);
  if (!machine) return Require(!machine.error().message.empty());
  const auto restart = AksRequestOf(RepairStep::kReboot, *machine, cluster);
  Require(!restart || EqualNames(ArmId::Parse(machine->instance)->type(), "virtualMachines"));
  const auto replace = AksRequestOf(RepairStep::kReplace, *machine, cluster);
  Require(!replace || ParseForeign(replace->body)["machineNames"].size() == 1);
}

void NodeAndRules(const json& object) {
  Machine(object);
  if (const auto node = ParseNode(object)) RequireAmounts(node->allocatable);
  (void)ParseFaultyNode(object);
  if (const auto scaler = ParseHorizontalAutoscaler(object)) {
    for (const auto& target : scaler->targets) Require(std::isfinite(target.target_utilization));
  }
  if (const auto range = ParseLimitRange(object)) RequireAmounts(range->container.most);
  if (const auto quota = ParseQuota(object))
    Require(quota->cpu_left.value_or(0) >= 0 && quota->memory_left.value_or(0) >= 0);
  if (const auto budget = ParseDisruptionBudget(object)) (void)budget->selector.Matches({{"app", "cart"}});
  (void)ParseWorkloadObject(object, "Deployment");
}

// Whatever it is, every reader of objects gets it.
void Object(std::string_view text) {
  const json object = ParseForeign(text);
  if (object.is_discarded()) return;
  PodObject(object);
  NodeAndRules(object);
  (void)NewsOfEvent(object);
  (void)StartOf(object);
  if (const auto vpa = ParseVpa(object)) {
    Require(vpa == ParseVpa(object));
    (void)StatusOf(*vpa, nullptr, kNow).dump();
  }
  if (const auto metrics = ParsePodMetrics(object)) {
    for (const PodMetrics::Usage& usage : metrics->containers)
      Require(std::isfinite(usage.cores) && usage.cores >= 0 && usage.working_set >= 0);
  }
  Checkpoint(object);
  const auto node = NodeOfReview(object, {.audience = "loadline", .service_account = {}, .node_of_pod = {}});
  Require(!node || !node->empty());
}

void QuantityText(std::string_view text) {
  for (const auto amount : {ParseMilli(text), ParseNano(text), ParseWhole(text)})
    Require(amount.value_or(0) >= 0);
}

void Answers(std::string_view text) {
  Answer(text);
  const SystemClock clock;
  // Whoever is told to come later comes at once, for nobody waits here.
  std::stop_source stopped;
  stopped.request_stop();
  KubeClient api({.server = "https://kube", .token = "t"}, clock, stopped.get_token());
  if (const auto answer = api.Send({.path = "/api"}); answer && !answer->ok())
    Require(!ErrorOf(*answer).message.empty());
  (void)api.Stream(
      {.path = "/watch"}, [](std::string_view line) { return !ParseForeign(line).is_discarded(); }, [] {});
  (void)ListAll(api, {.path = "/api/v1/pods"}, [](const json& item) { (void)ParsePod(item); });
}

void AzureAnswer(std::string_view text) {
  Answer(text);
  const SystemClock clock;
  ArmChanges changes(AzureClient(nullptr, "", clock), "https://azure", clock);
  for (const ArmNews& news :
       {changes.Begin("/x", "{}", {}), changes.Look("https://azure/operations/1", {})}) {
    Require(news.operation.empty() || news.operation.starts_with("https://azure/"));
    Require(news.words.size() < 1000 && news.wait <= std::chrono::minutes(5));
  }
}

void PluginAnswer(std::string_view text) {
  const auto token = ParseExecCredential(text);
  Require(!token || !token->token.empty());
}

void Kubeconfig(std::string_view text) {
  static const TemporaryFolder folder;
  const std::filesystem::path file = std::filesystem::path(folder.path()) / "config";
  std::ofstream(file, std::ios::binary) << text;
  const auto access = ReadKubeconfig(file);
  Require(!access || (!access->server.empty() && !access->server.ends_with('/')));
}

void RepairsOnALease(std::string_view text) {
  const std::vector<RecordedRepair> repairs = ReadRepairs(text);
  Require(repairs.size() <= kMostOnLease);
  // Names that are no text come back as text.
  Require(ReadRepairs(RepairsText(repairs)).size() == repairs.size());
}

constexpr std::array<Reader, 7> kReaders = {Object,     QuantityText, Answers,        PluginAnswer,
                                            Kubeconfig, AzureAnswer,  RepairsOnALease};

}  // namespace

std::span<const Reader> Readers() {
  return kReaders;
}

}  // namespace loadline::fuzz
