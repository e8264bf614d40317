// Where the page is, and who may do what there: what the configuration says and files with secrets hold. Opened when the
// collector starts, and tried when a configuration is checked or read anew, so that what cannot start is not called good.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "collector/app/endpoints.h"
#include "collector/app/who_may_write.h"
#include "collector/config/config.h"
#include "collector/press/press_gate.h"
#include "collector/serve/tls.h"
#include "collector/web/reading.h"
#include "collector/web/server.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

struct Doors {
  HostPort page;
  std::optional<ProbeAddress> probes;  // nothing: they are answered on the page's own address
  MayRead may_read;                    // null: anybody
  MayWrite may_write;
  MayWrite may_tell_for_azure;         // null: there is no such path
  std::unique_ptr<PressGate> presses;  // null: no buttons are heard
};

// `by_cluster`: whom the API server lets read; null: it is not asked. Errors name the setting.
Result<Doors> OpenDoors(const Config& config, MayRead by_cluster, Wall now);

// The page's certificate and key; nothing: it is not encrypted.
std::optional<TlsFiles> TlsOfThePage(const ListenConfig& config);

// Whether they would open. Writes nothing and listens nowhere.
Result<void> TryDoors(const Config& config, Wall now);

}  // namespace loadline::collector
