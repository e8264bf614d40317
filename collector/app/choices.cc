#include "collector/app/choices.h"

#include <utility>

#include "collector/app/cluster_name.h"
#include "collector/app/doors.h"
#include "collector/app/telling.h"
#include "collector/recommend/prices.h"
#include "collector/sink/sink_kind.h"

namespace loadline::collector {
namespace {

Result<void> ChooseAlgorithms(const RecommendConfig& config, Choices& choices) {
  Result<std::unique_ptr<Algorithm>> algorithm = MakeAlgorithm(config.algorithm);
  if (!algorithm) return Failure(algorithm.error().In("recommend.algorithm"));
  choices.algorithm = std::move(*algorithm);
  if (!config.compare.empty()) {
    Result<std::unique_ptr<Algorithm>> compared = MakeAlgorithm(config.compare);
    if (!compared) return Failure(compared.error().In("recommend.compare"));
    choices.compared = std::move(*compared);
  }
  if (!config.region.empty() && FindPrice(config.region) == nullptr)
    return Failure(ErrorKind::kInvalid, "recommend.region: no prices are known for '" + config.region + "'");
  return {};
}

Result<void> ChooseVpas(const KubernetesConfig& config, Choices& choices) {
  if (config.mode == "off") return {};
  if (config.mode == "kubeconfig" && config.how.kubeconfig.empty())
    return Failure(ErrorKind::kInvalid, "kubernetes.kubeconfig is needed for kubernetes.mode kubeconfig");
  Result<VpaNamespaces> create_vpas = VpaNamespaces::Parse(config.create_vpas);
  if (!create_vpas) return Failure(create_vpas.error().In("kubernetes.create_vpas"));
  if (!create_vpas->none() && config.vpa_recommender.empty())
    return Failure(ErrorKind::kInvalid, "kubernetes.create_vpas needs kubernetes.vpa_recommender");
  choices.create_vpas = std::move(*create_vpas);
  return {};
}

}  // namespace

Result<Choices> Choose(const Config& config) {
  Choices choices;
  if (auto chosen = ChooseAlgorithms(config.recommend, choices); !chosen) return Failure(chosen.error());
  if (auto chosen = ChooseVpas(config.kubernetes, choices); !chosen) return Failure(chosen.error());
  Result<RepairChoice> repair =
      ChooseRepair(config.repair, config.kubernetes.how.agent_account, config.azure.ways);
  if (!repair) return Failure(repair.error());
  choices.repair = std::move(*repair);
  Result<PressChoice> presses = ChoosePresses(config.slack);
  if (!presses) return Failure(presses.error());
  choices.presses = std::move(*presses);
  if (const std::string& file = config.alerting.file; !file.empty()) {
    Result<AlertConfig> read = ReadAlertConfig(file, SpokenKinds());
    if (!read) return Failure(read.error());
    choices.alerts = std::move(*read);
  }
  Result<std::string> given =
      GivenClusterName(config, choices.alerts ? choices.alerts->plan.own_labels : Labels{});
  if (!given) return Failure(given.error());
  choices.cluster = std::move(*given);
  return choices;
}

Result<Choices> TryStart(const Config& config, const Clock& clock) {
  Result<Choices> choices = Choose(config);
  if (!choices) return choices;
  const auto telling =
      Telling::Make(config, choices->alerts, choices->presses.buttons, choices->cluster, clock, {});
  if (!telling) return Failure(telling.error());
  if (auto opens = TryDoors(config, clock.WallNow()); !opens) return Failure(opens.error());
  return choices;
}

}  // namespace loadline::collector
