#include "collector/sink/azure_row.h"

#include <array>
#include <nlohmann/json.hpp>

#include "collector/alert/own_labels.h"
#include "collector/alert_text/alert_words.h"
#include "collector/sink/webhook_body.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

constexpr std::size_t kMostText = 8'000;

constexpr std::array kColumns = {
    AzureColumn{"TimeGenerated", "datetime", "When it was decided to tell of the alert"},
    AzureColumn{"Cluster", "string", "The alert's label cluster; without one the collector's own"},
    AzureColumn{"AlertId", "string", "Of rule and labels; the same over restarts, fired and resolved alike"},
    AzureColumn{"AlertRule", "string", "ContainerOomKilled and its like"},
    AzureColumn{"MonitorCondition", "string", "Fired or Resolved"},
    AzureColumn{"Severity", "string", "Sev0 (critical) to Sev4"},
    AzureColumn{"SeverityLevel", "int", "The same as a number"},
    AzureColumn{"Headline", "string", "Rule and place in one line"},
    AzureColumn{"Summary", "string", "What and where, for a person"},
    AzureColumn{"Reason", "string", "What the rule saw, against which threshold"},
    AzureColumn{"Namespace", "string", "Kubernetes namespace, where there is one"},
    AzureColumn{"Workload", "string", "Deployment, StatefulSet ..., where there is one"},
    AzureColumn{"Container", "string", "Container of the workload, where there is one"},
    AzureColumn{"Node", "string", "Node, where there is one"},
    AzureColumn{"Labels", "dynamic", "All labels of the alert"},
    AzureColumn{"Occurrences", "long", "How often it happened, for alerts of single events"},
    AzureColumn{"StartedAt", "datetime", "Since when the condition holds"},
    AzureColumn{"ResolvedAt", "datetime", "When it was resolved; null while it fires"},
    AzureColumn{"Receiver", "string", "The receiver by which the route leads here"},
    AzureColumn{"Why", "string", "Why it is told now: new, repeated, resolved"},
    AzureColumn{"IsRepeat", "boolean", "Whether it was told before"},
    AzureColumn{"NotificationId", "string", "The same when a row had to be sent twice"},
    AzureColumn{"Link", "string", "The alert on the collector's page"},
    AzureColumn{"Runbook", "string", "What to do about it, where that is written down"}};

json Label(const Alert& alert, const char* name) {
  const auto it = alert.labels.find(name);
  return it == alert.labels.end() || it->second.empty() ? json(nullptr) : json(Cut(it->second, kMostText));
}

json AllLabels(const Alert& alert) {
  json labels = json::object();
  for (const auto& [name, value] : RoutedLabels(alert)) labels[name] = Cut(value, kMostText);
  return labels;
}

}  // namespace

std::span<const AzureColumn> AzureColumns() {
  return kColumns;
}

json AzureRow(const Notification& notification, const Alert& alert, const AzureRowOptions& options) {
  const bool fires = alert.state == AlertState::kFiring;
  const std::string cluster = ClusterOf(alert.labels);
  return {{"TimeGenerated", AlertmanagerTime(notification.at)},
          {"Cluster", cluster.empty() ? options.cluster : Cut(cluster, kMostText)},
          {"AlertId", alert.fingerprint},
          {"AlertRule", alert.rule},
          {"MonitorCondition", fires ? "Fired" : "Resolved"},
          {"Severity", Name(alert.severity)},
          {"SeverityLevel", static_cast<int>(alert.severity)},
          {"Headline", Cut(Title(alert), kMostText)},
          {"Summary", Cut(OneLine(alert.summary), kMostText)},
          {"Reason", Cut(alert.reason, kMostText)},
          {"Namespace", Label(alert, "namespace")},
          {"Workload", Label(alert, "workload")},
          {"Container", Label(alert, "container")},
          {"Node", Label(alert, "node")},
          {"Labels", AllLabels(alert)},
          {"Occurrences", alert.occurrences},
          {"StartedAt", AlertmanagerTime(alert.since)},
          {"ResolvedAt", alert.resolved ? json(AlertmanagerTime(*alert.resolved)) : json(nullptr)},
          {"Receiver", notification.receiver},
          {"Why", Cut(notification.reason, kMostText)},
          {"IsRepeat", notification.repeat},
          {"NotificationId", notification.id},
          {"Link", options.page_url.empty() ? json(nullptr)
                                            : json(options.page_url + "/#/alerts/" + alert.fingerprint)},
          {"Runbook", alert.runbook.empty() ? json(nullptr) : json(alert.runbook)}};
}

}  // namespace loadline::collector
