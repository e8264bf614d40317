// Sinks as a file makes them, and alerts as Prometheus posts them, for the tests of incident systems and chats.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "collector/alert/notification.h"
#include "collector/sink/sink_kind.h"

namespace loadline::collector::sample {

// The one section of the file's one receiver; null, and a failure, when it is refused.
inline std::unique_ptr<Sink> SinkOf(const std::string& file, const std::string& page_url,
                                    const Clock& clock) {
  const Result<AlertConfig> config = ParseAlertConfig(file, "alerts.yml", SpokenKinds());
  EXPECT_TRUE(config) << config.error().message;
  if (!config || config->integrations.empty()) return nullptr;
  EXPECT_TRUE(config->warnings.empty()) << config->warnings.front();
  const IntegrationConfig& section = config->integrations.front();
  static AzureSinks azure({}, clock);
  const auto kind =
      std::ranges::find(SinkKinds(), section.kind, [](const SinkKind& known) { return known.section.name; });
  Result<std::unique_ptr<Sink>> sink = kind->make(section, {page_url, clock, azure});
  EXPECT_TRUE(sink) << sink.error().message;
  return sink ? std::move(*sink) : nullptr;
}

// "receiver" with one section of this kind.
inline std::string FileWith(const std::string& kind, const std::string& section,
                            const std::string& more = "") {
  return "route: {receiver: ops, group_by: [alertname, namespace], group_wait: 1s, group_interval: 1s}\n" +
         more + "receivers: [{name: ops, " + kind + "_configs: [{" + section + "}]}]\n";
}

inline Outcome Tell(Sink& sink, const Notification& notification) {
  return sink.Send({&notification, 1}, {});
}

}  // namespace loadline::collector::sample
