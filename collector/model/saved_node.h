// A node as a table of schemas/state.fbs and back.
#pragma once

#include <map>

#include "collector/model/entities.h"
#include "collector/state/piece.h"

namespace loadline::collector {

flatbuffers::Offset<state::fb::Node> WriteNode(state::Builder& to, const Node& node);
// Its numbers of cgroups are those of no container: the others come with their replicas.
Node ReadNode(const state::fb::Node& from);

// What replicas have, too.
flatbuffers::Offset<state::fb::Pressure> WritePressure(state::Builder& to,
                                                       const wire::PressureWindow& window);
wire::PressureWindow ReadPressure(const state::fb::Pressure* from);
flatbuffers::Offset<state::fb::Limits> WriteLimits(state::Builder& to, const wire::CgroupLimits& limits);
wire::CgroupLimits ReadLimits(const state::fb::Limits* from);

}  // namespace loadline::collector
