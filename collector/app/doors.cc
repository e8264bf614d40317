#include "collector/app/doors.h"

#include <utility>

#include "collector/serve/address.h"

namespace loadline::collector {
namespace {

Result<HostPort> AddressOf(const std::string& text, const char* setting) {
  Result<HostPort> address = ParseHostPort(text);
  if (!address) return Failure(address.error().In(setting));
  return address;
}

// Where nobody need show a token to write, but one to read, it is asked for here, too.
Result<MayWrite> Writers(const Config& config, const std::string& address, const MayRead& may_read) {
  const std::string& file = config.security.write_token_file;
  Result<MayWrite> may = WhoMayWrite(file, address);
  if (!may) return Failure(may.error().In("security.write_token_file"));
  if (file.empty() && may_read && IsLoopback(address)) {
    return [may_read](const std::string& token) { return may_read(token, "post", "/api/v2"); };
  }
  return may;
}

// Action groups of Azure, where they were given a token.
Result<MayWrite> WhoMayTellForAzure(const Config& config) {
  const std::string& file = config.azure.webhook_token_file;
  if (file.empty()) return MayWrite();
  Result<MayWrite> may = WhoMayWrite(file, config.listen.web);
  if (!may) return Failure(may.error().In("azure.webhook_token_file"));
  return may;
}

// Buttons in Slack, where the app's secret is known by which it signs.
Result<std::unique_ptr<PressGate>> HearPresses(const Config& config, Wall now) {
  const std::string& file = config.slack.signing_secret_file;
  if (file.empty()) return nullptr;
  auto gate = PressGate::Open(file, now);
  if (!gate) return Failure(gate.error().In("slack.signing_secret_file"));
  return gate;
}

}  // namespace

Result<Doors> OpenDoors(const Config& config, MayRead by_cluster, Wall now) {
  Result<HostPort> page = AddressOf(config.listen.web, "listen.web");
  if (!page) return Failure(page.error());
  Doors doors{.page = std::move(*page)};
  if (!config.listen.probes.empty()) {
    const Result<HostPort> probes = AddressOf(config.listen.probes, "listen.probes");
    if (!probes) return Failure(probes.error());
    doors.probes = ProbeAddress{.address = probes->host, .port = probes->port};
  }
  Result<MayRead> may_read = WhoMayRead(config.security.read_token_file, std::move(by_cluster));
  if (!may_read) return Failure(may_read.error().In("security.read_token_file"));
  doors.may_read = std::move(*may_read);
  Result<MayWrite> may_write = Writers(config, doors.page.host, doors.may_read);
  if (!may_write) return Failure(may_write.error());
  doors.may_write = std::move(*may_write);
  Result<MayWrite> azure = WhoMayTellForAzure(config);
  if (!azure) return Failure(azure.error());
  doors.may_tell_for_azure = std::move(*azure);
  Result<std::unique_ptr<PressGate>> presses = HearPresses(config, now);
  if (!presses) return Failure(presses.error());
  doors.presses = std::move(*presses);
  return doors;
}

std::optional<TlsFiles> TlsOfThePage(const ListenConfig& config) {
  if (config.web_tls_cert.empty()) return std::nullopt;
  return TlsFiles{.certificate = config.web_tls_cert, .key = config.web_tls_key};
}

Result<void> TryDoors(const Config& config, Wall now) {
  const Result<Doors> doors = OpenDoors(config, nullptr, now);
  if (!doors) return Failure(doors.error());
  if (const std::optional<TlsFiles> files = TlsOfThePage(config.listen)) {
    if (const auto tls = Tls::Open(*files, nullptr); !tls) return Failure(tls.error());
  }
  return {};
}

}  // namespace loadline::collector
