#include "collector/sink/receivers.h"

#include <fmt/core.h>

#include <algorithm>

#include "collector/sink/sink_kind.h"

namespace loadline::collector {

namespace {

// "alerts.yml:12: ops/email[0]"; without a file, as the configuration itself may have it, the name alone.
std::string PlaceOf(const AlertConfig& config, const IntegrationConfig& integration) {
  if (config.file.empty()) return integration.name;
  return fmt::format("{}:{}: {}", config.file, integration.line, integration.name);
}

}  // namespace

Result<void> AddLanes(const AlertConfig& config, const std::string& page_url, const Clock& clock,
                      AzureSinks& azure, Lanes& lanes, PressButtons buttons) {
  for (const IntegrationConfig& integration : config.integrations) {
    const auto kind = std::ranges::find(SinkKinds(), integration.kind,
                                        [](const SinkKind& known) { return known.section.name; });
    if (kind == SinkKinds().end())
      return Failure(ErrorKind::kUnsupported, fmt::format("{} is not spoken yet", integration.kind));
    auto sink = kind->make(integration, {page_url, clock, azure, buttons});
    if (!sink) return Failure(sink.error().In(PlaceOf(config, integration)));
    lanes.Add(integration.name, std::move(*sink));
  }
  return {};
}

}  // namespace loadline::collector
