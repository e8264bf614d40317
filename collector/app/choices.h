// What the configuration alone decides, before anything is opened or asked: the same when the collector starts
// and when a file is checked. So what cannot start is not called good.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "collector/alert_file/alert_config.h"
#include "collector/app/press_choice.h"
#include "collector/app/repair_choice.h"
#include "collector/config/config.h"
#include "collector/kube_vpa/vpa_create.h"
#include "collector/recommend/algorithm.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

struct Choices {
  std::unique_ptr<Algorithm> algorithm{};
  std::unique_ptr<Algorithm> compared{};  // null: none
  VpaNamespaces create_vpas{};
  RepairChoice repair{};
  PressChoice presses{};
  std::optional<AlertConfig> alerts{};  // of alerting.file
  std::string cluster{};                // what it is called; empty: that is found out later
};
Result<Choices> Choose(const Config& config);

// Chooses, makes every receiver as the start would, and reads what opens the page's doors (doors.h); nobody is told
// anything. What it chose.
Result<Choices> TryStart(const Config& config, const Clock& clock);

}  // namespace loadline::collector
