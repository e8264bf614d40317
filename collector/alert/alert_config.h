// Routes, receivers, inhibit rules and time intervals from a file in Alertmanager's language.
//
// What Alertmanager refuses is refused, with file, line and key. Receivers of kinds that are not spoken here
// are accepted and named in `warnings`: the file is somebody's, and says who is not going to be told.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "collector/alert/dispatcher.h"
#include "schemas/base/result.h"

namespace loadline::collector {

// One way of telling a receiver, as its section of the file has it.
struct IntegrationConfig {
  std::string kind;  // "slack", "email", "webhook", "alertmanager", "log", "azure_logs", ...
  std::string name;  // "ops/slack[0]": the integration's and the lane's
  bool send_resolved = true;
  // Its single values with those of `global` where it has none of its own; those within maps as
  // "headers.Subject".
  std::map<std::string, std::string> values;
};

struct AlertConfig {
  RoutingPlan plan;
  std::vector<IntegrationConfig> integrations;
  std::vector<std::string> warnings;
  std::string original;  // the text as it was read
};

// `file` is for messages only.
Result<AlertConfig> ParseAlertConfig(std::string_view text, const std::string& file);
Result<AlertConfig> ReadAlertConfig(const std::string& path);

// The configuration as others may see it: values of keys that hold a secret are "<secret>", as Alertmanager
// writes it, and of URLs only the host is left. Empty for what is no YAML.
std::string WithoutSecrets(const std::string& original);

// "30s", "1h30m", "2d": Prometheus' form of a duration.
Result<Duration> ParsePrometheusDuration(std::string_view text);

// Who would be told of an alert with these labels, and why: the walk through the tree in lines.
//   {} takes everything
//     {namespace="shop"} matches
//   -> shop in group {}/{namespace="shop"}:{}, after 30 s, then every 300 s, repeated every 14400 s
//      by shop/slack[0]
std::string ExplainRoute(const AlertConfig& config, const Labels& labels, Wall now);

}  // namespace loadline::collector
