// Whether buttons in Slack are heard, and whose, as the configuration has it.
#pragma once

#include <string>

#include "collector/config/config.h"
#include "collector/press/button.h"
#include "collector/press/press_rights.h"
#include "schemas/base/result.h"

namespace loadline::collector {

struct PressChoice {
  PressButtons buttons;  // none: nobody hears them
  PressRights rights;
  std::string answers_below;  // ends with a slash

  [[nodiscard]] bool heard() const { return buttons.silence; }
};

// Fails with what is wrong and where: "slack.approvers: ...".
Result<PressChoice> ChoosePresses(const SlackConfig& config);

}  // namespace loadline::collector
