// What is answered to whoever pressed a button in Slack, through the URL that came with the press.
//
// What was done is said in the message's thread, for all: a silence that one person alone knows of is a trap for the
// others. What was not done is said to who pressed.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "collector/alert/alert.h"
#include "collector/alert/silence.h"
#include "collector/press/press.h"

namespace loadline::collector {

// Who silenced what, and until when; with a page's URL where it can be taken back.
nlohmann::json SlackSilenced(const Press& press, const Silence& silence, const std::string& page_url);
// It was silenced for as long already.
nlohmann::json SlackSilencedAlready(const Silence& silence);
// `asked`: the alert that asked about the step.
nlohmann::json SlackDecided(const Press& press, const Alert& asked);
// Why nothing was done.
nlohmann::json SlackNotDone(const std::string& why);

}  // namespace loadline::collector
