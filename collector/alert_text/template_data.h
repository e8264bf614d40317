// What templates see, made of JSON as Alertmanager's webhooks have it.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "collector/alert_text/template_meter.h"
#include "collector/alert_text/template_value.h"

namespace loadline::collector {

// Under Alertmanager's names (Receiver, Status, Alerts with Labels ...). What is not there is empty, and what
// is of another type is left out. `foreign`: its words are strangers'.
Value DataOf(const nlohmann::json& data, bool foreign, TemplateMeter& meter);

}  // namespace loadline::collector
