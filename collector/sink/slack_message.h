// A notification as Slack shows it: Block Kit within Slack's limits, and text that can ping nobody.
//
// One alert: what, how bad, where, since when, why. A group: each with its reason. A digest: the most severe
// by name, the rest by number. Names and log lines come from strangers; every one is escaped, so that
// <!channel> in a process's name is text, and no text object lets Slack look for addresses and names by
// itself.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "collector/alert/notification.h"
#include "collector/press/button.h"
#include "collector/sink/own_texts.h"

namespace loadline::collector {

// So many firing alerts of Sev0 and Sev1 are named in one message, whatever they are called.
inline constexpr std::size_t kNamedInDigest = 25;

struct SlackMessageOptions {
  std::string page_url;  // of our page; empty: no links
  OwnTexts own{};        // what is not escaped by us is the template's own wording
  PressButtons buttons{};
};

// {"text": ..., "blocks": [...]} for chat.postMessage and for incoming webhooks.
nlohmann::json SlackMessage(std::span<const Notification> batch, const SlackMessageOptions& options);
// {"text": ...} alone: the last resort when Slack does not take the blocks. Slack reads it by its own rules,
// so that addresses are broken.
nlohmann::json PlainSlackMessage(std::span<const Notification> batch);

// What a thread's line of history says of the alerts that changed: why it is said, and each of them.
std::string SlackHistory(const Notification& changes);
// The same as a message.
nlohmann::json SlackHistoryMessage(const Notification& changes);

}  // namespace loadline::collector
