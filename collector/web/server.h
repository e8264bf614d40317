// The collector's web server: the page at /, the JSON API below /api/v1, Prometheus' /metrics, and /healthz
// and /readyz for whoever watches the process.
//
//   auto web = WebServer::Start({.port = 0}, [&] { return board.Latest(); }, clock);
//   if (!web) return Failure(web.error());
//   fmt::print("page at {}\n", (*web)->url());
//
// Only GET and HEAD are answered, but for Alertmanager's API below /api/v2, where those who may write post
// alerts and make silences, for tests of receivers and decisions about repairs by the same people, and for the webhook of Azure's action
// groups and for buttons that are pressed in Slack. It answers to addresses in numbers, to localhost, and to the names it was given, so that no web
// page elsewhere can make a browser read it by pointing a name of its own here (DNS rebinding). Connections,
// streams, and the size and time of a request are bounded, and so is how much is made at once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collector/serve/limits.h"
#include "collector/serve/tls.h"
#include "collector/snapshot/snapshot.h"
#include "collector/web/alertmanager.h"
#include "collector/web/azure_hook.h"
#include "collector/web/press_hook.h"
#include "collector/web/reading.h"
#include "collector/web/receiver_preview.h"
#include "collector/web/receiver_trial.h"
#include "collector/web/repair_desk.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

struct ProbeAddress {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
};

struct WebOptions {
  std::string address = "127.0.0.1";  // a numeric address, IPv4 or IPv6; "0.0.0.0" for all
  std::uint16_t port = 7780;          // 0: any free one
  // Names by which it is asked for, in the Host header, besides localhost and addresses in numbers.
  std::vector<std::string> hosts{};
  // Where /healthz and /readyz are answered by threads of their own, whatever happens at the page's port.
  // Absent: only there.
  std::optional<ProbeAddress> probes{};
  // Empty: anybody may read. The page's own files are for anybody, for they hold nothing.
  MayRead may_read{};
  // Absent: in the clear. Probes are always asked in the clear.
  std::optional<TlsFiles> tls{};
  std::function<void(const std::string& why)> on_tls_trouble{};
  // So many may be live streams of events. Above that a client is told 503, and asks again and again instead.
  std::size_t streams = 32;
  ConnectionLimits limits{};
  AlertApiOptions alerts{};
  AzureHookOptions azure_hook{};
  PressHookOptions press_hook{};
  // They outlive the server; null: receivers cannot be tested, or shown.
  ReceiverTrial* trial = nullptr;
  ReceiverPreview* preview = nullptr;
  RepairDesk* repairs = nullptr;  // null: nothing is repaired
  // Looks at the configuration as it is now, and has it take effect soon after. Fails on one that cannot: then
  // all stays as it was. Absent: it takes a restart.
  std::function<Result<void>()> reload{};
};

// The latest snapshot, or null as long as there is none. Called from many threads.
using SnapshotSource = std::function<std::shared_ptr<const Snapshot>()>;

class WebServer {
 public:
  // Listens and serves in threads of its own until destroyed. `clock` outlives it. kExhausted when the port
  // is taken, kDenied when it may not be used, kInvalid when the address is none.
  static Result<std::unique_ptr<WebServer>> Start(const WebOptions& options, SnapshotSource source,
                                                  const Clock& clock);
  // Ends all connections at once.
  virtual ~WebServer() = default;

  [[nodiscard]] virtual std::uint16_t port() const = 0;
  // "http://127.0.0.1:7780/"; https with a certificate
  [[nodiscard]] virtual std::string url() const = 0;
  // Of the probes; 0 without an address of their own.
  [[nodiscard]] virtual std::uint16_t probes_port() const = 0;
};

}  // namespace loadline::collector
