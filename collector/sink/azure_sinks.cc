#include "collector/sink/azure_sinks.h"

#include <fmt/core.h>

#include "collector/sink/sink_kind.h"

namespace loadline::collector {
namespace {

void Override(std::string& value, const IntegrationConfig& config, const std::string& key) {
  const auto it = config.values.find(key);
  if (it != config.values.end() && !it->second.empty()) value = it->second;
}

}  // namespace

Result<void> CheckAzureEndpoint(const std::string& url, const std::string& setting) {
  if (url.empty()) return Failure(ErrorKind::kInvalid, setting + " is not set");
  const std::string host = HostOf(url);
  const bool local =
      host.starts_with("127.0.0.1:") || host.starts_with("localhost:") || host.starts_with("[::1]:");
  if (url.starts_with("https://") || (url.starts_with("http://") && local)) return {};
  return Failure(ErrorKind::kInvalid, setting + ": expected https:// and a host");
}

Result<std::shared_ptr<AzureTokens>> AzureSinks::Tokens() {
  if (tokens_) return tokens_;
  Result<AzureCredential> credential =
      CompleteAzureCredential(settings_.authentication, settings_.credential);
  if (!credential) return Failure(credential.error());
  if (credential->kind != AzureCredential::Kind::kManagedIdentity) {
    if (auto is = CheckAzureEndpoint(credential->authority, "AZURE_AUTHORITY_HOST"); !is)
      return Failure(is.error());
  }
  tokens_ = std::make_shared<AzureTokens>(std::move(*credential), clock_);
  return tokens_;
}

Result<std::unique_ptr<Sink>> AzureSinks::MakeLogs(const IntegrationConfig& config) {
  AzureLogsOptions options = settings_.logs;
  Override(options.endpoint, config, "endpoint");
  Override(options.rule_id, config, "dcr");
  Override(options.stream, config, "stream");
  if (auto is = CheckAzureEndpoint(options.endpoint, "azure.logs_endpoint"); !is) return Failure(is.error());
  if (!options.rule_id.starts_with("dcr-")) {
    return Failure(ErrorKind::kInvalid,
                   "azure.logs_rule_id: expected the rule's immutable id, which begins with dcr-");
  }
  if (options.stream.empty()) return Failure(ErrorKind::kInvalid, "azure.logs_stream is not set");
  Result<std::shared_ptr<AzureTokens>> tokens = Tokens();
  if (!tokens) return Failure(tokens.error());
  return std::make_unique<AzureLogs>(std::move(options), std::move(*tokens), clock_);
}

Result<std::unique_ptr<Sink>> AzureSinks::MakeEvents(const IntegrationConfig& config) {
  AzureEventsOptions options = settings_.events;
  Override(options.connection_string_file, config, "connection_string_file");
  if (options.connection_string_file.empty())
    return Failure(ErrorKind::kInvalid, "azure.connection_string_file is not set");
  std::shared_ptr<AzureTokens> tokens;
  if (settings_.events_with_token) {
    Result<std::shared_ptr<AzureTokens>> made = Tokens();
    if (!made) return Failure(made.error());
    tokens = std::move(*made);
  }
  return std::make_unique<AzureEvents>(std::move(options), std::move(tokens), clock_);
}

namespace kinds {

SinkKind AzureLogs() {
  return {.section = {.name = "azure_logs",
                      .keys = Keys({{KeyType::kText, {"endpoint", "dcr", "stream"}}}),
                      .one_by_one = true},
          .make = [](const IntegrationConfig& config, const SinkParts& parts) {
            return parts.azure.MakeLogs(config);
          }};
}

SinkKind AzureEvents() {
  return {.section = {.name = "azure_events",
                      .keys = Keys({{KeyType::kFile, {"connection_string_file"}}}),
                      .one_by_one = true},
          .make = [](const IntegrationConfig& config, const SinkParts& parts) {
            return parts.azure.MakeEvents(config);
          }};
}

}  // namespace kinds
}  // namespace loadline::collector
