// Changes that Azure Resource Manager makes: each is begun by one request and asked after until it is over.
//
//   ArmChanges changes(client, "https://management.azure.com", clock);
//   ArmNews news = changes.Begin(cluster + "/agentPools/web/deleteMachines?api-version=2025-05-01", body, stop);
//   ... keep news.operation; wait news.wait ...
//   news = changes.Look(news.operation, stop);
//
// Azure says where a change is asked after (Azure-AsyncOperation or Location). The token goes to no other host than that
// of the endpoint, wherever such a URL was kept meanwhile. For one thread at a time.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "collector/azure/azure_client.h"

namespace loadline::collector {

enum class ArmState : std::uint8_t {
  kRunning,
  kDone,
  kFailed,  // it was begun, and went wrong
  kLater,  // it was surely not begun, and may be in a while: throttled, another change is under way, no token yet
  kRefused,  // it was not begun, and will not be until somebody mends something
  kUnclear,  // it may have been begun, and nobody says where it is asked after
};

struct ArmNews {
  ArmState state{};
  std::string words{};      // why, or how far it is; nothing of tokens
  std::string operation{};  // kRunning: the URL at which it is asked after
  Duration wait{};          // until it is asked after, or tried again
};

class ArmChanges {
 public:
  // `endpoint`: https, and no path. `clock` outlives it.
  ArmChanges(AzureClient client, std::string endpoint, const Clock& clock);

  // Posts `body`, which is JSON or empty, to this path of the endpoint.
  ArmNews Begin(const std::string& path, const std::string& body, const std::stop_token& stop);
  // kRunning while nobody answers. kRefused: this is no URL of the endpoint.
  ArmNews Look(const std::string& operation, const std::stop_token& stop);

 private:
  [[nodiscard]] bool IsOurs(const std::string& url) const;
  [[nodiscard]] ArmNews Begun(const HttpResponse& answer) const;
  [[nodiscard]] Duration WaitOf(const HttpResponse& answer) const;

  AzureClient client_;
  const std::string endpoint_;
  const Clock& clock_;
};

}  // namespace loadline::collector
