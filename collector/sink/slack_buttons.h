// The buttons under a message to Slack: where the page shows it, what silences it, what to do about it, and what decides
// about a repair that asks.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "collector/alert/notification.h"
#include "collector/press/button.h"

namespace loadline::collector {

// Blocks of actions, without any where there is nothing to press. Where presses are not heard (`buttons`) what silences
// is a link to the page, and repairs are decided there.
std::vector<nlohmann::json> SlackButtons(std::span<const Notification> batch, const std::string& page_url,
                                         const PressButtons& buttons);

}  // namespace loadline::collector
