// Pieces of a model that versions before schemas/state.fbs saved: read once, after the upgrade.
#pragma once

#include <string_view>

#include "collector/model/saved_model.h"

namespace loadline::collector {

void RestoreModelBeforeTags(Model& model, std::string_view piece, LeftOut& left_out);

}  // namespace loadline::collector
