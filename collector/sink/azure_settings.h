// How Azure is reached and what it is sent. The table `azure` of the configuration holds this.
#pragma once

#include <string>

#include "collector/azure/azure_tokens.h"
#include "collector/sink/azure_events.h"
#include "collector/sink/azure_logs.h"

namespace loadline::collector {

// What sections of receivers need not repeat.
struct AzureSettings {
  std::string authentication = "auto";
  AzureCredential credential{};
  AzureLogsOptions logs{};
  AzureEventsOptions events{};
  bool events_with_token = false;
};

}  // namespace loadline::collector
