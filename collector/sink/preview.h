// What a receiver would be sent of one alert, shown instead of sent.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "collector/alert/dispatcher.h"
#include "collector/sink/lanes.h"

namespace loadline::collector {

// The first word about this alert, alone in its group, as each way of the receiver would put it:
//   {"receiver": "ops", "alert": "ContainerOomKilled shop/cart/app", "ways": [
//     {"name": "ops/slack[0]", "note": "", "messages": [{"text": ..., "body": {...}, "html": ""}]}]}
// `text` is for people; `body` is what goes over the wire, JSON where it is JSON, else a string. `note` says
// why a way would not be used for it (too mild for it, or resolved and not wanted); it is shown all the same.
// kNotFound: there is no such receiver, and the message names those that there are.
Result<nlohmann::ordered_json> PreviewOf(const RoutingPlan& plan, const std::string& receiver,
                                         const Alert& alert, const Lanes& lanes, Wall now);

// The same alert when it is over, after ten minutes at least.
[[nodiscard]] Alert AsResolved(Alert alert, Wall now);

}  // namespace loadline::collector
