// The ways into Azure as the configuration has them, all with one identity and one set of tokens.
#pragma once

#include <memory>
#include <string>

#include "collector/alert_file/alert_config.h"
#include "collector/azure/azure_tokens.h"
#include "collector/sink/azure_settings.h"

namespace loadline::collector {

class AzureSinks {
 public:
  // `clock` outlives it and the sinks.
  AzureSinks(AzureSettings settings, const Clock& clock) : settings_(std::move(settings)), clock_(clock) {}

  // Fail on what is missing or cannot be used, with the setting's name.
  Result<std::unique_ptr<Sink>> MakeLogs(const IntegrationConfig& config);
  Result<std::unique_ptr<Sink>> MakeEvents(const IntegrationConfig& config);
  // Made with the first call; kept for all.
  Result<std::shared_ptr<AzureTokens>> Tokens();

 private:
  const AzureSettings settings_;
  const Clock& clock_;
  std::shared_ptr<AzureTokens> tokens_;
};

// Tokens go out over TLS, or stay on this machine.
Result<void> CheckAzureEndpoint(const std::string& url, const std::string& setting);

}  // namespace loadline::collector
