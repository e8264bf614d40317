// Who would be told of an alert, and why, in words.
#pragma once

#include <string>

#include "collector/alert_file/alert_config.h"

namespace loadline::collector {

// The walk of an alert with these labels through the tree, in lines.
//   {} takes everything
//     {namespace="shop"} matches
//   -> shop in group {}/{namespace="shop"}:{}, after 30 s, then every 300 s, repeated every 14400 s
//      by shop/slack[0]
std::string ExplainRoute(const AlertConfig& config, const Labels& labels, Wall now);

}  // namespace loadline::collector
