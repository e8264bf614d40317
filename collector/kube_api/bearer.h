// The bearer token of our requests: fixed, from a file that rotates, or from a plugin.
#pragma once

#include <string>

#include "collector/kube_api/access.h"
#include "schemas/base/clock.h"
#include "schemas/base/secret.h"

namespace loadline::collector {

// Belongs to one thread. A file is read again once a minute, a plugin is run again shortly before its token
// expires; when that fails the old token is kept as long as it lasts.
class Bearer {
 public:
  explicit Bearer(const KubeAccess& access) : access_(access) {}

  // The token to send now; empty when the certificate alone speaks for us.
  Result<Secret> Get(Wall now);
  // The server did not accept it: fetch a new one next time.
  void Refused() { fetched_until_ = {}; }

 private:
  Result<void> Fetch(Wall now);

  KubeAccess access_;
  Secret token_;
  Wall fetched_until_{};
};

// What an ExecCredential document says.
struct PluginToken {
  Secret token;
  std::optional<Wall> expires;
};
Result<PluginToken> ParseExecCredential(std::string_view json);

}  // namespace loadline::collector
