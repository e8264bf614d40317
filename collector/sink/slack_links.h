// What becomes a link in Slack: what somebody configured, and nothing that the cluster says of itself.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/alert/notification.h"
#include "collector/sink/own_texts.h"

namespace loadline::collector {

// The addresses that people wrote: of our page, in the receiver's templates, in the rules and, of posted
// alerts, in generatorURL and in annotations named like runbook_url. Escaped for Slack.
std::vector<std::string> ConfiguredLinks(const Notification& notification, const std::string& page_url,
                                         const OwnTexts& own);

// Escaped text in which a bare address becomes a link when it is one of `configured`, or goes on behind the
// path of one: {{ .ExternalURL }}/#/alerts, https://graphs.example/d?pod={{ .CommonLabels.pod }}.
std::string WithLinks(std::string_view text, std::span<const std::string> configured);

// For text that Slack reads by its own rules: what it would take for an address, a person or a channel is
// broken by a space of no width, behind the dots of a host's name and the signs of a scheme and a name.
std::string WithoutLinks(std::string_view text);

}  // namespace loadline::collector
