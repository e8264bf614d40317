// A kind of way to tell somebody: what sections of the alerting file may say of it, and how a sink is made
// of one.
//
// A kind is described at the end of its sink's file, by a function of its name in namespace kinds; the list
// of them in CMakeLists.txt is the table. Everything else reads it: which keys there are, which of them are
// secrets, what is said of a kind that is none.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collector/alert/sink.h"
#include "collector/alert_file/alert_config.h"
#include "collector/alert_file/integration_kind.h"
#include "collector/alert_text/text_template.h"
#include "collector/press/button.h"
#include "collector/sink/azure_sinks.h"

namespace loadline::collector {

// What sections do not say.
struct SinkParts {
  const std::string& page_url;  // where links in messages lead, or empty
  const Clock& clock;           // outlives the sinks
  AzureSinks& azure;
  PressButtons buttons{};  // under messages that know any
};

struct SinkKind {
  IntegrationKind section;
  // Fails on values that cannot be used.
  Result<std::unique_ptr<Sink>> (*make)(const IntegrationConfig& config, const SinkParts& parts);
};

// All that are spoken; and their sections alone, for who reads a file.
const std::vector<SinkKind>& SinkKinds();
const std::vector<IntegrationKind>& SpokenKinds();

// The value of a key, or what stands for it.
std::string ValueOf(const IntegrationConfig& config, const std::string& key,
                    const std::string& otherwise = "");
// The text of a key of messages. What cannot be parsed was taken away when the file was read.
std::optional<TextTemplate> TextOf(const IntegrationConfig& config, const std::string& key);

}  // namespace loadline::collector
