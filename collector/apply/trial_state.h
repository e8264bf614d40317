// A trial as a piece of schemas/state.fbs and back, so that one that is under way goes on after a restart.
#pragma once

#include <string>
#include <string_view>

#include "collector/apply/applier.h"
#include "schemas/base/result.h"

namespace loadline::collector {

std::string SaveTrial(const Trial& trial);
// Fails on bytes that SaveTrial, of this version or an earlier one, did not write.
Result<Trial> LoadTrial(const std::string& bytes);
Result<Trial> LoadTrialBeforeTags(std::string_view bytes);

}  // namespace loadline::collector
