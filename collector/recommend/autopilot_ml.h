// The learned form of Google's Autopilot, as published (EuroSys 2020, section 3.3), to be compared with.
//
// An ensemble of models, each a forgetting rate and a margin. Every hour each model takes the limit L with
// the least  overrun + underrun + change  over what it remembers, and puts its margin on top; the container
// is given the limit of the model that has cost least so far, where taking another model, or another limit,
// costs too. The answer is the highest of the last two hours'.
//
// Overrun is the share of five-minute samples above L. Underrun is the unused share of L, summed over the
// samples below it: a bare count of them would be one minus the overrun, and the least cost always at the
// highest sample ever. The five weights are one set for both resources.
//
// It replays the samples of two weeks, so it needs usage that keeps them; without, it answers as the windowed
// form does.
#pragma once

#include <memory>

#include "collector/recommend/algorithm.h"

namespace loadline::collector {

std::unique_ptr<Algorithm> MakeAutopilotMl();

}  // namespace loadline::collector
