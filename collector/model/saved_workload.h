// A workload with its containers, and their replicas, as a table of schemas/state.fbs and back.
#pragma once

#include "collector/model/model.h"
#include "collector/state/piece.h"

namespace loadline::collector {

// `ref_of` gives the number that its agent has for a replica; 0: none.
flatbuffers::Offset<state::fb::Workload> WriteWorkload(state::Builder& to, const Model& model,
                                                       const Workload& workload,
                                                       const std::function<std::uint32_t(ReplicaId)>& ref_of);

// Gives how many of its containers and replicas were damaged: what they had used is not known any more.
std::uint64_t ReadWorkload(const state::fb::Workload& from, Model& model);

}  // namespace loadline::collector
