#include "collector/sink/receivers.h"

#include <fmt/core.h>

#include <algorithm>

#include "collector/sink/sink_kind.h"

namespace loadline::collector {

Result<void> AddLanes(const AlertConfig& config, const std::string& page_url, const Clock& clock,
                      AzureSinks& azure, Lanes& lanes) {
  for (const IntegrationConfig& integration : config.integrations) {
    const auto kind = std::ranges::find(SinkKinds(), integration.kind,
                                        [](const SinkKind& known) { return known.section.name; });
    if (kind == SinkKinds().end())
      return Failure(ErrorKind::kUnsupported, fmt::format("{} is not spoken yet", integration.kind));
    auto sink = kind->make(integration, {page_url, clock, azure});
    if (!sink) return Failure(sink.error().In(integration.name));
    lanes.Add(integration.name, std::move(*sink));
  }
  return {};
}

}  // namespace loadline::collector
