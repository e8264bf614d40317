// The buttons under a message in Slack: what they are called, and what they name.
//
// What a button carries is a name and nothing else: of an alert, of a group, of a step of a repair. Whoever can post in
// the app's name can make a button of any words and any name. So a press does what the name means here and now, or
// nothing at all, and what was done is said where everybody reads it.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "schemas/base/clock.h"

namespace loadline::collector {

// Which of them stand under messages.
struct PressButtons {
  bool silence = false;
  bool repair = false;
};

struct SilenceButton {
  std::string_view action;  // Slack's action_id
  std::string_view words;
  Duration lasts;
};
inline constexpr std::array<SilenceButton, 3> kSilenceButtons = {
    {{"silence_1h", "Silence 1 h", std::chrono::hours(1)},
     {"silence_4h", "Silence 4 h", std::chrono::hours(4)},
     {"silence_24h", "Silence 24 h", std::chrono::hours(24)}}};

// With a number behind them, as each button of a block has a name of its own: "approve_0".
inline constexpr std::string_view kApproveAction = "approve_";
inline constexpr std::string_view kRefuseAction = "refuse_";
// Slack tells of links that are opened, too.
inline constexpr std::string_view kLinkAction = "link_";

// The value of a button that silences one alert; and one that silences what fires of a group, by the key that
// receivers see of it. At most 30 characters.
std::string NameOfAlert(std::string_view fingerprint);
std::string NameOfGroup(const std::string& group_key);

// What a name is made of: "alert" and the fingerprint, "group" and a hash of its key.
struct PressedName {
  bool group = false;
  std::string_view id;
};
// Anything else is taken for the name of an alert that nobody knows.
PressedName ReadName(std::string_view name);

}  // namespace loadline::collector
