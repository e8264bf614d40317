#include "collector/app/repair_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "collector/sink/azure_sinks.h"
#include "schemas/base/units.h"

namespace loadline::collector {
namespace {

constexpr std::array kModes = {RepairMode::kOff, RepairMode::kDryRun, RepairMode::kAsk, RepairMode::kAuto};

std::optional<RepairMode> ModeNamed(std::string_view name) {
  const auto found =
      std::ranges::find(kModes, name, [](RepairMode mode) { return std::string_view(Name(mode)); });
  return found == kModes.end() ? std::nullopt : std::optional(*found);
}

std::string_view Trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(' ');
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

// "web=auto"
Result<std::pair<std::string, RepairMode>> PoolOf(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view pool = Trimmed(text.substr(0, equals));
  const auto mode = equals == text.npos ? std::nullopt : ModeNamed(Trimmed(text.substr(equals + 1)));
  if (pool.empty() || !mode) {
    return Failure(
        ErrorKind::kInvalid,
        fmt::format("repair.pools: expected POOL=off, dry-run, ask or auto, and not '{}'", Trimmed(text)));
  }
  return std::pair(std::string(pool), *mode);
}

Result<std::map<std::string, RepairMode, std::less<>>> PoolsOf(std::string_view text) {
  std::map<std::string, RepairMode, std::less<>> pools;
  while (!Trimmed(text).empty()) {
    const std::size_t comma = text.find(',');
    auto pool = PoolOf(text.substr(0, comma));
    if (!pool) return Failure(pool.error());
    if (!pools.insert(std::move(*pool)).second)
      return Failure(ErrorKind::kInvalid, "repair.pools: a pool stands in it twice");
    text = comma == text.npos ? std::string_view() : text.substr(comma + 1);
  }
  return pools;
}

RepairBy ByOf(std::string_view name) {
  if (name == "condition") return RepairBy::kCondition;
  if (name == "aks") return RepairBy::kAks;
  return name == "webhook" ? RepairBy::kWebhook : RepairBy::kKubernetes;
}

Result<void> CheckWebhook(const RepairConfig& config) {
  const std::string_view url = config.webhook_url;
  if (!url.starts_with("https://") && !url.starts_with("http://"))
    return Failure(ErrorKind::kInvalid, "repair.webhook_url: by webhook it has to be a URL of http or https");
  if (config.webhook_secret_file.empty())
    return Failure(ErrorKind::kInvalid,
                   "repair.webhook_secret_file: needed by webhook: it signs what is posted");
  return {};
}

Result<AksOptions> AksOf(const RepairConfig& config, const AzureSettings& azure) {
  const auto cluster = ArmId::Parse(config.aks_cluster);
  if (!cluster || !EqualNames(cluster->type(), "managedClusters")) {
    return Failure(
        ErrorKind::kInvalid,
        "repair.aks_cluster: by aks it has to be the cluster's resource id: /subscriptions/S/resourceGroups/"
        "G/providers/Microsoft.ContainerService/managedClusters/NAME");
  }
  if (auto is = CheckAzureEndpoint(config.aks_endpoint, "repair.aks_endpoint"); !is)
    return Failure(is.error());
  if (config.aks_endpoint.find('/', config.aks_endpoint.find("://") + 3) != std::string::npos)
    return Failure(ErrorKind::kInvalid, "repair.aks_endpoint: it has to be a host without a path");
  auto credential = CompleteAzureCredential(azure.authentication, azure.credential);
  if (!credential) return Failure(credential.error());
  return AksOptions{.cluster = config.aks_cluster,
                    .endpoint = config.aks_endpoint,
                    .instances = config.aks_instances,
                    .credential = std::move(*credential),
                    .within = config.aks_within};
}

bool Acts(RepairMode mode) {
  return mode == RepairMode::kAsk || mode == RepairMode::kAuto;
}

}  // namespace

bool RepairChoice::idle() const {
  return options.mode == RepairMode::kOff &&
         std::ranges::all_of(options.pools, [](const auto& pool) { return pool.second == RepairMode::kOff; });
}

bool RepairChoice::acts() const {
  return Acts(options.mode) ||
         std::ranges::any_of(options.pools, [](const auto& pool) { return Acts(pool.second); });
}

Result<RepairChoice> ChooseRepair(const RepairConfig& config, const std::string& agent_account,
                                  const AzureSettings& azure) {
  const std::optional<RepairMode> mode = ModeNamed(config.mode);
  if (!mode) return Failure(ErrorKind::kInvalid, fmt::format("repair.mode: '{}' is none", config.mode));
  auto pools = PoolsOf(config.pools);
  if (!pools) return Failure(pools.error());
  const RepairBy by = ByOf(config.by);
  if (auto checked = CheckWebhook(config); by == RepairBy::kWebhook && !checked)
    return Failure(checked.error());
  RepairChoice choice{
      .options = {.mode = *mode, .pools = std::move(*pools)},
      .steps = {.by = by,
                .agent_account = agent_account,
                .permits = {.unmanaged = config.drain_unmanaged, .local_data = config.drain_local_data},
                .drain_within = config.drain_within,
                .webhook = {.url = config.webhook_url,
                            .secret_file = config.webhook_secret_file,
                            .ca_file = config.webhook_ca_file,
                            .within = config.webhook_within,
                            .machines_only = config.webhook_steps == "machines"}},
      .unanswered_is_gone = config.unanswered_is_gone,
      .drain_before_events = config.drain_before_events,
      .lease_space = config.lease_namespace};
  if (by == RepairBy::kAks) {
    auto aks = AksOf(config, azure);
    if (!aks) return Failure(aks.error());
    choice.steps.aks = std::move(*aks);
  }
  choice.options.can = StepsOf(choice.steps);
  RepairLimits& limits = choice.options.limits;
  for (ScopeLimits* scope : {&limits.pool, &limits.zone, &limits.cluster})
    scope->unfit_share = config.max_unfit;
  limits.cluster.in_flight = static_cast<int>(config.max_in_flight);
  limits.cluster.starts = limits.cluster.in_flight;
  limits.settle = config.look_on;
  limits.well_for = config.well_for;
  return choice;
}

}  // namespace loadline::collector
