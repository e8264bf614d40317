#include "collector/app/telling.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>

#include "collector/alert/own_labels.h"
#include "collector/detect/rules.h"
#include "collector/sink/log_sink.h"
#include "collector/sink/own_texts.h"
#include "collector/sink/receivers.h"
#include "collector/sink/sink_kind.h"
#include "collector/sink/slack_bot.h"
#include "collector/sink/slack_webhook.h"

namespace loadline::collector {

namespace {

AzureSettings SettingsOf(const AzureConfig& config, const std::string& cluster, const std::string& page_url) {
  AzureSettings ways = config.ways;
  ways.logs.row = ways.events.row = {.cluster = cluster, .page_url = page_url};
  ways.logs.scope = ways.events.scope = config.audience + "/.default";
  ways.events_with_token = config.insights_access == "token";
  return ways;
}

}  // namespace

Result<std::unique_ptr<Telling>> Telling::Make(const Config& config, std::optional<AlertConfig> alerts,
                                               PressButtons buttons, const std::string& cluster,
                                               const Clock& clock, std::function<void()> on_news) {
  std::unique_ptr<Telling> telling(new Telling(buttons, clock, std::move(on_news)));
  AzureSinks azure(SettingsOf(config.azure, cluster, config.alerting.page_url), clock);
  auto done = alerts ? telling->ByFile(config, *std::move(alerts), clock, azure)
                     : telling->ByDefault(config, clock, azure);
  if (!done) return Failure(done.error());
  telling->plan_.own_labels[kClusterLabel] = cluster;
  if (done = telling->PrepareMetrics(config.azure, azure); !done) return Failure(done.error());
  const AlertingConfig& alerting = config.alerting;
  if (alerting.heartbeat_receiver.empty()) return telling;
  if (auto added = AddHeartbeat(telling->plan_, alerting.heartbeat_receiver, alerting.heartbeat_interval);
      !added)
    return Failure(added.error().In("alerting.heartbeat_receiver"));
  return telling;
}

Result<void> Telling::ByFile(const Config& config, AlertConfig alerts, const Clock& clock,
                             AzureSinks& azure) {
  const std::string& file = config.alerting.file;
  if (!config.slack.webhook_file.empty() || !config.slack.bot_token_file.empty())
    spdlog::warn("{} says who is told: the settings slack.* tell nobody beside it", file);
  plan_ = std::move(alerts.plan);
  plan_.fill_route_labels = [page = config.alerting.page_url, templates = alerts.templates](
                                const Notification& of) { return FilledRouteLabels(of, page, templates); };
  // What follows from what things are holds beside whatever the file says.
  std::ranges::move(InhibitedByRules(InhibitPostedNamed(config.alerting.inhibit_posted)),
                    std::back_inserter(plan_.inhibit_rules));
  published_config_ = WithoutSecrets(alerts.original, SpokenKinds());
  return AddLanes(alerts, config.alerting.page_url, clock, azure, lanes_, buttons_);
}

Result<void> Telling::ByDefault(const Config& config, const Clock& clock, AzureSinks& azure) {
  Receiver receiver{.name = "default", .integrations = {{.name = "default/log[0]"}}};
  lanes_.Add(receiver.integrations.back().name, std::make_unique<LogSink>());
  if (!config.slack.webhook_file.empty()) {
    receiver.integrations.push_back({.name = "default/slack[0]"});
    lanes_.Add(
        receiver.integrations.back().name,
        std::make_unique<SlackWebhook>(
            SlackWebhookOptions{.url_file = config.slack.webhook_file,
                                .message = {.page_url = config.alerting.page_url, .buttons = buttons_}},
            clock));
  }
  if (!config.slack.bot_token_file.empty()) {
    receiver.integrations.push_back({.name = "default/slack_bot[0]"});
    lanes_.Add(receiver.integrations.back().name,
               std::make_unique<SlackBot>(
                   SlackBotOptions{.token_file = config.slack.bot_token_file,
                                   .channel = config.slack.channel,
                                   .api = {.url = config.slack.api_url},
                                   .message = {.page_url = config.alerting.page_url, .buttons = buttons_}},
                   clock));
  }
  AlertConfig ways;
  if (!config.azure.ways.logs.endpoint.empty())
    ways.integrations.push_back({.kind = "azure_logs", .name = "default/azure_logs[0]"});
  if (!config.azure.ways.events.connection_string_file.empty())
    ways.integrations.push_back({.kind = "azure_events", .name = "default/azure_events[0]"});
  for (const IntegrationConfig& way : ways.integrations) receiver.integrations.push_back({.name = way.name});
  plan_ = PlanFor(std::move(receiver), InhibitedByRules(InhibitPostedNamed(config.alerting.inhibit_posted)));
  return AddLanes(ways, config.alerting.page_url, clock, azure, lanes_);
}

Result<void> Telling::PrepareMetrics(const AzureConfig& config, AzureSinks& azure) {
  if (config.metrics_resource_id.empty()) return {};
  if (!config.metrics_resource_id.starts_with("/subscriptions/")) {
    return Failure(ErrorKind::kInvalid, "azure.metrics_resource_id: expected /subscriptions/...");
  }
  std::string endpoint = config.metrics_endpoint;
  if (endpoint.empty() && config.metrics_region.empty())
    return Failure(ErrorKind::kInvalid, "azure.metrics_region is not set");
  if (endpoint.empty()) endpoint = "https://" + config.metrics_region + ".monitoring.azure.com";
  if (auto is = CheckAzureEndpoint(endpoint, "azure.metrics_endpoint"); !is) return is;
  while (endpoint.ends_with('/')) endpoint.pop_back();
  Result<std::shared_ptr<AzureTokens>> tokens = azure.Tokens();
  if (!tokens) return Failure(tokens.error());
  metrics_tokens_ = std::move(*tokens);
  metrics_options_ = {.endpoint = std::move(endpoint),
                      .resource_id = config.metrics_resource_id,
                      .scope = config.metrics_audience + "/.default"};
  return {};
}

void Telling::PublishMetrics(std::function<std::shared_ptr<const Snapshot>()> source) {
  if (metrics_options_.resource_id.empty()) return;
  metrics_ = std::make_unique<AzureMetrics>(metrics_options_, metrics_tokens_, std::move(source), clock_);
  metrics_->Start();
}

std::vector<ReceiverView> Telling::Receivers() const {
  std::vector<ReceiverView> views;
  std::map<std::string, LaneCounters> all = lanes_.counters();
  if (metrics_) all.emplace("azure/metrics", metrics_->counters());
  for (const auto& [name, lane] : all) {
    views.push_back({.name = name,
                     .delivered = lane.messages,
                     .retried = lane.failed_attempts,
                     .refused = lane.refused,
                     .refused_items = lane.refused_items,
                     .waiting = lane.waiting,
                     .failing = lane.failures_in_a_row,
                     .refuses = lane.refuses,
                     .last_failure = lane.last_failure,
                     .paused_until = lane.paused_until,
                     .waiting_since = lane.waiting_since});
  }
  return views;
}

}  // namespace loadline::collector
