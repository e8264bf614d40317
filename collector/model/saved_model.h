// The model as pieces of schemas/state.fbs and back: what it has learnt outlives restarts, upgrades and
// rollbacks.
//
//   SaveModel(model, [&](std::string piece) { ... });
//   LeftOut left_out;
//   for (const std::string& piece : pieces) RestoreModel(fresh, piece, left_out);
//
// Pieces that versions before that schema wrote are read as well (model_before_tags.h).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "collector/model/model.h"

namespace loadline::collector {

// What of a state could not be taken: the rest is there. Neither is a reason not to start.
struct LeftOut {
  std::uint64_t unknown = 0;  // pieces that a later version writes, which has been taken back
  std::uint64_t damaged = 0;  // pieces, and nodes and containers in them, that no version can have meant
};

// Everything, in pieces of about a MiB.
void SaveModel(const Model& model, const std::function<void(std::string)>& piece);

// Takes the pieces in the same order into a model that is fresh.
void RestoreModel(Model& model, std::string_view piece, LeftOut& left_out);

}  // namespace loadline::collector
