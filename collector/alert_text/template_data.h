// What templates see, made of JSON as Alertmanager's webhooks have it.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "collector/alert_text/template_meter.h"
#include "collector/alert_text/template_value.h"

namespace loadline::collector {

// Under Alertmanager's names (Receiver, Status, Alerts with Labels ...). What is not there is empty, and what
// is of another type is left out. `foreign`: its words are strangers'. `route_labels` are the data's RouteLabels.
Value DataOf(const nlohmann::json& data, const std::map<std::string, MarkedText>& route_labels, bool foreign,
             TemplateMeter& meter);

}  // namespace loadline::collector
